"""Why the best is the best: importances, plots, and the page that shows them."""

from hpo.analysis.confirmation.computation import describe_confirmation, summarize_confirmation
from hpo.analysis.confirmation.summary import ConfirmationSummary
from hpo.analysis.importance.importances import ImportanceMethod, compute_importances
from hpo.analysis.importance.result import Importances, ParameterImportance, format_ranks
from hpo.analysis.importance.targets import Selection
from hpo.analysis.plots.catalog import draw_plot
from hpo.analysis.report.preparation import ReportPreparation
from hpo.analysis.report.writing import ReportFormat, render, write_report
from hpo.analysis.texts.limits import format_costs, format_estimate, format_money, format_range
from hpo.analysis.texts.table import format_trial, make_trial_table
from hpo.analysis.texts.wording import (
    format_counts,
    format_duration,
    format_objectives,
    format_parameters,
    format_remark,
    format_score,
    format_value,
    format_values,
    format_worst_classes,
    shorten_note,
)

__all__ = [
    "ConfirmationSummary",
    "ImportanceMethod",
    "Importances",
    "ParameterImportance",
    "ReportFormat",
    "ReportPreparation",
    "Selection",
    "compute_importances",
    "describe_confirmation",
    "draw_plot",
    "format_costs",
    "format_counts",
    "format_duration",
    "format_estimate",
    "format_money",
    "format_objectives",
    "format_parameters",
    "format_range",
    "format_ranks",
    "format_remark",
    "format_score",
    "format_trial",
    "format_value",
    "format_values",
    "format_worst_classes",
    "make_trial_table",
    "render",
    "shorten_note",
    "summarize_confirmation",
    "write_report",
]
