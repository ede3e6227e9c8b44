"""A notebook is valid, opens the study again, and draws its plots."""

from __future__ import annotations

import json

import nbformat
import pytest

from hpo.analysis.report.content import build_document
from hpo.analysis.report.renderers.notebook import render_notebook
from hpo.studies import StudyAddress


def read_code(notebook):
    return [cell["source"] for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code"]


def test_a_notebook_is_valid_and_its_cells_run(study):
    notebook = render_notebook(build_document(study), study.address)
    nbformat.validate(nbformat.reads(notebook, as_version=4))
    opening, *plots = read_code(notebook)
    names: dict = {}
    exec(opening, names)  # noqa: S102 - what hpo has just written
    assert names["study"].best.number == study.best.number
    assert "study.plot('history')" in plots
    for code in plots:
        assert eval(code, names).data  # noqa: S307 - the same


def test_a_notebook_holds_no_password(study):
    address = StudyAddress(
        "postgresql+psycopg://me:secret@host/studies", "s3://bucket/place/analysed", "analysed", study.address.folder
    )
    notebook = render_notebook(build_document(study), address)
    assert "secret" not in notebook
    (opening, *_) = read_code(notebook)
    assert "hpo.open_study('analysed', storage=os.environ['HPO_STORAGE'], files='s3://bucket/place')" in opening


@pytest.mark.parametrize("chapter", ["What was asked", "How to reproduce it"])
def test_texts_are_cells_of_markdown(study, chapter):
    cells = json.loads(render_notebook(build_document(study), study.address))["cells"]
    assert any(cell["cell_type"] == "markdown" and cell["source"].startswith(f"## {chapter}") for cell in cells)
