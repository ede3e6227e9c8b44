"""What differs between two files, what of it a study can take up, and in which words both are said."""

from __future__ import annotations

import pytest
from spaces_of_values import spec_of

from hpo.spaces import StudySpec
from hpo.spaces.change.changes import list_changes
from hpo.spaces.change.refusals import list_refusals


def told(old: StudySpec, new: StudySpec) -> list[str]:
    return [f"{change.kind} {change}" for change in list_changes(old, new)]


def refused(old: StudySpec, new: StudySpec) -> dict[str, str]:
    return {refusal.place: str(refusal) for refusal in list_refusals(old, new)}


OPTIMIZER = {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}}}


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ({"int": [1, 3]}, {"int": [1, 5]}, "wider depth: [1, 5], was [1, 3]"),
        ({"int": [1, 5]}, {"int": [2, 4]}, "narrower depth: [2, 4], was [1, 5]"),
        ({"int": [1, 5]}, {"int": [3, 7]}, "other depth: [3, 7], was [1, 5]"),
        ({"int": [1, 3]}, {"choice": [3, 2, 1, 4]}, "wider depth: 3, 2, 1 or 4, was [1, 3]"),
        ({"int": [1, 5]}, {"int": [1, 5], "step": 2}, "narrower depth: [1, 5] in steps of 2, was [1, 5]"),
        ({"int": [1, 5]}, {"int": [1, 5], "log": True}, "other depth: [1, 5] on a log scale, was [1, 5]"),
        ({"choice": [1, 2]}, {"choice": [2, 1]}, "other depth: 2 or 1, was 1 or 2"),
        ({"choice": [1, 2]}, {"choice": [1, 2, 4]}, "wider depth: 1, 2 or 4, was 1 or 2"),
        (2, {"int": [1, 3]}, "new depth: [1, 3], earlier trials have 2"),
        ({"int": [1, 3]}, 2, "fixed depth: 2, was [1, 3]"),
    ],
)
def test_a_changed_parameter_is_told_with_what_it_was(was, now, expected):
    old, new = spec_of({"depth": was}), spec_of({"depth": now})
    assert told(old, new) == [expected]
    assert refused(old, new) == {}


def test_a_new_parameter_is_told_with_the_default_that_earlier_trials_have():
    old = spec_of({"depth": {"int": [1, 9]}})
    new = spec_of({"depth": {"int": [2, 8]}, "kernel_size": {"choice": [3, 5]}}, {"optimizer": OPTIMIZER})
    assert told(old, new) == [
        "narrower depth: [2, 8], was [1, 9]",
        "new kernel_size: 3 or 5, earlier trials have 3",
        "new optimizer: adam or sgd, earlier trials have adam",
    ]


def test_what_a_new_alternative_opens_is_not_told_and_what_an_old_one_opens_is():
    old = spec_of(training={"optimizer": OPTIMIZER})
    more = {"rmsprop": {"rho": {"float": [0.5, 0.9]}}, **OPTIMIZER["choice"]}
    assert told(old, spec_of(training={"optimizer": {"choice": more}})) == [
        "wider optimizer: rmsprop, adam or sgd, was adam or sgd"
    ]
    opened = {**OPTIMIZER["choice"], "adam": {"beta_1": {"float": [0.5, 0.99]}}}
    assert told(old, spec_of(training={"optimizer": {"choice": opened}})) == [
        "new optimizer.adam.beta_1: [0.5, 0.99], earlier trials have 0.9"
    ]


def test_how_a_study_searches_is_told_and_never_refused():
    old = spec_of({"depth": {"int": [1, 3]}}, search={"sampler": "random", "pruner": "median", "trials": 5})
    new = spec_of(
        {"depth": {"int": [1, 3]}},
        search={"sampler": "tpe", "pruner": {"median": {"n_warmup_steps": 3}}, "trials": 9, "timeout": "1h"},
        constraints=["depth <= 2"],
        start_from=[{"depth": 1}],
    )
    assert told(old, new) == [
        "other search.sampler: tpe, was random",
        "other search.pruner.n_warmup_steps: 3, was none",
        "other constraints: depth <= 2 is new",
    ]
    assert refused(old, new) == {}
    assert told(new, old)[-1] == "other constraints: depth <= 2 is dropped"


