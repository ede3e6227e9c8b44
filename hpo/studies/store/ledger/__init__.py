"""The ledger: every attribute that hpo keeps of studies and trials beside the tables of Optuna, written and read here.

What grows is one attribute an entry (`hpo:session:ID`), so that two processes that write at once lose nothing of each
other's, and that each stays small: MySQL holds 64 kB in one. Studies of version 0.1 have it in one list or mapping
(`hpo:sessions`), which is read beside the entries.
"""

from hpo.studies.store.ledger.attributes import SetAttribute
from hpo.studies.store.ledger.optuna_names import (
    CMAES_GENERATION,
    CONSTRAINT,
    FIXED,
    MEMORY,
    NSGA2_GENERATION,
    NSGA2_PARENTS,
    RETRIED,
)
from hpo.studies.store.ledger.study import SPEC, StudyLedger, stored_budget
from hpo.studies.store.ledger.trial import (
    ATTEMPTS,
    CONFIRMS,
    TrialLedger,
    is_candidate,
    is_confirming,
    is_outside,
    is_searched,
)

__all__ = [
    "ATTEMPTS",
    "CMAES_GENERATION",
    "CONFIRMS",
    "CONSTRAINT",
    "FIXED",
    "MEMORY",
    "NSGA2_GENERATION",
    "NSGA2_PARENTS",
    "RETRIED",
    "SPEC",
    "SetAttribute",
    "StudyLedger",
    "TrialLedger",
    "is_candidate",
    "is_confirming",
    "is_outside",
    "is_searched",
    "stored_budget",
]
