"""Why the best is the best: importances, plots, and the page that shows them."""

from hpo.analysis.importance import Importances, importances
from hpo.analysis.report import render, write_report
from hpo.analysis.table import trial_cells, trial_table
from hpo.analysis.wording import (
    counts_text,
    duration,
    note_text,
    objectives_text,
    parameter_text,
    remark_text,
    score_text,
    value_text,
    values_text,
    worst_classes_text,
)

__all__ = [
    "Importances",
    "counts_text",
    "duration",
    "importances",
    "note_text",
    "objectives_text",
    "parameter_text",
    "remark_text",
    "render",
    "score_text",
    "trial_cells",
    "trial_table",
    "value_text",
    "values_text",
    "worst_classes_text",
    "write_report",
]
