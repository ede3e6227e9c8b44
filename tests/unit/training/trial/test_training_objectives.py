"""Several objectives, and networks that are ruled out before they are trained."""

from __future__ import annotations

import pytest

from hpo.spaces import Objective
from hpo.training import Completed, Infeasible, Pruned

pytestmark = pytest.mark.engine

MEASURED = ("parameters", "flops", "memory", "model_mb", "latency_ms", "duration_s")
UNEVEN = "epochs: 8, learning_rate: 0.2, optimizer: adam"
"""A learning rate at which values go up and down."""


def objectives(*metrics):
    return tuple(Objective(metric=metric) for metric in metrics)


def test_a_completed_trial_has_a_value_for_each_objective_in_their_order(run, config_of):
    wanted = objectives("parameters", "val_loss", *MEASURED[1:])
    outcome = run(config_of(), objectives=wanted)
    assert isinstance(outcome, Completed)
    measures, (parameters, loss, *others) = outcome.learned.measures, outcome.values
    assert parameters == measures["parameters"] == 3 * 3 * 2 + 4 * 2 + (4 * 4 * 2 * 4 + 4) + (4 * 2 + 2)
    assert loss == outcome.learned.best_value
    assert others == [measures[metric] for metric in MEASURED[1:]]
    assert all(value > 0 for value in outcome.values)
    assert measures["duration_s"] < 300


def test_learned_values_are_those_of_the_best_epoch_of_the_first_learned_objective(run, config_of):
    outcome = run(config_of(UNEVEN), objectives=objectives("val_accuracy", "parameters", "val_loss"))
    history, best = outcome.learned.history, outcome.learned.best_epoch - 1
    assert outcome.values[0] == max(history["val_accuracy"]) == outcome.learned.best_value
    assert outcome.values[2] == history["val_loss"][best]
    assert outcome.values[2] != min(history["val_loss"]), "else this says nothing of which epoch it is"


def test_epochs_report_the_first_learned_objective(run, config_of, watcher):
    observer = watcher()
    outcome = run(config_of(), objectives=objectives("flops", "val_loss", "val_accuracy"), observer=observer)
    assert [report.value for report in observer.reports] == outcome.learned.history["val_loss"]


def test_one_objective_gives_one_value(run, config_of):
    outcome = run(config_of(UNEVEN))
    assert outcome.values == (outcome.learned.best_value,)
    assert "latency_ms" not in outcome.learned.measures  # measured only where it is an objective


def test_a_network_is_judged_once_by_its_cost_before_it_is_trained(run, config_of, watcher):
    observer = watcher()  # it refuses to be asked after a report
    outcome = run(config_of(), observer=observer)
    (measures,) = observer.measures
    assert set(measures) == {"parameters", "flops", "memory"}
    assert measures.items() <= outcome.learned.measures.items()


def test_a_network_that_is_not_accepted_is_not_trained(run, config_of, watcher):
    observer = watcher(limits_cost=True, is_feasible=False)
    outcome = run(config_of("epochs: 1_000_000"), observer=observer)
    assert outcome == Infeasible()
    assert len(observer.measures) == 1
    assert (observer.reports, observer.asked) == ([], 0)


def test_a_network_that_cannot_be_built_is_not_judged(run, config_of, watcher):
    observer = watcher(limits_cost=True, is_feasible=False)
    run(config_of(model="depth: 4"), observer=observer)
    assert observer.measures == []


def test_a_pruned_trial_says_what_its_network_costs(run, config_of, watcher):
    outcome = run(config_of(), observer=watcher(prune_at=1), objectives=objectives("latency_ms", "val_accuracy"))
    assert isinstance(outcome, Pruned)
    assert set(outcome.learned.measures) == set(MEASURED) - {"latency_ms"}
