"""Who decides what to try: the port, and what backends have in common.

Importing this package imports no search library; `hpo.search.optuna.search`, which workers import, does.
"""

from hpo.search.backend import ActiveTrial, SearchBackend
from hpo.search.optuna.requirements import check_installed
from hpo.search.optuna.seeding import trial_seed

__all__ = ["ActiveTrial", "SearchBackend", "check_installed", "trial_seed"]
