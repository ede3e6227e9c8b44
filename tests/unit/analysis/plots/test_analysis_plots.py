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
