"""Optuna's dashboard for studies of hpo: nothing of a study changes but what people write about it."""

from hpo.dashboard.finding import find_studies
from hpo.dashboard.server import Dashboard

__all__ = ["Dashboard", "find_studies"]
