"""A file of another tool, whose content says which, to the text of a space file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from hpo.errors import Fault, Place, SpaceError, UserError
from hpo.foreign.conversion.sections import Assembly, assemble
from hpo.foreign.conversion.space_text import write_space
from hpo.foreign.excerpt import excerpt
from hpo.foreign.readers.keras_tuner_space import find_space, read_hyperparameters
from hpo.foreign.readers.wandb_sweep import read_sweep
from hpo.foreign.search import ForeignSearch
from hpo.spaces.text.source import Node, Table, describe, parse_value

MAX_BYTES = 1_000_000
"""More than a space file has: KerasTuner lists its trials beside the space."""
_MOST_LISTED = 100
"""A space file is short; so many hyperparameters without a counterpart are told in it."""
_FORMS = "a file to convert is a Weights & Biases sweep, or what KerasTuner's HyperParameters.get_config() gives"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was made of another tool's file.

    Attributes:
        text: a space file that loads, with comments.
        kind: what it was made of.
        converted: the names, in that file, of what became a constant or a parameter.
        unmatched: the names of what has no counterpart; they stand in the text as comments.
    """

    text: str
    kind: str
    converted: tuple[str, ...]
    unmatched: tuple[str, ...]


def convert(source: str | Path, made: str | Path = "FILE") -> Conversion:
    """Make a space file of a Weights & Biases sweep, or of a KerasTuner configuration.

    Args:
        source: the path of the file; its content tells which of the two it is.
        made: what the text calls the space file, where it says how to run it.

    Raises:
        SpaceError: with every mistake in the file, each with its place.
        UserError: there is no such file, it cannot be read, or it is too large.
    """
    search = _read_search(_read_text(Path(source)), str(source))
    assembly = assemble(search)
    text = write_space(
        _header(search, assembly, Path(source).name, str(made)), assembly.sections, _footer(search, assembly)
    )
    return Conversion(
        text, search.kind, assembly.converted, tuple(excerpt(name, 80) for name in _unmatched_names(assembly))
    )


def _read_text(path: Path) -> str:
    try:
        with path.expanduser().open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            rule = f"a file to convert has at most {MAX_BYTES:,} bytes"
            raise UserError(Fault(rule, "more", "is this the right file?", subject=str(path)))
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except FileNotFoundError:
        reason = "no such file"
    except (OSError, RuntimeError, ValueError) as error:  # no user of that name, a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
    raise UserError(Fault("a file to convert is a text file that can be read", reason, subject=str(path)))


def _read_search(text: str, file: str) -> ForeignSearch:
    if text.lstrip().startswith(("{", "[")):
        document = _parse_json(text, file)
        config = find_space(document)
        if config is not None:
            return read_hyperparameters(config, file)
        if isinstance(document, list) or (isinstance(document, dict) and not {"parameters", "method"} & set(document)):
            received = f"an object with {excerpt(list(document)[:4], 80)}" if isinstance(document, dict) else "a list"
            raise SpaceError([Fault(_FORMS, received, _remedy(document), place=Place(file, 1, 1))])
    root = _parse_yaml(text, file)
    entries = root.entries if isinstance(root, Table) else {}
    if not isinstance(root, Table) or not {"parameters", "method"} & entries.keys():
        received = describe(root) if text.strip() else "an empty file"
        raise SpaceError([Fault(_FORMS, received, _remedy(entries), place=Place(file, 1, 1))])
    return read_sweep(root)


def _parse_yaml(text: str, file: str) -> Node:
    try:
        return parse_value(text, file)
    except SpaceError as error:
        faults = (replace(fault, rule=fault.rule.replace("a space file", "a sweep")) for fault in error.faults)
        raise SpaceError(faults) from error


def _remedy(keys: object) -> str | None:
    is_space = isinstance(keys, dict) and {"data", "model", "training"} & keys.keys()
    return "it is a space file already: hpo run --space FILE" if is_space else None


def _parse_json(text: str, file: str) -> object:
    """The document, or None where the text is another kind of YAML, which may begin with a brace too."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if file.endswith(".json"):
            place = Place(file, error.lineno, error.colno)
            remedy = "write it by json.dump(hp.get_config(), file)"
            raise SpaceError([Fault(f"it is JSON ({error.msg})", None, remedy, place=place)]) from error
        return None
    except (RecursionError, ValueError) as error:  # the latter: a number with thousands of digits
        reason = "thousands of levels" if isinstance(error, RecursionError) else "a number of thousands of digits"
        raise SpaceError([Fault(_FORMS, reason, place=Place(file, 1, 1))]) from error


def _header(search: ForeignSearch, assembly: Assembly, file: str, made: str) -> Iterator[str]:
    converted, unmatched = len(assembly.converted), len(_unmatched_names(assembly))
    yield f"Converted by `hpo convert` from {excerpt(file, 80)}, a {search.kind}."
    yield ""
    yield f"    hpo check {made}"
    yield f"    hpo run --space {made}"
    yield ""
    count = f"{converted} hyperparameter{'s' * (converted != 1)} converted"
    yield f"{count}; {unmatched} without a counterpart, told at the end." if unmatched else f"{count}: all of them."


def _unmatched_names(assembly: Assembly) -> list[str]:
    """Each name once: KerasTuner may have one several times, under different conditions."""
    return list(dict.fromkeys(refusal.hyperparameter.name for refusal in assembly.unmatched))


def _footer(search: ForeignSearch, assembly: Assembly) -> Iterator[str]:
    if assembly.unmatched:
        yield "Without a counterpart in hpo:"
        yield ""
        for refusal in assembly.unmatched[:_MOST_LISTED]:
            yield f"  {excerpt(refusal.hyperparameter.name, 80)}: {excerpt(refusal.hyperparameter.source)}"
            yield f"      {refusal.reason}"
        if (more := len(assembly.unmatched) - _MOST_LISTED) > 0:
            yield f"  and {more} more"
    if search.remarks:
        if assembly.unmatched:
            yield ""
        yield f"What the {search.kind} says besides:"
        yield ""
        for key, value in islice(search.remarks.items(), _MOST_LISTED):
            yield f"  {excerpt(key, 80)}: {excerpt(value)}"