def test_another_constant_is_refused_with_both_values_and_a_parameter_that_has_them():
    old, new = spec_of({"dense_units": 64}), spec_of({"dense_units": 128})
    assert refused(old, new) == {
        "model.dense_units": "model.dense_units: the trials of a study differ in its parameters alone. It was 64, and "
        "is 128. To try both, write {choice: [64, 128]}."
    }


def test_a_default_is_a_constant_as_any_other():
    assert "It was 128, and is 64." in refused(spec_of(), spec_of({"dense_units": 64}))["model.dense_units"]
    assert refused(spec_of({"dense_units": 128}), spec_of()) == {}


def test_a_parameter_that_cannot_be_what_trials_have_is_refused():
    text = refused(spec_of({"dense_units": 64}), spec_of({"dense_units": {"int": [65, 128]}}))["model.dense_units"]
    assert text.endswith("It was 64, and is {int: [65, 128]}. Have it take 64 as well.")


def test_a_constant_that_no_trial_can_have_had_is_refused():
    text = refused(spec_of({"depth": {"int": [1, 3]}}), spec_of({"depth": 4}))["model.depth"]
    assert text.endswith("It was {int: [1, 3]}, and is 4. Fix it at a value that trials have had.")


def test_a_constant_beside_a_parameter_is_refused_by_its_own_place():
    was, now = ({"reduce_on_plateau": {"factor": f, "patience": {"int": [1, 4]}}} for f in (0.5, 0.3))
    found = refused(spec_of(training={"schedule": was}), spec_of(training={"schedule": now}))
    assert list(found) == ["training.schedule.reduce_on_plateau.factor"]
    blocks = ({"repeat": {"int": [1, 3]}, "of": {"filters": {"int": [4, 8]}, "dropout": d}} for d in (0.1, 0.2))
    old, new = (spec_of({"blocks": each}) for each in blocks)
    assert list(refused(old, new)) == ["model.blocks.0.dropout"]


def test_another_name_is_refused_as_one_change():
    was, now = {"sgd": {"momentum": {"float": [0.0, 0.9]}}}, {"rmsprop": {"rho": {"float": [0.5, 0.9]}}}
    assert list(refused(spec_of(training={"optimizer": was}), spec_of(training={"optimizer": now}))) == [
        "training.optimizer"
    ]
    vgg16 = spec_of({"family": "vgg16", "frozen_layers": {"int": [0, 9]}}, data={"image_size": 32})
    assert list(refused(spec_of({"depth": {"int": [1, 3]}}, data={"image_size": 32}), vgg16)) == ["model.family"]


def test_constants_inside_alternatives_are_not_refused():
    was = {"choice": {"adam": None, "sgd": {"momentum": 0.5}}}
    now = {"choice": {"adam": None, "sgd": {"momentum": 0.9}, "rmsprop": None}}
    assert refused(spec_of(training={"optimizer": was}), spec_of(training={"optimizer": now})) == {}


def test_all_refusals_are_told_together():
    old = spec_of({"depth": 2, "dropout": {"float": [0.0, 0.5]}}, {"epochs": 5}, {"validation": 0.2})
    new = spec_of(
        {"depth": 3, "dropout": {"float": [0.0, 0.9]}},
        {"epochs": 6},
        {"dataset": "cifar10", "validation": 0.1, "normalization": "standardize"},
        seed=1,
        engine="jax",
        objective="val_loss",
    )
    assert list(refused(old, new)) == [
        "engine",
        "seed",
        "objective",
        "data.dataset",
        "data.validation",
        "data.normalization",
        "model.depth",
        "training.epochs",
    ]
    assert "It was 0.2, and is 0.1." in refused(old, new)["data.validation"]
    assert "It was maximize val_accuracy, and is minimize val_loss." in refused(old, new)["objective"]


def test_the_same_file_differs_in_nothing():
    spec = spec_of({"blocks": {"repeat": {"int": [1, 3]}, "of": {"filters": 8}}}, {"optimizer": OPTIMIZER})
    assert told(spec, spec) == []
    assert refused(spec, spec) == {}
