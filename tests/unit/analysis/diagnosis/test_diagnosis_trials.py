"""What is said of a trial follows from its curves, and not from their noise."""

from __future__ import annotations

import math
import random

import pytest

from hpo.analysis.diagnosis import Setting

EPOCHS = range(1, 21)


def approach(start, end, rate):
    """Twenty epochs that come nearer to an end, by a rate."""
    return [end + (start - end) * math.exp(-rate * (epoch - 1)) for epoch in EPOCHS]


def add_noise(curve, deviation, seed):
    generator = random.Random(seed)
    return [value + generator.gauss(0, deviation) for value in curve]


CURVES = {
    "good": {
        "accuracy": approach(0.4, 0.97, 0.6),
        "val_accuracy": approach(0.5, 0.94, 0.7),
        "loss": approach(1.5, 0.1, 0.6),
        "val_loss": approach(1.4, 0.2, 0.7),
    },
    "overfitting": {
        "accuracy": approach(0.4, 0.999, 0.4),
        "val_accuracy": approach(0.4, 0.70, 0.8),
        "loss": approach(1.5, 0.01, 0.4),
        "val_loss": [0.9 + 0.6 * math.exp(-epoch) + 0.05 * epoch for epoch in EPOCHS],
    },
    "underfitting": {
        "accuracy": approach(0.2, 0.55, 0.8),
        "val_accuracy": approach(0.2, 0.54, 0.9),
        "loss": approach(2.2, 1.3, 0.8),
        "val_loss": approach(2.2, 1.35, 0.9),
    },
    "stalled": {
        "accuracy": [0.1] * 20,
        "val_accuracy": [0.1] * 20,
        "loss": approach(2.32, 2.303, 0.5),
        "val_loss": approach(2.32, 2.303, 0.5),
    },
    "unstable": {
        "accuracy": approach(0.3, 0.8, 0.4),
        "val_accuracy": [0.6 + 0.2 * (-1) ** epoch for epoch in EPOCHS],
        "loss": approach(2.0, 0.7, 0.4),
        "val_loss": [1.5 - 0.6 * (-1) ** epoch for epoch in EPOCHS],
    },
    "still_learning": {
        "accuracy": [0.3 + 0.02 * epoch for epoch in EPOCHS],
        "val_accuracy": [0.3 + 0.018 * epoch for epoch in EPOCHS],
        "loss": [2.0 - 0.06 * epoch for epoch in EPOCHS],
        "val_loss": [2.0 - 0.055 * epoch for epoch in EPOCHS],
    },
}


@pytest.mark.parametrize("kind", CURVES)
def test_a_trial_is_what_its_curves_show(diagnose, kind):
    diagnosis = diagnose(**CURVES[kind])
    assert diagnosis.kind == kind
    assert ": it " in diagnosis.words
    assert diagnosis.evidence
    assert all(sentence.endswith(".") for sentence in (diagnosis.words, *diagnosis.evidence))


@pytest.mark.parametrize("kind", CURVES)
def test_noise_changes_no_diagnosis(diagnose, kind):
    kinds = []
    for seed in range(40):
        curves = {
            name: add_noise(curve, 0.01 if "accuracy" in name else 0.02 * curve[-1], seed + 100 * len(name))
            for name, curve in CURVES[kind].items()
        }
        kinds.append(diagnose(**curves).kind)
    assert kinds.count(kind) >= 38


def test_a_network_that_still_learns_its_training_part_is_learning_also_where_few_images_make_its_value_waver(diagnose):
    """Curves of a small CNN of 9,000 images of CIFAR-10, validated on 1,000."""
    accuracies = [0.294, 0.454, 0.518, 0.554, 0.583, 0.618, 0.642, 0.661, 0.677, 0.687, 0.707, 0.721]
    values = [0.437, 0.519, 0.548, 0.577, 0.614, 0.610, 0.630, 0.661, 0.656, 0.683, 0.657, 0.680]
    diagnosis = diagnose(accuracy=accuracies, val_accuracy=values)
    assert diagnosis.kind == "still_learning"
    assert (
        diagnosis.evidence[0] == "In training the accuracy still rose, from 0.6820 to 0.7140 in the mean of 2 epochs."
    )
    flat = [*accuracies[:8], *[0.661] * 4]
    assert diagnose(accuracy=flat, val_accuracy=values).kind == "underfitting"
    best_long_ago = [*values[:5], *[0.60] * 7]
    assert diagnose(accuracy=accuracies, val_accuracy=best_long_ago).kind == "overfitting"


def test_training_images_that_look_less_known_than_those_of_validation_are_no_underfitting(diagnose):
    """Augmentation and dropout make the figures of training lower: 0.88 where validation has 0.97."""
    curves = {**CURVES["good"], "accuracy": approach(0.2, 0.88, 0.6), "val_accuracy": approach(0.3, 0.97, 0.6)}
    assert diagnose(**curves).kind == "good"


def test_a_training_that_gets_all_right_has_nothing_left_to_learn(diagnose):
    rising = [0.40, 0.60, 0.70, 0.90, 0.95]
    assert diagnose(accuracy=rising, val_accuracy=[0.5, 0.8, 0.9, 1.0, 1.0]).kind == "good"
    assert diagnose(accuracy=rising, val_accuracy=[0.5, 0.7, 0.8, 0.9, 0.95]).kind == "still_learning"


