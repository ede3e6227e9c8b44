"""What people write about a study and its trials is kept where Optuna's dashboard finds it."""

from __future__ import annotations

import optuna
import optuna_dashboard
import pytest
from optuna_dashboard._note import get_note_from_system_attrs, save_note_with_version

from hpo.errors import StudyConflictError
from hpo.studies import StudyRecord
from hpo.studies.store.copying import copy_study
from hpo.studies.store.sqlite.storage import create_storage
from hpo.studies.store.stored import StudyNote


@pytest.fixture
def study(make_study, add_trials):
    with make_study() as made:
        add_trials(made, 0.5, "pruned")
        yield made


@pytest.mark.parametrize("number", [None, 1])
@pytest.mark.parametrize("text", ["worth *a look*", "é" * 5000, ""])
def test_a_note_is_read_as_it_was_written_by_hpo_and_by_the_dashboard(study, number, text):
    study.write_note(number, StudyNote(1, text))
    assert StudyRecord(study.address).notes() == {number: StudyNote(1, text)}
    trial_id = None if number is None else study.frozen_trials()[number]._trial_id
    system_attrs = study.optuna_storage.get_study_system_attrs(study.optuna_study._study_id)
    assert get_note_from_system_attrs(system_attrs, trial_id) == {"version": 1, "body": text}


def test_a_note_that_the_dashboard_has_written_is_read_and_replaced(study):
    storage, study_id = study.optuna_storage, study.optuna_study._study_id
    optuna_dashboard.save_note(study.optuna_study, "long " * 1000)
    save_note_with_version(storage, study_id, None, 2, "short")
    assert study.notes() == {None: StudyNote(2, "short")}
    study.write_note(None, StudyNote(3, "ours"))
    assert get_note_from_system_attrs(storage.get_study_system_attrs(study_id), None) == {"version": 3, "body": "ours"}


def test_a_note_beside_another_one_is_refused_and_changes_nothing(study):
    study.write_note(0, StudyNote(1, "first"))
    with pytest.raises(StudyConflictError, match=r"version 0\. Received one beside version 1"):
        study.write_note(0, StudyNote(1, "second"))
    study.write_note(0, StudyNote(1, "first"))  # again, where it is not known whether it was written
    with pytest.raises(StudyConflictError, match="trial 7, which is none"):
        study.write_note(7, StudyNote(1, "nowhere"))
    assert study.notes() == {0: StudyNote(1, "first")}


def test_notes_stay_with_their_trials_where_those_get_other_ids(study, spec, studies, make_study, add_trials):
    study.write_note(1, StudyNote(1, "of trial 1"))
    study.write_note(None, StudyNote(1, "of the study"))
    with create_storage(study.address.in_folder(studies / "copy"), 1.0) as copy:
        first = copy.create_new_study([optuna.study.StudyDirection.MAXIMIZE], "another")
        copy.create_new_trial(first)
        copy_study(study.storage, copy, "copy")
        copy.delete_study(first)
    copied = StudyRecord(study.address.in_folder(studies / "copy"))
    assert [trial.trial_id for trial in copied.frozen_trials()] == [2, 3]
    assert copied.notes() == {1: StudyNote(1, "of trial 1"), None: StudyNote(1, "of the study")}
