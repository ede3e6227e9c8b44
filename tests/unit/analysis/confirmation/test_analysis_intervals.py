"""Intervals of means over seeds, images and folds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind
from sklearn.metrics import f1_score, log_loss, precision_score, recall_score

from hpo.analysis.confirmation.contributions import compute_contributions
from hpo.analysis.confirmation.intervals import Estimate, TrainedValues, compare, estimate, estimate_over_folds

VALUES = (0.90, 0.92, 0.91, 0.94, 0.93)


@pytest.fixture
def predictions():
    """Labels `[n]` and probabilities `[n, 5]` of a model that is right more often than not."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, 400).astype(np.int32)
    probabilities = random.dirichlet(np.ones(5), 400)
    probabilities[np.arange(400), labels] += 0.3
    return labels, (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32)


def test_one_training_tells_no_interval_without_its_predictions():
    assert estimate(TrainedValues([0.9])) == Estimate(0.9)
    assert not compare(TrainedValues([0.9]), TrainedValues([0.1])).excludes_zero()


def test_of_seeds_alone_it_is_students_interval():
    interval = estimate(TrainedValues(VALUES))
    assert interval.estimate == pytest.approx(0.92)
    assert interval.high - interval.low == pytest.approx(2 * 2.7764 * np.std(VALUES, ddof=1) / 5**0.5, rel=1e-4)


def test_fewer_images_and_more_choices_widen_it():
    random = np.random.default_rng(0)
    many, few = random.random(2000), random.random(50)
    widths = [
        interval.high - interval.low
        for interval in (
            estimate(TrainedValues(VALUES)),
            estimate(TrainedValues(VALUES, many)),
            estimate(TrainedValues(VALUES, few)),
            estimate(TrainedValues(VALUES, few), choices=3),
        )
    ]
    assert widths[1] < widths[2] < widths[3]


def test_of_seeds_alone_the_comparison_is_welchs_test():
    others = (0.91, 0.89, 0.90)
    expected = ttest_ind(VALUES, others, equal_var=False)
    difference = compare(TrainedValues(VALUES), TrainedValues(others))
    assert difference.p == pytest.approx(expected.pvalue)
    assert (difference.low, difference.high) == pytest.approx(tuple(expected.confidence_interval()))


def test_images_that_both_have_right_or_wrong_do_not_blur_a_difference():
    random = np.random.default_rng(0)
    one = (random.random(300) < 0.8).astype(float)
    apart = (random.random(300) < 0.8).astype(float)
    paired = compare(TrainedValues(VALUES, one), TrainedValues([value - 0.02 for value in VALUES], one.copy()))
    unpaired = compare(TrainedValues(VALUES, one), TrainedValues([value - 0.02 for value in VALUES], apart))
    assert paired.p < unpaired.p


def test_folds_are_corrected_for_the_images_that_they_share():
    values = (0.90, 0.92, 0.91, 0.94, 0.93)
    corrected = estimate_over_folds(values, 5)
    error = np.std(values, ddof=1) * (1 / 5 + 1 / 4) ** 0.5
    assert corrected.high - corrected.estimate == pytest.approx(2.7764 * error, rel=1e-4)


def test_values_that_are_all_the_same_leave_no_room():
    interval = estimate(TrainedValues([0.5, 0.5, 0.5]))
    assert (interval.low, interval.high, interval.p) == (0.5, 0.5, 0.0)
    assert compare(TrainedValues([0.5, 0.5]), TrainedValues([0.5, 0.5])).p == 1.0


def test_an_interval_of_a_share_stays_between_0_and_1():
    interval = estimate(TrainedValues([0.1, 0.99])).within(0, 1)
    assert (interval.low, interval.high) == (0, 1)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", lambda labels, probabilities: np.mean(probabilities.argmax(1) == labels)),
        ("loss", log_loss),
        ("macro_f1", lambda labels, probabilities: f1_score(labels, probabilities.argmax(1), average="macro")),
        ("macro_recall", lambda labels, probabilities: recall_score(labels, probabilities.argmax(1), average="macro")),
        (
            "macro_precision",
            lambda labels, probabilities: precision_score(labels, probabilities.argmax(1), average="macro"),
        ),
    ],
)
def test_what_images_contribute_has_the_metric_as_its_mean(metric, expected, predictions):
    contributions = compute_contributions(metric, *predictions, top_k=2)
    assert contributions.mean() == pytest.approx(expected(*predictions), abs=0.005)


def test_an_image_counts_for_top_k_where_its_class_is_among_the_first(predictions):
    labels, probabilities = predictions
    contributions = compute_contributions("top_k_accuracy", labels, probabilities, top_k=2)
    ranks = (-probabilities).argsort(axis=1)
    assert contributions.tolist() == [float(label in rank[:2]) for label, rank in zip(labels, ranks, strict=True)]


def test_the_jackknife_spreads_a_macro_metric_as_fresh_images_do(predictions):
    labels, probabilities = predictions
    contributions = compute_contributions("macro_recall", labels, probabilities, top_k=2)
    random = np.random.default_rng(0)
    draws = [random.integers(0, 400, 400) for _ in range(200)]
    spread = np.std([recall_score(labels[rows], probabilities[rows].argmax(1), average="macro") for rows in draws])
    assert contributions.std(ddof=1) / len(contributions) ** 0.5 == pytest.approx(spread, rel=0.2)
