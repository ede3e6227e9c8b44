"""The report of a study as a file."""

from __future__ import annotations

from pathlib import Path

from hpo.analysis.report.content import build_document
from hpo.analysis.report.renderers.html import render_html
from hpo.files import fresh_file
from hpo.studies import StudyRecord


def render(study: StudyRecord) -> str:
    """Make the text of the page of a study."""
    return render_html(build_document(study))


def write_report(study: StudyRecord) -> Path:
    """Write the study's page and return its path; it takes the place of an earlier one when it is whole."""
    path = study.files.reports / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    page = render(study)
    with fresh_file(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path
