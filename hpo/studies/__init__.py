"""The record: a study's storage and files."""

from hpo.studies.active import ActiveStudy
from hpo.studies.creation import create_study
from hpo.studies.distributions import distribution
from hpo.studies.environment import code_names
from hpo.studies.finding import find_study_folder, not_found, study_names
from hpo.studies.folder import ModelFiles, StudyFolder
from hpo.studies.record import Best, Budget, Carried, ClassScore, StudyState, TrialRecord, TrialState
from hpo.studies.removal import remove_study, study_size
from hpo.studies.session import Session
from hpo.studies.space_file import space_document, space_text, write_space
from hpo.studies.study import Study, foreign_code
from hpo.studies.tried import TriedConfigs
from hpo.studies.view import StorageView
from hpo.studies.weights import bring_weights, with_weights
from hpo.studies.widening import Widened, take_up

__all__ = [
    "ActiveStudy",
    "Best",
    "Budget",
    "Carried",
    "ClassScore",
    "ModelFiles",
    "Session",
    "StorageView",
    "Study",
    "StudyFolder",
    "StudyState",
    "TrialRecord",
    "TrialState",
    "TriedConfigs",
    "Widened",
    "bring_weights",
    "code_names",
    "create_study",
    "distribution",
    "find_study_folder",
    "foreign_code",
    "not_found",
    "remove_study",
    "space_document",
    "space_text",
    "study_names",
    "study_size",
    "take_up",
    "with_weights",
    "write_space",
]
