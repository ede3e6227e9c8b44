"""Who decides what to try: the port, and what backends have in common.

Importing this package imports no search library; `open_backend`, which workers call, does.
"""

from hpo.search.backend import ActiveTrial, NoTrial, SearchBackend, accompany_search, open_backend, prepare_search
from hpo.search.claims import claim
from hpo.search.requirements import check_installed, check_ready
from hpo.search.seeding import trial_seed

__all__ = [
    "ActiveTrial",
    "NoTrial",
    "SearchBackend",
    "accompany_search",
    "check_installed",
    "check_ready",
    "claim",
    "open_backend",
    "prepare_search",
    "trial_seed",
]
