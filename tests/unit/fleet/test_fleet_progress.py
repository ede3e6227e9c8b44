"""Progress: events folded into what a run looks like."""

from __future__ import annotations

import pytest

from hpo.fleet import (
    EpochDone,
    Progress,
    RunningTrial,
    TrialEnded,
    TrialsElsewhere,
    TrialStarted,
    WorkerDied,
    WorkerReady,
)
from hpo.spaces import Objective, load
from hpo.studies import Budget, create_study


def make_progress(*metrics, budget=10, **fields):
    objectives = tuple(Objective(metric=metric) for metric in metrics or ["val_accuracy"])
    learned = next(objective for objective in objectives if objective.is_learned)
    return Progress("study", objectives, learned, budget, {}, [], **fields)


def fold(progress, *events):
    for event in events:
        progress.take(event)
    return progress


def complete(number, *values, worker=1, seconds=2.0):
    return TrialEnded(worker, number, "complete", list(values), None, seconds)


def test_a_started_trial_runs_until_it_ends():
    progress = fold(make_progress(), WorkerReady(1, "host:1", "cpu"), TrialStarted(1, 4, {"depth": 2}, 5))
    assert progress.running == {1: RunningTrial(1, 4, {"depth": 2}, 5)}
    fold(progress, EpochDone(1, 4, 3, 5, 0.5, 100.0))
    running = RunningTrial(1, 4, {"depth": 2}, 5, epoch=3, value=0.5, images_per_second=100.0, trained=1)
    assert progress.running[1] == running
    fold(progress, complete(4, 0.6))
    assert progress.running == {}
    assert progress.done == 1
    assert progress.devices == {1: "cpu"}


def test_a_trial_given_back_does_not_count_as_done():
    progress = fold(make_progress(), TrialStarted(1, 0, {}, 5), TrialEnded(1, 0, "waiting", None, None, 1.0))
    assert progress.done == 0
    assert progress.running == {}
    assert progress.estimate is None


def test_a_trial_that_fails_before_it_starts_counts():
    progress = fold(make_progress(), TrialEnded(1, 0, "failed", None, "impossible_architecture: no", 0.1))
    assert progress.counts == {"complete": 0, "pruned": 0, "failed": 1, "infeasible": 0}


def test_a_dead_worker_runs_nothing_and_its_trial_fails_once():
    progress = fold(
        make_progress(),
        TrialStarted(1, 0, {}, 5),
        WorkerDied(1, "signal 9"),
        TrialEnded(1, 0, "failed", None, "worker_died: signal 9", 0.0),
    )
    assert progress.running == {}
    assert progress.counts["failed"] == 1


@pytest.mark.parametrize(("metric", "best"), [("val_accuracy", (1, (0.9,))), ("val_loss", (0, (0.2,)))])
def test_the_best_follows_the_direction(metric, best):
    assert fold(make_progress(metric), complete(0, 0.2), complete(1, 0.9), complete(2, 0.5)).front == [best]


def test_of_equal_trials_the_earlier_number_is_best_whichever_ends_first():
    assert fold(make_progress(), complete(5, 0.5), complete(3, 0.5, worker=2)).front == [(3, (0.5,))]
    assert fold(make_progress(), complete(3, 0.5), complete(5, 0.5, worker=2)).front == [(3, (0.5,))]


def test_a_pruned_trial_counts_and_is_never_the_best():
    progress = fold(make_progress(), TrialEnded(1, 0, "pruned", [0.99], None, 1.0))
    assert progress.counts["pruned"] == 1
    assert progress.front == []


def test_of_several_objectives_the_front_is_what_no_other_trial_beats():
    progress = make_progress("val_accuracy", "parameters")
    fold(progress, complete(1, 0.5, 100.0), complete(0, 0.5, 100.0), complete(2, 0.9, 300.0), complete(3, 0.4, 200.0))
    assert progress.front == [(2, (0.9, 300.0)), (0, (0.5, 100.0))]
    fold(progress, complete(4, 0.9, 100.0))
    assert progress.front == [(4, (0.9, 100.0))]


