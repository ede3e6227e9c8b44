"""The mistakes of a space, found before a GPU-hour is spent.

Importing this package imports no engine; `hpo.checking.examination` does, in a process of its own.
"""

from hpo.checking.check import check_space
from hpo.checking.exploration import DescribedPart
from hpo.checking.figures import Extreme, FigureRange
from hpo.checking.idle_parameters import IdleParameter
from hpo.checking.result import CheckResult, ConstraintShare, Costs, Findings, SharedEpochs, Times

__all__ = [
    "CheckResult",
    "ConstraintShare",
    "Costs",
    "DescribedPart",
    "Extreme",
    "FigureRange",
    "Findings",
    "IdleParameter",
    "SharedEpochs",
    "Times",
    "check_space",
]
