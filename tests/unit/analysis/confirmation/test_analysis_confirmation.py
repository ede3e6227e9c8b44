"""What a confirmation has found, in figures and in words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hpo.analysis import describe_confirmation, summarize_confirmation
from hpo.search import claim
from hpo.search.confirming import enqueue_confirming
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import StudyRecord
from hpo.training import Cause, Completed, Failed, Learned

LABELS = np.arange(300, dtype=np.int32) % 3


def predict(accuracy):
    """Probabilities `[300, 3]` that have such a share of the labels right; of models, the same ones first."""
    is_right = np.random.default_rng(0).permutation(300) < round(300 * accuracy)
    return np.eye(3, dtype=np.float32)[np.where(is_right, LABELS, (LABELS + 1) % 3)]


def write_model(path, part, accuracy):
    path.write_bytes(b"model")
    path.with_suffix(".json").write_text(json.dumps({"classes": ["a", "b", "c"]}))
    np.savez(path.with_suffix(f".{part}.npz"), labels=LABELS, probabilities=predict(accuracy))


@pytest.fixture
def confirmed(complete_study):
    """`confirmed(values)` confirms two trials with values in the order of their runs, and reads the test part."""

    def confirm(*values, folds=None, tests=True):
        study = complete_study
        trials = [trial.number for trial in study.compared_trials()][:2]
        seeds = len(values) // 2 // (folds or 1)
        enqueue_confirming(study, trials, seeds, folds)
        with study.place.lock():
            for value in values:
                run = claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1")
                if value is None:
                    run.tell(Failed(Cause("nan_loss", "in epoch 1")))
                    continue
                study.files.models.put(run.number, lambda path, value=value: write_model(path, "validation", value))
                learned = Learned(value, 1, value, {}, 10.0, {"val_accuracy": [value]})
                run.tell(Completed(learned, (value,), save_model=lambda path: None))
        study.conclude_confirmation()
        for number in study.unscored() if tests else ():
            study.files.models.put(number, lambda path: write_model(path, "test", 0.8))
            study.record_test_score(number, 0.8, 0.5)
        return StudyRecord(study.address)

    return confirm


@pytest.fixture
def complete_study(empty_study, complete_trials):
    """A study with three complete trials."""
    values = iter((0.9, 0.85, 0.5))
    complete_trials(empty_study, 3, lambda params: next(values))
    return empty_study


def test_a_clear_winner_is_told_with_interval_test_and_date(confirmed):
    study = confirmed(0.80, 0.82, 0.81, 0.60, 0.62, 0.61)
    summary = summarize_confirmation(study)
    winner, other = summary.configs
    assert (summary.winner, winner.trial, other.trial) == (0, 0, 1)
    assert winner.interval.low < 0.81 < winner.interval.high
    assert winner.interval.high - winner.interval.low > 2 * 0.0227 * 1.96, "the images are part of it"
    assert summary.separation.is_separable
    assert (summary.test.trial, summary.test.values, summary.test.images) == (0, (0.8, 0.8, 0.8), 300)
    text = " ".join(summary.in_words())
    assert text.startswith("Confirmed: trial 0, val_accuracy 0.8100 (95% interval ")
    assert "The search had 0.9000 for it" in text
    assert "optimistic" in text
    assert "It is better than the next, trial 1, by 0.2000" in text
    assert "paired by image" in text
    assert "The confirmation read the test part once, on 20" in text
    assert ", over 3 models and 300 images." in text
    assert "The model of trial 4 is kept" in text


def test_configs_that_are_as_good_cannot_be_told_apart(confirmed):
    summary = summarize_confirmation(confirmed(0.80, 0.83, 0.79, 0.79, 0.82, 0.80))
    assert not summary.separation.is_separable
    assert any(text.startswith("It cannot be told from the next, trial 1") for text in summary.in_words())


def test_over_folds_configs_are_paired_by_fold(confirmed):
    summary = summarize_confirmation(confirmed(0.9, 0.5, 0.7, 0.88, 0.48, 0.68, folds=3))
    assert summary.separation.test == "the corrected resampled t-test of Nadeau and Bengio, paired by seed and fold"
    assert summary.separation.is_separable, "0.02 better in each fold"
    assert summary.configs[0].interval.high == 1.0


def test_failed_runs_and_one_that_is_left_are_told(confirmed, complete_study):
    study = confirmed(0.80, None, 0.60, 0.62)
    assert "1 of the runs of trial 0 has failed, and is not in its mean." in summarize_confirmation(study).in_words()
    enqueue_confirming(complete_study, [0, 1], 3, None)
    (text,) = summarize_confirmation(study).in_words()
    assert text == (
        "The confirmation is not complete: 4 of 6 runs have ended. `hpo confirm` and `hpo resume` go on with it."
    )


def test_where_all_runs_failed_there_is_no_winner(confirmed):
    summary = summarize_confirmation(confirmed(None, None))
    assert (summary.winner, summary.test, summary.model) == (None, None, None)
    assert summary.in_words() == ["No run of the confirmation came to a value: `hpo trials` tells why."]


def test_one_seed_has_the_images_alone_for_an_interval(confirmed):
    summary = summarize_confirmation(confirmed(0.8, 0.6))
    assert "one training with a fresh seed" in summary.in_words()[0]
    assert summary.configs[0].interval.low is not None


def test_a_second_winner_has_no_test_figure(confirmed, complete_study):
    confirmed(0.80, 0.60)
    enqueue_confirming(complete_study, [0, 1], 2, None)
    with complete_study.place.lock():
        for value in (0.2, 0.9):
            run = claim(complete_study, OptunaSearch(complete_study, "host:1"), lambda: False, "host:1")
            learned = Learned(value, 1, value, {}, 10.0, {"val_accuracy": [value]})
            run.tell(Completed(learned, (value,), save_model=lambda path: None))
    summary = summarize_confirmation(complete_study)
    assert (summary.winner, summary.test.trial) == (1, 0)
    assert "It is not read again, so there is no test figure of trial 1." in summary.in_words()


def test_what_json_has_is_plain(confirmed):
    study = confirmed(0.80, 0.82, 0.60, 0.62)
    plain = json.loads(json.dumps(describe_confirmation(study)))["confirmation"]
    assert plain["winner"] == 0
    assert plain["separation"]["is_separable"] is True
    assert plain["words"] == summarize_confirmation(study).in_words()


def test_nothing_is_said_of_a_study_without_one(complete_study):
    assert summarize_confirmation(complete_study) is None
    assert describe_confirmation(complete_study) == {}