def infeasible(number):
    return TrialEnded(1, number, "infeasible", None, "infeasible: parameters <= 9", 0.01)


def test_an_infeasible_trial_is_counted_and_costs_no_trial_of_the_budget():
    progress = fold(make_progress(), infeasible(0), infeasible(1), complete(2, 0.5))
    assert progress.counts["infeasible"] == 2
    assert (progress.done, progress.budget) == (1, 10)
    assert progress.estimate.seconds == pytest.approx(9 * 2.0)  # they say nothing of how long a trial takes


def test_of_a_grid_infeasible_configurations_are_done_with():
    progress = fold(make_progress(exhausted_after=11), infeasible(0))
    assert progress.budget == 10
    assert fold(progress, infeasible(1), infeasible(2)).budget == 8


def test_progress_begins_with_what_the_study_holds(small_space, studies):
    study = create_study(load(small_space, ["objective=[val_accuracy, parameters]", "search.timeout=60"]), studies)
    progress = Progress.of(study)
    assert [objective.metric for objective in progress.objectives] == ["val_accuracy", "parameters"]
    assert (progress.learned.metric, progress.done, progress.budget, progress.front) == ("val_accuracy", 0, 2, [])
    assert progress.limits.timeout_s == 60


def test_the_time_left_is_the_mean_of_trials_shared_by_the_workers():
    progress = make_progress(budget=6)
    assert progress.estimate is None
    fold(progress, WorkerReady(1, "h:1", "cpu"), WorkerReady(2, "h:2", "cpu"))
    fold(progress, complete(0, 0.1, seconds=2.0), complete(1, 0.1, seconds=4.0))
    assert progress.estimate.seconds == pytest.approx(4 * 3.0 / 2)
    fold(progress, TrialEnded(1, 2, "failed", None, "error: quick", 0.0))
    assert progress.estimate.seconds == pytest.approx(3 * 3.0 / 2)  # a failure says nothing of how long a trial takes


def test_no_time_is_left_when_the_budget_is_used_up():
    progress = fold(make_progress(budget=1), complete(0, 0.1), complete(1, 0.1))
    assert progress.estimate is None


def test_trials_that_other_runs_have_ended_count_and_each_counts_once():
    progress = fold(make_progress(), WorkerReady(1, "host:1", "cpu"), complete(0, 0.5))
    fold(progress, TrialsElsewhere(0, [[1, "complete", [0.9]], [2, "failed", None], [3, "infeasible", None]], 2))
    assert progress.counts == {"complete": 2, "pruned": 0, "failed": 1, "infeasible": 1}
    assert (progress.done, progress.front) == (3, [(1, (0.9,))])
    assert progress.estimate.seconds == pytest.approx(7 * 2.0 / 3), "one trial here, two elsewhere"
    fold(progress, TrialsElsewhere(0, [[0, "complete", [0.5]], [1, "complete", [0.9]]], 0))
    assert (progress.done, progress.front) == (3, [(1, (0.9,))])


def test_epochs_of_each_repeat_count_for_the_budget_in_epochs():
    progress = make_progress(budget=100)
    progress.limits = Budget(100, 0, None, 0.0, epochs=12)
    fold(progress, WorkerReady(1, "h:1", "cpu"), TrialStarted(1, 0, {}, 2))
    fold(progress, EpochDone(1, 0, 1, 2, 0.5, 10.0, trainings=3), EpochDone(1, 0, 2, 2, 0.5, 10.0, trainings=3))
    fold(progress, TrialEnded(1, 0, "complete", [0.5], None, 4.0))
    assert (progress.estimate.by, progress.estimate.seconds) == ("epochs", pytest.approx(4.0))  # of 6 more epochs
