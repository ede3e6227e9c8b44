"""The figures of a study say what they mean where there is little to show, too."""

from __future__ import annotations

import pytest

from hpo.analysis.plots.curves import plot_intermediate_values
from hpo.analysis.plots.history import plot_history
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
