"""Other classes than the folders are: a mapping file that merges class folders, as CIFAR-100's into coarse ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hpo.data.files.listing import Listing
from hpo.errors import DataError

_RULE = "it maps every class folder to a class, as JSON or YAML: `oak_tree: trees`"


def relabel(listing: Listing, mapping: Path) -> Listing:
    """Give the same files the classes that a mapping gives their folders.

    The mapping is a JSON or YAML file, `{class folder: class}`, which may name folders that are not there. Classes are
    sorted.

    Raises:
        DataError: the file cannot be read, leaves a folder out, or gives all of them one class.
    """
    new_names = _read(mapping)
    missing = [name for name in listing.classes if name not in new_names]
    if missing:
        received = f"nothing for {', '.join(missing[:10])}{' and others' if len(missing) > 10 else ''}"  # noqa: PLR2004
        raise DataError(f"{mapping}: {_RULE}. Received {received}. Add {'it' if len(missing) == 1 else 'them'}.")
    classes = tuple(sorted({new_names[name] for name in listing.classes}))
    if len(classes) < 2:  # noqa: PLR2004 - nothing to tell apart
        raise DataError(f"{mapping}: it gives the folders two classes or more. Received {classes[0]} alone.")
    new = np.asarray([classes.index(new_names[name]) for name in listing.classes], dtype=np.int32)
    parts = {name: replace(part, labels=new[part.labels]) for name, part in listing.parts.items()}
    return replace(listing, classes=classes, parts=parts)


def explain_unusable(mapping: Path) -> str | None:
    """Explain why a file is no mapping of class folders; None where it is one."""
    try:
        _read(mapping)
    except DataError as error:
        return str(error).partition("Received")[2].removeprefix(":").partition(". Write")[0].strip(" .")
    return None


def _read(mapping: Path) -> dict[str, str]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(mapping.read_text(encoding="utf-8"))  # of which JSON is a part
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(f"{mapping}: {_RULE}. Received: {' '.join(reason.split())}.") from error
    if not isinstance(content, dict) or any(isinstance(name, dict | list | None) for name in content.values()):
        kind = "a mapping to something else" if isinstance(content, dict) else "no mapping"
        raise DataError(f"{mapping}: {_RULE}. Received {kind}. Write one line a folder.")
    return {str(name): str(value) for name, value in content.items()}