def test_a_small_validation_part_lets_no_gap_count_that_chance_gives(diagnose):
    curves = {**CURVES["good"], "accuracy": [1.0] * 20, "val_accuracy": [0.88] * 20}
    assert diagnose(**curves).kind == "overfitting"
    assert diagnose(Setting(images=30, classes=10), **curves).kind == "good"


def test_a_trial_that_ended_with_nan_is_unstable_and_names_the_epoch_that_counts(diagnose):
    curves = {name: [*curve[:8], None] for name, curve in CURVES["good"].items()}
    diagnosis = diagnose(**curves, remark="nan_loss: the loss was no finite number in epoch 9")
    assert diagnosis.kind == "unstable"
    assert "its best epoch, 8" in diagnosis.words
    assert diagnosis.evidence[0] == "The training loss was no finite number in epoch 9."
    assert "ended early: nan_loss" in diagnosis.evidence[-1]


def test_a_trial_whose_training_loss_has_risen_has_collapsed(diagnose):
    curves = {**CURVES["good"], "loss": [*CURVES["good"]["loss"][:15], 0.9, 1.4, 2.0, 2.2, 2.3]}
    diagnosis = diagnose(**curves)
    assert diagnosis.kind == "unstable"
    assert "The training loss rose" in diagnosis.evidence[0]


def test_a_pruned_trial_says_where_it_was_stopped(diagnose):
    curves = {name: curve[:5] for name, curve in CURVES["still_learning"].items()}
    diagnosis = diagnose(**curves, state="PRUNED", epochs=20)
    assert diagnosis.kind == "still_learning"
    assert "stopped by the pruner after epoch 5 of 20" in diagnosis.words


@pytest.mark.parametrize(
    ("accuracies", "kind"),
    [([0.4], "too_short"), ([0.4, 0.41, 0.39], "too_short"), ([0.3, 0.5, 0.6], "still_learning")],
    ids=["one", "three", "three that rise"],
)
def test_of_few_epochs_nothing_is_said_but_that_each_was_better(diagnose, accuracies, kind):
    assert diagnose(accuracy=accuracies, val_accuracy=accuracies, loss=[1.0] * len(accuracies)).kind == kind


def test_a_jump_where_a_phase_begins_makes_no_trial_unstable(diagnose, make_spec):
    spec = make_spec(training={"phases": [{"epochs": 10}, {"epochs": 10, "learning_rate": 1e-5}]})
    curves = {name: list(curve) for name, curve in CURVES["good"].items()}
    curves["val_accuracy"][10], curves["loss"][10] = 0.6, 0.9
    assert diagnose(spec=spec, **curves).kind == "good"


def test_a_training_that_early_stopping_ended_was_not_still_learning(diagnose):
    curves = {name: curve[:12] for name, curve in CURVES["good"].items()}
    diagnosis = diagnose(**curves, epochs=50)
    assert diagnosis.kind == "good"
    assert "of 12" in diagnosis.words


def test_few_steps_are_no_overfitting_where_batches_may_be_normalized(diagnose, make_spec):
    curves = {**CURVES["overfitting"], "val_loss": CURVES["good"]["val_loss"]}
    few = Setting(images=5000, classes=10, training_images=320)
    diagnosis = diagnose(few, **curves)
    assert diagnosis.kind == "too_short"
    assert "200 steps" in diagnosis.evidence[-1]
    without = make_spec(20, model={"family": "simple_cnn", "batch_normalization": False})
    assert diagnose(few, spec=without, **curves).kind == "overfitting"


def test_an_objective_that_is_a_loss_is_judged_as_well(diagnose, make_spec):
    spec = make_spec(20, objective="val_loss")
    assert diagnose(spec=spec, **CURVES["overfitting"]).kind == "overfitting"
    falling = {name: CURVES["still_learning"][name] for name in ("loss", "val_loss")}
    assert diagnose(spec=spec, **falling).kind == "still_learning"


def test_a_trial_without_a_history_is_judged_by_what_it_reported(diagnose):
    assert diagnose(val_accuracy=CURVES["still_learning"]["val_accuracy"]).kind == "still_learning"
    assert diagnose(val_accuracy=CURVES["unstable"]["val_accuracy"]).kind == "unstable"


@pytest.mark.parametrize(
    ("state", "cause", "kind", "words"),
    [
        ("FAIL", "nan_loss: the loss was no finite number in epoch 1", "failed", "Failed: it diverged"),
        ("FAIL", "out_of_memory: 3 GB were asked for", "failed", "more memory than there is"),
        ("FAIL", "error: ValueError: broken", "failed", "before any epoch counted"),
        ("RUNNING", None, "unfinished", "Not ended: it is running."),
        ("WAITING", None, "unfinished", "Not ended: it waits."),
    ],
)
def test_a_trial_that_was_not_trained_to_an_epoch_has_its_cause(diagnose, state, cause, kind, words):
    diagnosis = diagnose(state=state, cause=cause)
    assert diagnosis.kind == kind
    assert words in diagnosis.words
    assert diagnosis.evidence == (() if cause is None else (cause,))


def test_a_training_loss_that_fell_in_two_epochs_did_not_rise(diagnose):
    curves = {"accuracy": [0.4, 0.7], "val_accuracy": [0.6, 0.74], "loss": [1.75, 0.70], "val_loss": [1.0, 0.8]}
    assert diagnose(**curves).kind == "still_learning"
