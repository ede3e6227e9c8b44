"""What a study has of the repeats of its trials, and how it is shown."""

from __future__ import annotations

from math import sqrt

import pytest

from hpo.analysis import format_trial, make_trial_table
from hpo.cli.texts.result import describe_model, format_best
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, TrialLedger
from hpo.training import Completed, EpochReport, Learned, Pruned
from hpo.training.outcome import RepeatResult

REPEATED = """\
study: repeated
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 9]}}
training: {epochs: 3, repeats: 3}
search: {trials: 9, sampler: random, pruner: none}
"""
CURVES = [[0.5, 0.7], [0.6, 0.8, 0.9], [0.4, 0.8, 0.7]]
"""The accuracy of each repeat; the first stops early."""


@pytest.fixture
def study(make_study) -> ActiveStudy:
    """A study with a complete trial of three repeats, and a pruned one."""
    study = make_study(REPEATED, on_disk=True)
    search = OptunaSearch(study, "host:1")
    for outcome in (Completed, Pruned):
        trial = search.ask()
        means = []
        for epoch in range(3):
            values = [curve[epoch] if epoch < len(curve) else None for curve in CURVES]
            means.append(sum(curve[min(epoch, len(curve) - 1)] for curve in CURVES) / 3)
            repeats = tuple(None if value is None else {"val_accuracy": value} for value in values)
            trial.report(EpochReport(epoch + 1, 3, means[-1], 10.0, {"val_accuracy": means[-1]}, 1.5, repeats))
        results = tuple(
            RepeatResult(
                seed=10 + index,
                best_epoch=curve.index(max(curve)) + 1,
                best_value=max(curve),
                last_value=curve[-1],
                values=(max(curve),) if outcome is Completed else (),
                is_kept=index == 1,
            )
            for index, curve in enumerate(CURVES)
        )
        learned = Learned(0.8, 2, means[-1], {"parameters": 100.0}, 10.0, {"val_accuracy": means}, results)
        trial.tell(
            Completed(learned, (0.8,), save_model=lambda path: None) if outcome is Completed else Pruned(learned)
        )
    study.files.models.put(0, lambda path: path.write_bytes(b"model"))
    return study


def test_the_history_of_each_repeat_is_kept_beside_that_of_the_means(study):
    ledger = TrialLedger(study.frozen_trials()[0].user_attrs)
    assert ledger.repeat_histories == [{"val_accuracy": curve} for curve in CURVES]
    assert ledger.history["val_accuracy"] == [pytest.approx(0.5), pytest.approx(2.3 / 3), pytest.approx(2.3 / 3)]
    assert study.frozen_trials()[0].intermediate_values[3] == pytest.approx(2.3 / 3)


def test_mean_and_deviation_are_told_to_people_and_to_programs(study):
    complete, pruned = study.trials()
    objectives, deviation = study.spec.objectives, sqrt(0.01)
    assert complete.to_json()["repeats"] == {
        "count": 3,
        "seeds": [10, 11, 12],
        "best_epochs": [2, 3, 2],
        "values": [[0.7], [0.9], [0.8]],
        "deviations": [pytest.approx(deviation)],
        "kept": 2,
    }
    assert pruned.repeats.values == [[0.7], [0.9], [0.7]], "those of the last epochs, as the trial's value"
    assert format_trial(complete, objectives)[2] == "0.8000 ± 0.1000"
    columns, rows = make_trial_table([complete], objectives)
    assert dict(zip(columns, rows[0], strict=True))["value deviation"] == pytest.approx(deviation)
    best = study.best
    assert format_best("val_accuracy", best) == "0.8000 ± 0.1000, the mean of 3 repeats of trial 0"
    assert describe_model(study, best).endswith("trial-0.keras (of repeat 2, which has val_accuracy 0.9000)")
    assert study.summary()["best"]["repeats"]["kept"] == 2


def test_each_repeat_counts_where_epochs_are_a_budget(study):
    assert study.costs.epochs == 2 * sum(map(len, CURVES))


def test_a_trial_without_repeats_has_none_in_its_json(make_study):
    study = make_study(REPEATED.replace(", repeats: 3", ""), on_disk=True)
    OptunaSearch(study, "host:1").ask().tell(Pruned(Learned(0.8, 1, 0.8, {}, 10.0, {"val_accuracy": [0.8]})))
    assert "repeats" not in study.trials()[0].to_json()
