"""What a report says of a study: its chapters, in the order in which a person asks."""

from __future__ import annotations

from datetime import datetime

import hpo
from hpo.analysis.report.chapters.answer import describe_answer, describe_subtitle
from hpo.analysis.report.chapters.best import describe_best
from hpo.analysis.report.chapters.circumstances import describe_cost, describe_environment, describe_reproduction
from hpo.analysis.report.chapters.failures import describe_failures
from hpo.analysis.report.chapters.lessons import describe_advice, describe_importance
from hpo.analysis.report.chapters.request import describe_request
from hpo.analysis.report.chapters.top_trials import describe_top_trials
from hpo.analysis.report.chapters.trials import describe_trials
from hpo.analysis.report.document import Document
from hpo.analysis.report.source import ReportSource
from hpo.studies import StudyRecord

_CHAPTERS = (
    describe_request,
    describe_trials,
    describe_best,
    describe_importance,
    describe_advice,
    describe_top_trials,
    describe_failures,
    describe_cost,
    describe_environment,
    describe_reproduction,
)


def build_document(study: StudyRecord) -> Document:
    """Build the report of a study as it is now."""
    return describe_study(ReportSource(study))


def describe_study(source: ReportSource) -> Document:
    """Build the report of a study as its source has it."""
    study = source.study
    now = datetime.now().astimezone().isoformat(sep=" ", timespec="minutes")
    return Document(
        title=f"Study {study.name}",
        subtitle=describe_subtitle(source),
        made=f"Made on {now} by hpo {hpo.__version__}",
        answer=describe_answer(source),
        chapters=tuple(describe(source) for describe in _CHAPTERS),
    )
