"""The record: a study's storage and files."""

from hpo.studies.creation import create_study
from hpo.studies.distributions import distribution
from hpo.studies.folder import ModelFiles, StudyFolder
from hpo.studies.record import Best, Budget, Carried, StudyState, TrialRecord, TrialState
from hpo.studies.study import Session, Study, study_names
from hpo.studies.view import StorageView
from hpo.studies.weights import bring_weights, with_weights
from hpo.studies.widening import Widened, take_up

__all__ = [
    "Best",
    "Budget",
    "Carried",
    "ModelFiles",
    "Session",
    "StorageView",
    "Study",
    "StudyFolder",
    "StudyState",
    "TrialRecord",
    "TrialState",
    "Widened",
    "bring_weights",
    "create_study",
    "distribution",
    "study_names",
    "take_up",
    "with_weights",
]
