"""The report of a study as a file, in the format that its reader wants."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from hpo.analysis.plots.theme import LIGHT, lay_on, make_panels, style
from hpo.analysis.report.content import build_document, describe_study
from hpo.analysis.report.document import Document
from hpo.analysis.report.renderers.html import pack_plotly, render_html
from hpo.analysis.report.renderers.markdown import render_markdown
from hpo.analysis.report.renderers.notebook import render_notebook
from hpo.analysis.report.source import ReportSource
from hpo.errors import Fault, MissingExtraError, UserError
from hpo.files import fresh_file
from hpo.studies import StudyRecord

ReportFormat = Literal["html", "pdf", "md", "ipynb"]
REPORT_FORMATS: tuple[ReportFormat, ...] = get_args(ReportFormat)

_WIDTH = 760
"""Pixels of a chart, which make its text as large as that around it where the chart is as wide as a page of A4."""


def render(study: StudyRecord) -> str:
    """Make the text of the page of a study."""
    return render_html(build_document(study))


def prepare_report() -> None:
    """Import and compute what every report takes, so that the next one is written in a fifth of the time."""
    import PIL.Image  # noqa: F401 - mistakes
    import scipy.stats  # noqa: F401 - intervals and ranks

    pack_plotly()
    style(make_panels()).add_scatter(y=[0]).add_bar(y=[0]).to_json()


def draft_report(study: StudyRecord) -> ReportSource:
    """Make the report of a study before all of it is known, for `write_report` to take from it what still holds."""
    source = ReportSource(study, is_draft=True)
    render_html(describe_study(source))
    return source


def write_report(
    study: StudyRecord,
    report_format: ReportFormat | None = None,
    path: Path | None = None,
    draft: ReportSource | None = None,
) -> Path:
    """Write the report of a study; it takes the place of an earlier one when it is whole.

    Args:
        study: what it is about.
        report_format: by default that of the suffix of `path`, and HTML without a path.
        path: the file, or a folder: a path without a suffix, which is made; by default `report.FORMAT` in the study's
            folder `reports`. Markdown has its charts as pictures beside it.
        draft: what `draft_report` has made.

    Returns:
        The path of the report.

    Raises:
        UserError: there is no such format, or `path` cannot be written to.
        MissingExtraError: what draws pictures or PDFs is not installed.
        OSError: the study's folder cannot be written to.
    """
    report_format = choose_format(report_format, path)
    if report_format == "pdf" and find_spec("fpdf") is None:
        remedy = 'Type: pip install "hpo[images]"'
        raise MissingExtraError(f"pdf: it is written by fpdf2. Received an installation without it. {remedy}")
    target = _choose_path(study, report_format, path)
    document = describe_study(ReportSource(study, draft))
    contents = _render(document, study, report_format, target)
    try:
        if target.parent == path:
            path.mkdir(parents=True, exist_ok=True)
        for file, content in contents.items():
            with fresh_file(file) as partial:
                partial.write_bytes(content)
    except OSError as error:
        if path is None:
            raise
        rule, remedy = "a report is written to a folder that is there", "name another file, or make the folder"
        raise UserError(Fault(rule, error.strerror or str(error), remedy, subject=str(target))) from error
    return target


def choose_format(report_format: str | None, path: Path | None) -> ReportFormat:
    """Choose the format of a report: what is asked for, else what the suffix of a file says, else HTML.

    Raises:
        UserError: there is no such format.
    """
    suffix = "" if path is None or path.is_dir() else path.suffix.removeprefix(".").lower()
    suffix = {"htm": "html", "markdown": "md"}.get(suffix, suffix)
    chosen = report_format or suffix or "html"
    if chosen not in REPORT_FORMATS:
        rule, subject = f"a report is {', '.join(REPORT_FORMATS)}", "format" if report_format else str(path)
        raise UserError(Fault(rule, chosen if report_format else f".{suffix}", subject=subject))
    return chosen


def _choose_path(study: StudyRecord, report_format: ReportFormat, path: Path | None) -> Path:
    """Choose where a report is written; of the study's own folder, what is not there is made."""
    if path is None:
        study.files.reports.mkdir(parents=True, exist_ok=True)
        return study.files.reports / f"report.{report_format}"
    is_folder = path.is_dir() or not (path.suffix or path.exists())
    return path / f"{study.name}.{report_format}" if is_folder else path


def _render(document: Document, study: StudyRecord, report_format: ReportFormat, target: Path) -> Mapping[Path, bytes]:
    """Make the contents of the files of a report, by their paths, the report itself the last."""
    match report_format:
        case "html":
            return {target: render_html(document).encode()}
        case "ipynb":
            return {target: render_notebook(document, study.address).encode()}
        case "md":
            pictures = {name: target.with_name(f"{target.stem}-{name}.png") for name in document.charts}
            contents = dict(zip(pictures.values(), _draw_charts(document).values(), strict=True))
            names = {name: path.name for name, path in pictures.items()}
            return {**contents, target: render_markdown(document, names).encode()}
        case "pdf":
            from hpo.analysis.report.renderers.pdf import render_pdf

            return {target: render_pdf(document, _draw_charts(document))}


def _draw_charts(document: Document) -> dict[str, bytes]:
    """Draw the charts as PNGs for white paper, by their names."""
    from hpo.analysis.plots.export import SizedFigure, draw_pictures

    charts = document.charts
    figures = [SizedFigure(lay_on(chart.figure, LIGHT), _WIDTH) for chart in charts.values()]
    return dict(zip(charts, draw_pictures(figures, "png"), strict=True)) if charts else {}
