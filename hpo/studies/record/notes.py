"""How what people write about a study and its trials is written to its database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.errors import StudyConflictError
from hpo.studies.store.stored import StudyNote, format_note, read_notes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hpo.studies.store.storage import StudyStorage


def replace_note(storage: StudyStorage, number: int | None, note: StudyNote) -> None:
    """Write a note in place of the one of the version before, in one transaction.

    Args:
        storage: of the study.
        number: of the trial; None for the note about the study.
        note: the new one.

    Raises:
        StudyConflictError: somebody else has written one meanwhile, or there is no such trial.
    """
    from optuna.storages._rdb import models
    from sqlalchemy import select

    from hpo.studies.store.rows import read_attributes, set_attributes

    study = {"study_id": storage.study._study_id}
    attributes = models.StudySystemAttributeModel

    def work(session: Session) -> None:
        storage.attempts.lock(session)
        trial_id = None
        if number is not None:
            trial_id = session.scalar(select(models.TrialModel.trial_id).filter_by(**study, number=number))
            if trial_id is None:
                raise StudyConflictError(
                    f"note: it is of a trial of the study. Received trial {number}, which is none."
                )
        stored = read_attributes(session, attributes, study)
        earlier = read_notes(stored).get(trial_id, StudyNote())
        if earlier == note:
            return  # the connection was lost as it was committed
        if note.version != earlier.version + 1:
            raise StudyConflictError(
                f"note: it follows the one that was read, version {note.version - 1}. Received one beside version "
                f"{earlier.version}, which somebody has written meanwhile. Copy your text, and load the page again."
            )
        cleared = dict.fromkeys(format_note(trial_id, earlier))
        set_attributes(session, attributes, study, {**cleared, **format_note(trial_id, note)})

    storage.transact(work)
