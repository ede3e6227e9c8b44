"""The record: a study's storage and files."""

from hpo.studies.creation import create_study
from hpo.studies.folder import ModelFiles, StudyFolder
from hpo.studies.record import Best, Budget, StudyState, TrialRecord, TrialState
from hpo.studies.study import Session, Study, study_names
from hpo.studies.view import OUTSIDE, StorageView

__all__ = [
    "OUTSIDE",
    "Best",
    "Budget",
    "ModelFiles",
    "Session",
    "StorageView",
    "Study",
    "StudyFolder",
    "StudyState",
    "TrialRecord",
    "TrialState",
    "create_study",
    "study_names",
]
