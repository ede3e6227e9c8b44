"""Best configs of other studies: tried first, in the study's own ranges."""

from __future__ import annotations

import pytest

from hpo.errors import UserError
from hpo.spaces import spec_of
from hpo.studies.record.weights import translate
from hpo.studies.store.ledger import FIXED

BASE = {"study": "new", "data": "digits", "model": "simple_cnn"}


def space_of(**training):
    """A space of some parameters of the training."""
    return spec_of({**BASE, "training": training}, "").space


@pytest.fixture
def source(make_study, add_trials):
    """A study with three complete trials, the second one the best."""
    study = make_study("study=source")
    add_trials(study, 0.5, 0.9, 0.7)
    return study


def starts_of(study):
    """What the trials of a study shall have that wait."""
    return [trial.system_attrs[FIXED] for trial in study.frozen_trials() if trial.state.name == "WAITING"]


def test_the_best_configs_of_the_other_study_are_tried_first_the_best_one_first(source, make_study):
    new = make_study("study=new", "start_from=study:source")
    trials = source.compared_trials()
    assert starts_of(new)[0] == trials[1].params
    assert len(starts_of(new)) == len({str(trial.params) for trial in trials})


def test_a_study_that_is_not_there_is_named_with_those_that_are(source, make_study):
    with pytest.raises(UserError, match=r"start_from.*Received study:sorce.*source"):
        make_study("study=new", "start_from=study:sorce")


def test_a_study_without_a_complete_trial_is_refused(make_study):
    make_study("study=empty")
    with pytest.raises(UserError, match=r"start_from.*Received study:empty, which has no complete trial. Finish one"):
        make_study("study=new", "start_from=study:empty")


def test_a_study_with_another_objective_is_refused(source, make_study):
    with pytest.raises(UserError, match=r"Received study:source, which maximizes val_accuracy.*minimizes val_loss"):
        make_study("study=new", "start_from=study:source", "objective=val_loss")


def test_a_number_beyond_a_range_becomes_its_end():
    old, new = space_of(epochs={"int": [1, 20]}), space_of(epochs={"int": [2, 10], "step": 4})
    assert translate({"epochs": 20}, old, new) == {"epochs": 10}
    assert translate({"epochs": 1}, old, new) == {"epochs": 2}


def test_an_alternative_that_the_space_does_not_have_is_left_to_be_drawn():
    old = space_of(
        optimizer={"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}}}, epochs={"int": [1, 9]}
    )
    new = space_of(optimizer={"choice": ["adam", "rmsprop"]}, epochs={"int": [1, 5]})
    assert translate({"optimizer": "sgd", "optimizer.sgd.momentum": 0.5, "epochs": 9}, old, new) == {"epochs": 5}


def test_what_was_a_constant_becomes_the_value_of_a_parameter():
    old, new = (
        space_of(epochs={"int": [1, 9]}, batch_size=64),
        space_of(batch_size={"choice": [32, 64]}, epochs={"int": [1, 9]}),
    )
    assert translate({"epochs": 3}, old, new) == {"epochs": 3, "batch_size": 64}
