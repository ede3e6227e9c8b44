"""Weights of another study: copied when a study begins, kept whatever becomes of the other, found by workers."""

from __future__ import annotations

import shutil

import pytest

from hpo.errors import UserError, WeightsError
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import StudyAddress, StudyRecord, adopt_spec, copy_weights, create_study, resolve_weights, study_names

FINE = ("study=fine", "model={family: vgg16, weights: 'study:source'}", "training={epochs: {choice: [1, 2]}}")
ONE = {"epochs": 1}


@pytest.fixture
def source(make_study, add_trials):
    """A study whose best trial, number 1, has a model."""
    study = make_study("study=source")
    add_trials(study, 0.5, 0.9, 0.7)
    study.files.models.put(1, lambda path: path.write_bytes(b"the best model"))
    return study


@pytest.fixture
def fine(source, make_study):
    """A study that starts from its weights."""
    return make_study(*FINE)


def test_the_best_model_is_copied_when_the_study_begins(fine):
    assert fine.files.weights_of("source").read_bytes() == b"the best model"


def test_workers_are_given_the_path_of_the_copy_and_the_study_keeps_the_name(fine):
    config = fine.spec.config(ONE)
    assert config.model.weights == "study:source"
    assert resolve_weights(config, fine.address).model.weights == fine.files.weights_of("source")
    assert StudyRecord(fine.address).spec.document["model"]["weights"] == "study:source"


def test_a_config_that_names_no_study_stays_as_it_is(make_study):
    study = make_study()
    config = study.spec.config(OptunaSearch(study, "host:1").ask().params)
    assert resolve_weights(config, study.address) is config


def test_a_study_that_was_moved_needs_the_other_one_no_more(fine, source, tmp_path):
    shutil.rmtree(source.files.path)
    moved = StudyAddress.in_folder(tmp_path / "elsewhere" / "fine")
    shutil.move(fine.files.path, moved.files)
    study = StudyRecord(moved)
    copy_weights(study.spec, moved)
    assert resolve_weights(study.spec.config(ONE), moved).model.weights == study.files.weights_of("source")


def test_a_copy_stays_as_it_was_once_trials_have_begun(fine, source, add_trials, spec, studies):
    add_trials(fine, 0.4)
    source.files.models.put(1, lambda path: path.write_bytes(b"another"))
    create_study(spec(*FINE), studies)
    adopt_spec(fine, spec(*FINE, "search.trials=9"))
    assert fine.files.weights_of("source").read_bytes() == b"the best model"


def test_a_copy_is_brought_up_to_date_where_a_study_is_made_anew(fine, source, make_study):
    source.files.models.put(1, lambda path: path.write_bytes(b"another"))
    make_study(*FINE, "training.batch_size=64")
    assert fine.files.weights_of("source").read_bytes() == b"another"


def test_a_copy_that_was_lost_is_made_again(fine, source):
    fine.files.weights_of("source").unlink()
    with pytest.raises(WeightsError, match=r"hpo resume /\S+/studies/fine`"):
        resolve_weights(fine.spec.config(ONE), fine.address)
    copy_weights(fine.spec, fine.address)
    assert fine.files.weights_of("source").read_bytes() == b"the best model"


def test_a_study_may_take_up_a_space_that_adds_the_weights_of_another(source, make_study, add_trials, spec):
    study = make_study("study=fine", "model={family: vgg16, weights: none}")
    add_trials(study, 0.4)
    both = "model={family: vgg16, weights: {choice: [none, 'study:source']}}"
    widened = adopt_spec(study, spec("study=fine", both))
    assert widened.inside == [0]
    assert study.best.params["weights"] == "none"
    assert study.files.weights_of("source").exists()


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ("study:fine", "the study itself"),
        ("study:sourse", ". Did you mean 'source'?"),
        ("study:x", ". There are empty, source."),
        ("study:../../source", "not in"),
        ("study:empty", "which has none. Finish a trial of it: hpo resume /"),
    ],
)
def test_a_study_that_cannot_be_started_from_is_told_and_no_study_is_made(source, make_study, studies, weights, told):
    make_study("study=empty")
    with pytest.raises(UserError) as caught:
        make_study("study=fine", f"model={{family: vgg16, weights: '{weights}'}}")
    assert told in str(caught.value)
    assert str(caught.value).startswith("model.weights: ")
    assert "?." not in str(caught.value)
    assert "fine" not in study_names(studies)


def test_a_best_trial_without_a_model_is_told(make_study, add_trials, studies):
    add_trials(make_study("study=source"), 0.9)
    with pytest.raises(UserError, match="which has none"):
        make_study(*FINE)


def test_every_study_that_a_file_names_is_copied(source, small_space, studies, make_study, add_trials):
    other = make_study("study=other")
    add_trials(other, 0.9)
    other.files.models.put(0, lambda path: path.write_bytes(b"other"))
    choice = "{choice: {'study:other': , none: }}"
    models = f"{{choice: {{a: {{family: vgg16, weights: 'study:source'}}, b: {{family: vgg16, weights: {choice}}}}}}}"
    study = create_study(load(small_space, ("study=fine", f"model={models}")), studies)
    assert study.files.weights_of("source").exists()
    assert study.files.weights_of("other").exists()
    config = study.spec.config({"model": "b", "b.weights": "study:other", "learning_rate": 0.01, "optimizer": "adam"})
    assert resolve_weights(config, study.address).model.weights == study.files.weights_of("other")
