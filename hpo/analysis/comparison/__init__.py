"""Studies on the same data, compared, and which model to put to use."""

from hpo.analysis.comparison.candidate import Priority
from hpo.analysis.comparison.comparison import Comparison, compare_studies

__all__ = [
    "Comparison",
    "Priority",
    "compare_studies",
]
