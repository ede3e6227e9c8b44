"""What is said of a trial follows from its curves, and not from their noise."""

from __future__ import annotations

import math
import random

import pytest

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
