"""The figures of a study say what they mean where there is little to show, too."""

from __future__ import annotations

import math

import pytest

from hpo.analysis import compute_importances
from hpo.analysis.plots.axes import ParameterAxis
from hpo.analysis.plots.curves import plot_intermediate_values
from hpo.analysis.plots.export import make_page
from hpo.analysis.plots.history import plot_history
from hpo.analysis.plots.importances import plot_importances
from hpo.analysis.plots.points import Point
from hpo.analysis.plots.slices import list_medians
from hpo.analysis.plots.tradeoffs import plot_front


@pytest.mark.parametrize("plot", [plot_history, plot_intermediate_values])
def test_trials_and_epochs_are_counted_in_whole_numbers(empty_study, complete_trials, plot):
    complete_trials(empty_study, 3, lambda params: params["learning_rate"])
    assert plot(empty_study).layout.xaxis.dtick == 1


def test_many_trials_leave_the_distance_of_ticks_to_plotly(study):
    assert plot_history(study).layout.xaxis.dtick is None


def test_the_front_is_drawn_with_the_learned_objective_against_the_first_other(two_objectives):
    figure = plot_front(two_objectives)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("parameters", "val_accuracy")
    others, front = figure.data
    assert sorted(front.x) == [100.0, 200.0, 300.0]
    assert len(others.x) == 37


@pytest.mark.parametrize(("low", "high", "labels"), [(36, 229, ["36", "91", "229"]), (2, 3, ["2", "3"])])
def test_a_whole_number_on_a_log_scale_has_whole_numbers_at_its_axis(low, high, labels):
    axis = ParameterAxis("units", "units", None, math.log10(low), math.log10(high), True, True, 0, "")
    places, texts = axis.ticks(4)
    assert texts == labels
    assert all(0 <= place <= 1 for place in places)


def test_ranks_stand_beside_the_bars_where_a_phone_has_room_for_them(study):
    figure = plot_importances(compute_importances(study))
    ranks = {annotation.text for annotation in figure.layout.annotations}
    assert ranks
    assert all(text == "chance" or text.startswith("rank ") for text in ranks)
    assert figure.layout.margin.r > 70


def test_a_page_of_images_is_as_wide_as_they_need_and_scrolls(study):
    figure = plot_history(study)
    assert '<div class="wide">' not in make_page(figure)
    figure.add_layout_image(source="data:image/png;base64,", x=0, y=0, sizex=1, sizey=1)
    assert '<div class="scroll"><div class="wide">' in make_page(figure)


@pytest.mark.parametrize("most", [2, 3, 4])
@pytest.mark.parametrize(("low", "high", "is_whole"), [(0.04, 0.95, False), (1, 9, True), (6, 14, True)])
def test_an_axis_of_numbers_has_two_labels_at_least_and_no_more_than_there_is_room_for(low, high, is_whole, most):
    places, texts = ParameterAxis("units", "units", None, low, high, False, is_whole, 0, "").ticks(most)
    assert 2 <= len(texts) <= most
    assert all(0 <= place <= 1 for place in places)


def test_numbers_that_a_sampler_repeats_at_the_end_of_a_range_have_one_median():
    dropouts = [0.0] * 12 + [number / 100 for number in range(12, 20)]
    points = [Point(number, (0.5,), {"dropout": value}, {}, False, 1) for number, value in enumerate(dropouts)]
    axis = ParameterAxis("dropout", "dropout", None, 0.0, 0.19, False, False, 0, "")
    places = [place for place, _ in list_medians(axis, points)]
    assert places[0] == 0
    assert len(set(places)) == len(places)
