"""Who decides what to try: the port, and the backends behind it."""

from hpo.search.backend import ActiveTrial, SearchBackend
from hpo.search.optuna_search import OptunaSearch
from hpo.search.requirements import check_installed
from hpo.search.seeding import trial_seed

__all__ = ["ActiveTrial", "OptunaSearch", "SearchBackend", "check_installed", "trial_seed"]
