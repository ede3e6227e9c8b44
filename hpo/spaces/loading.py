"""Where space files are found, and how they become a `StudySpec`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from hpo.catalog import suggestion
from hpo.errors import Problem, UserError
from hpo.spaces.overrides import apply_override
from hpo.spaces.paths import absolute_paths
from hpo.spaces.reading import read_spec
from hpo.spaces.source import parse, parse_json
from hpo.spaces.spec import StudySpec


def bundled_spaces() -> dict[str, Path]:
    """The space files that ship with hpo, by file name."""
    installed = Path(str(files("hpo"))) / "search_spaces"
    folder = installed if installed.is_dir() else installed.parent.parent / "search_spaces"
    return {path.name: path for path in sorted(folder.glob("*.yaml"))}


def load(source: str | Path, overrides: Iterable[str] = ()) -> StudySpec:
    """Read a space file.

    Args:
        source: a path, or the name of a space that ships with hpo (`vgg16.yaml`).
        overrides: changes `path=value`, made in their order before anything is checked.

    Raises:
        SpaceError: with every mistake of the file at once, each with its place.
        UserError: there is no such file, or it cannot be read.
    """
    path = _find(source)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UserError(f"{source}: a space file is a text file that can be read. Received: {reason}.") from error
    root = parse(text, str(source))
    for override in overrides:
        root = apply_override(root, override)
    root, problems = absolute_paths(root, path.resolve().parent)
    return read_spec(root, Path(source).stem, problems)


def parse_spec(text: str, place: str) -> StudySpec:
    """Read what `StudySpec.to_json` wrote.

    Args:
        text: the JSON text.
        place: what error messages call it.

    Raises:
        SpaceError: this version of hpo no longer takes what an earlier one wrote.
    """
    return read_spec(parse_json(text, place), place)


def _find(source: str | Path) -> Path:
    path, received = Path(source), ""
    with suppress(OSError, RuntimeError):  # no name that a file can have, or the folder of no user
        path = path.expanduser()
        if path.is_file():
            return path
        received = "a folder" if path.is_dir() else ""
    bundled = bundled_spaces()
    if path.parent == Path() and (found := bundled.get(path.name) or bundled.get(f"{path.name}.yaml")):
        return found
    hint = suggestion(path.name, list(bundled)) or f"give a path, or a space that ships: {', '.join(bundled)}"
    raise UserError(str(Problem(None, str(source), "a space is a file that exists", received or None, hint)))
