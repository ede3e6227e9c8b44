"""A report is written where and how it is asked for."""

from __future__ import annotations

import pytest

from hpo.analysis import write_report
from hpo.analysis.report.writing import choose_format
from hpo.errors import UserError


def test_a_pdf_is_written_beside_the_page(study):
    path = write_report(study, "pdf")
    assert path == study.files.reports / "report.pdf"
    assert path.read_bytes().startswith(b"%PDF-")


def test_markdown_has_its_charts_beside_it(study, tmp_path):
    path = write_report(study, path=tmp_path / "lessons.md")
    text = path.read_text()
    pictures = {file.name for file in tmp_path.iterdir()} - {"lessons.md"}
    assert {"lessons-history.png", "lessons-importances.png"} <= pictures
    assert all(f"]({picture})" in text for picture in pictures)


def test_a_folder_gets_a_file_that_is_called_as_the_study(study, tmp_path):
    assert write_report(study, "ipynb", tmp_path) == tmp_path / "analysed.ipynb"


def test_a_folder_that_is_named_is_made(study, tmp_path):
    assert write_report(study, "ipynb", tmp_path / "new" / "reports") == tmp_path / "new" / "reports" / "analysed.ipynb"


@pytest.mark.parametrize(
    ("asked", "name", "report_format"),
    [(None, None, "html"), ("md", None, "md"), (None, "a.PDF", "pdf"), (None, "a.htm", "html"), ("pdf", "a.x", "pdf")],
)
def test_the_format_is_what_is_asked_for_or_that_of_the_file(tmp_path, asked, name, report_format):
    assert choose_format(asked, name and tmp_path / name) == report_format


def test_an_unknown_format_is_refused(study, tmp_path):
    with pytest.raises(UserError, match=r"a report is html, pdf, md, ipynb. Received .docx"):
        write_report(study, path=tmp_path / "report.docx")
    with pytest.raises(UserError, match=r"format: a report is html, pdf, md, ipynb. Received docx"):
        write_report(study, "docx")


def test_a_folder_that_is_not_there_is_refused(study, tmp_path):
    with pytest.raises(UserError, match=r"No such file or directory"):
        write_report(study, path=tmp_path / "missing" / "report.html")
    assert not list(tmp_path.iterdir())
