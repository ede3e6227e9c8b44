"""A report as a notebook of Jupyter that opens the study again and draws its plots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hpo.analysis.report.document import Chapter, Chart, Document, Paragraph, ReportBlock
from hpo.analysis.report.renderers.markdown import escape_markdown, write_block
from hpo.shown import json_text
from hpo.studies import StudyAddress
from hpo.studies.address import FILES_VARIABLE, STORAGE_VARIABLE


def render_notebook(document: Document, address: StudyAddress) -> str:
    """Write the document as a notebook in version 4.5 of the format.

    Texts are as they were when it was made; its code reads the study as it is when the code is run.

    Args:
        document: what to write.
        address: where the study is; passwords of its URLs are left out, and read from the environment.
    """
    cells = list(_make_cells(document, address))
    notebook = {
        "cells": [{"id": f"cell-{index}", **cell} for index, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json_text(notebook, indent=1) + "\n"


def _make_cells(document: Document, address: StudyAddress) -> Iterator[dict[str, Any]]:
    yield _make_text(
        [f"# {escape_markdown(document.title)}", escape_markdown(document.subtitle), escape_markdown(document.made)]
    )
    yield _make_code(_open(address))
    yield from _make_blocks(document.answer)
    for chapter in document.chapters:
        yield from _make_chapter(chapter)


def _make_chapter(chapter: Chapter) -> Iterator[dict[str, Any]]:
    yield _make_text([f"## {escape_markdown(chapter.title)}"])
    yield from _make_blocks(chapter.blocks)


def _make_blocks(blocks: Iterable[ReportBlock]) -> Iterator[dict[str, Any]]:
    """Write texts as they are, and charts as code that draws them."""
    texts: list[str] = []
    for block in blocks:
        if not isinstance(block, Chart):
            texts += write_block(block, {})
            continue
        texts.append(f"### {escape_markdown(block.title)}")
        texts += write_block(Paragraph(block.caption), {}) if block.caption else []
        yield _make_text(texts)
        yield _make_code(f"study.plot({block.name!r})")
        texts = []
    if texts:
        yield _make_text(texts)


def _make_text(texts: Iterable[str]) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": "\n\n".join(texts)}


def _make_code(code: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": code}


def _open(address: StudyAddress) -> str:
    """Write the lines of Python that open the study."""
    if address.is_local and not address.has_remote_files:
        return f"import hpo\n\nstudy = hpo.open_study({address.folder!r})\nstudy"
    places = {}
    if not address.is_local:
        places["storage"] = _write_url(address.storage, address.safe_storage, STORAGE_VARIABLE)
    if address.has_remote_files:
        files, safe_files = (url.removesuffix(f"/{address.name}") for url in (address.files, address.safe_files))
        places["files"] = _write_url(files, safe_files, FILES_VARIABLE)
    options = ", ".join(f"{name}={code}" for name, code in places.items())
    imports = "import os\n\nimport hpo" if "os.environ" in options else "import hpo"
    return f"{imports}\n\nstudy = hpo.open_study({address.name!r}, {options})\nstudy"


def _write_url(url: str, safe: str, variable: str) -> str:
    return repr(url) if url == safe else f"os.environ[{variable!r}]"
