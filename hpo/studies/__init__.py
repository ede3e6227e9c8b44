"""The record: a study's storage and files."""

from hpo.studies.address import StudyAddress
from hpo.studies.files.checkpoints import Checkpoint, TrialCheckpoints
from hpo.studies.files.contents import ModelFiles, StudyFiles
from hpo.studies.files.finding import explain_missing, find_study
from hpo.studies.files.folder import study_names
from hpo.studies.files.place import StudyPlace, open_place
from hpo.studies.limits.budget import Budget, Spent
from hpo.studies.limits.costs import StudyCosts, TrialCost
from hpo.studies.limits.estimate import EndEstimate, StudyPace, estimate_end, find_pace
from hpo.studies.record.active import ActiveStudy
from hpo.studies.record.confirmation import (
    Confirmation,
    ConfirmedConfig,
    ConfirmingRun,
    describe_open_runs,
    list_runs,
)
from hpo.studies.record.creation import create_study
from hpo.studies.record.environment import code_names, package_versions
from hpo.studies.record.foreign_code import foreign_code
from hpo.studies.record.record import Best, ClassScore, StudyState, TrialRecord
from hpo.studies.record.session import Session
from hpo.studies.record.space_file import space_document, space_text, write_space
from hpo.studies.record.study import StudyRecord
from hpo.studies.record.tried import TriedConfigs
from hpo.studies.record.weights import copy_weights, resolve_weights
from hpo.studies.record.widening import SpaceChange, adopt_spec, read_trial_config
from hpo.studies.store.distributions import distribution
from hpo.studies.store.leases import Lease
from hpo.studies.store.ledger import StudyLedger, TrialLedger
from hpo.studies.store.stored import TrialState
from hpo.studies.store.view import StorageView
from hpo.studies.tags import Tag, describe_tags, drop_taken_tags, find_tag, list_tags, remove_tag, set_tag

__all__ = [
    "ActiveStudy",
    "Best",
    "Budget",
    "Checkpoint",
    "ClassScore",
    "Confirmation",
    "ConfirmedConfig",
    "ConfirmingRun",
    "EndEstimate",
    "Lease",
    "ModelFiles",
    "Session",
    "SpaceChange",
    "Spent",
    "StorageView",
    "StudyAddress",
    "StudyCosts",
    "StudyFiles",
    "StudyLedger",
    "StudyPace",
    "StudyPlace",
    "StudyRecord",
    "StudyState",
    "Tag",
    "TrialCheckpoints",
    "TrialCost",
    "TrialLedger",
    "TrialRecord",
    "TrialState",
    "TriedConfigs",
    "adopt_spec",
    "code_names",
    "copy_weights",
    "create_study",
    "describe_open_runs",
    "describe_tags",
    "distribution",
    "drop_taken_tags",
    "estimate_end",
    "explain_missing",
    "find_pace",
    "find_study",
    "find_tag",
    "foreign_code",
    "list_runs",
    "list_tags",
    "open_place",
    "package_versions",
    "read_trial_config",
    "remove_tag",
    "resolve_weights",
    "set_tag",
    "space_document",
    "space_text",
    "study_names",
    "write_space",
]
