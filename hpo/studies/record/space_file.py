"""The space of a study as a file: what `hpo run` takes to go on with it, and its folder holds for people to read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hpo.files import fresh_file
from hpo.spaces import to_yaml
from hpo.studies.record.study import StudyRecord

NAME = "space.yaml"
_HEAD = "# The space of study {name}. The study is kept in its database: what is changed here changes nothing there.\n"


def space_document(study: StudyRecord) -> dict[str, Any]:
    """Give the study's file as plain values, with the name that the study has and the budget that it has since."""
    spec = study.spec
    document = {"study": study.name, **{key: value for key, value in spec.document.items() if key != "study"}}
    raised = {key: value for key, value in study.ledger.budget.items() if value != getattr(spec.search, key)}
    if raised:
        document["search"] = {**(document.get("search") or {}), **raised}  # type: ignore[dict-item]
    return document


def space_text(study: StudyRecord) -> str:
    """Write the study's file as YAML text."""
    return _HEAD.format(name=study.name) + to_yaml(space_document(study))


def write_space(study: StudyRecord) -> None:
    """Bring `space.yaml` in the study's folder up to date; nothing depends on it, so what cannot be written is not."""
    text, target = space_text(study), study.files.path / NAME
    with suppress(OSError, UnicodeDecodeError):
        if target.is_file() and not target.is_symlink() and target.read_text(encoding="utf-8") == text:
            return
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)  # of a study on a server, there may be nothing here yet
    with suppress(OSError), fresh_file(target) as partial:
        partial.write_text(text, encoding="utf-8")
