"""Where space files are found, and how they become a `StudySpec`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from hpo.errors import Fault, SpaceError, UserError
from hpo.spaces.file.backend_choice import choose_backend
from hpo.spaces.file.inheritance import merge_base
from hpo.spaces.file.overrides import apply_override
from hpo.spaces.file.paths import make_paths_absolute
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.spec.spec import StudySpec
from hpo.spaces.text.source import MAX_BYTES, Node, Scalar, Table, describe, parse, parse_json, too_large
from hpo.vocabulary import suggest

_UNNAMED = "study"
"""What a study is called whose space is given as values, and does not say."""
_BACKEND = "search.backend="
MAX_BASES = 20
"""The longest chain of bases."""


def bundled_spaces() -> dict[str, Path]:
    """The space files that ship with hpo, by file name."""
    installed = Path(str(files("hpo"))) / "search_spaces"
    folder = installed if installed.is_dir() else installed.parent.parent / "search_spaces"
    return {path.name: path for path in sorted(folder.glob("*.yaml"))}


def load(
    source: str | Path | Mapping[str, object],
    overrides: Iterable[str] = (),
    complete: Callable[[Table], Table] | None = None,
    choose: Callable[[Table], Table] | None = None,
) -> StudySpec:
    """Read a space file, or what one would say.

    Args:
        source: a path, the name of a space that ships with hpo (`vgg16.yaml`), or plain values: their paths are
            relative to the working directory, and their study is called `study` where they do not say.
        overrides: changes `path=value`, made in their order before anything is checked.
        complete: adds what a file leaves to be found out (see `hpo.foreign.discovery`). Changes whose path the file
            does not have are made after it.
        choose: changes the file before anything else does.

    Raises:
        SpaceError: with every mistake of the file at once, each with its place.
        UserError: there is no such file, or it cannot be read.
    """
    files = _Files()
    try:
        if isinstance(source, Mapping):
            root, default_name = files.read_values(source), _UNNAMED
        else:
            root, default_name = files.read(str(source), _find(source), ()), Path(source).stem
    except SpaceError as error:
        raise SpaceError([*files.problems, *error.faults]) from error
    root = root if choose is None else choose(root)
    root, left = _apply_overrides(root, overrides, is_final=complete is None)
    root, problems = make_paths_absolute(root, files.folders)
    if complete is not None:
        root, _ = _apply_overrides(complete(root), left, is_final=True)
    return read_spec(root, default_name, [*files.problems, *problems])


def _apply_overrides(root: Table, overrides: Iterable[str], *, is_final: bool) -> tuple[Table, list[str]]:
    """The file with its changes made, and those for which it has no place yet."""
    left: list[str] = []
    for override in overrides:
        try:
            root = apply_override(root, override)
        except SpaceError:
            if is_final:
                raise
            left.append(override)
    return root, left


class _Files:
    """Reads a file and those that it starts from."""

    def __init__(self) -> None:
        self.problems: list[Fault] = []
        self.folders: dict[str, Path] = {}
        """Where each file lies, by the name that places give it."""

    def read(self, name: str, path: Path, above: tuple[Path, ...]) -> Table:
        """The file with what it takes over from its base.

        Args:
            name: what error messages call it.
            path: where it lies.
            above: the files that led to it.
        """
        return self._with_base(parse(_text(name, path), name, self.problems), name, path, above)

    def read_values(self, document: Mapping[str, object]) -> Table:
        """Plain values with what they take over from their base; they have no lines, so places have no name."""
        return self._with_base(parse_json(_to_json(document), ""), "", Path.cwd() / "values", ())

    def _with_base(self, root: Table, name: str, path: Path, above: tuple[Path, ...]) -> Table:
        self.folders[name] = path.resolve().parent
        root = rewrite_sections(root)
        node = root.entries.get("base")
        if node is None:
            return root
        above = (*above, path.resolve())
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            raise _base_error(node, "base is a file to start from", describe(node), None)
        try:
            base = _find(node.value, path.resolve().parent)
            if base.resolve() in above:
                chain = " -> ".join(file.name for file in (*above, base))
                raise _base_error(node, "a file does not start from itself", chain, "remove one `base:`")
            if len(above) > MAX_BASES:
                raise _base_error(node, f"a file starts from at most {MAX_BASES} others, in a row", "more", None)
            return merge_base(root, self.read(self._display_name(node.value, base, name), base, above))
        except SpaceError:
            raise
        except UserError as error:
            raise _base_error(node, "base is a file that can be read", str(error).rstrip("."), None) from error

    def _display_name(self, source: str, base: Path, name: str) -> str:
        """What error messages call the base that the file `name` calls `source`: no two files alike."""
        relative = base.name if base in bundled_spaces().values() else str(Path(name).parent / source)
        return str(base) if relative in self.folders else relative


def _base_error(node: Node, rule: str, received: str, remedy: str | None) -> SpaceError:
    return SpaceError([Fault(rule, received, remedy, place=node.place, subject="base")])


def _to_json(document: Mapping[str, object]) -> str:
    def plain(value: object) -> object:
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if hasattr(value, "item") and hasattr(value, "dtype"):  # a number of NumPy's
            return value.item()
        raise TypeError(f"a value of type {type(value).__name__}")

    try:
        return json.dumps(document, default=plain)
    except (TypeError, ValueError, RecursionError) as error:
        rule = "a space given as values has texts, numbers, true, false, None, lists and mappings"
        raise UserError(f"space: {rule}. Received {error}.") from error


def _text(name: str, path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise too_large(name, f"{path.stat().st_size:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UserError(f"{name}: a space file is a text file that can be read. Received: {reason}.") from error


def spec_of(
    document: Mapping[str, object], place: str, overrides: Iterable[str] = (), *, is_stored: bool = False
) -> StudySpec:
    """What a space file with these values would say; its paths are relative to the working directory.

    Args:
        document: plain values, as JSON has them.
        place: what error messages call it.
        overrides: as for `load`.
        is_stored: whether they are those of a study that is there; see `read_spec`. Options that another search backend
            does not have are left aside then.

    Raises:
        SpaceError: with every mistake at once.
    """
    root = rewrite_sections(parse_json(json.dumps(document), place))
    for override in overrides:
        if is_stored and override.startswith(_BACKEND):  # whose user has no file to take the old options out of
            root = choose_backend(root, override.removeprefix(_BACKEND).strip(), lambda note: None)
        root = apply_override(root, override)
    root, problems = make_paths_absolute(root, {place: Path.cwd()})
    return read_spec(root, place, problems, is_stored=is_stored)


def parse_spec(text: str, place: str, *, checks: bool = True) -> StudySpec:
    """Read what `StudySpec.to_json` wrote.

    Args:
        text: the JSON text.
        place: what error messages call it.
        checks: see `read_spec`.

    Raises:
        SpaceError: this version of hpo no longer takes what an earlier one wrote.
    """
    return read_spec(rewrite_sections(parse_json(text, place)), place, is_stored=True, checks=checks)


def _find(source: str | Path, folder: Path = Path()) -> Path:
    """The file that a path, relative to `folder`, or the name of a bundled space means."""
    path, received = Path(source), ""
    with suppress(OSError, RuntimeError):  # no name that a file can have, or the folder of no user
        path = folder / path.expanduser()
        if path.is_file():
            return path
        received = "a folder" if path.is_dir() else ""
    bundled = bundled_spaces()
    if Path(source).parent == Path() and (found := bundled.get(path.name) or bundled.get(f"{path.name}.yaml")):
        return found
    hint = suggest(path.name, list(bundled)) or f"give a path, or a space that ships: {', '.join(bundled)}"
    raise UserError(Fault("a space is a file that exists", received or None, hint, subject=str(source)))
