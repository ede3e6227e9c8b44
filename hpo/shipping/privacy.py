"""What is left out of what goes out: the folders of a machine, whose names tell whose it is."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpo.shipping.kept_model import MEMBER


def hide_folders(value: Any) -> Any:  # noqa: ANN401 - plain values
    """Replace every absolute path in plain values by its last name: `/home/anna/photos` by `photos`.

    Of code that a file names so (`/home/anna/my_net.py:build`), the file and the function stay.
    """
    if isinstance(value, dict):
        return {hide_folders(key): hide_folders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(hide_folders, value))
    if isinstance(value, str) and is_absolute(value):
        return value.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return value


def is_absolute(text: str) -> bool:
    """Whether a text is a path from the root of a file system, or from a user's home."""
    return text.startswith(("/", "~")) or text[1:3] in (":\\", ":/")


def describe_for_others(about: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a model says of itself, without the folders that its config names."""
    return {**about, **{key: hide_folders(about[key]) for key in ("config",) if key in about}}


def copy_model(model: Path, target: Path) -> None:
    """Copy a `.keras` file; what it says of itself, `hpo.json`, names no folder in the copy.

    Raises:
        OSError: one of the two cannot be read or written.
    """
    with zipfile.ZipFile(model) as source, zipfile.ZipFile(target, "w") as copy:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == MEMBER:
                content = json.dumps(describe_for_others(json.loads(content)), indent=2, ensure_ascii=False).encode()
            copy.writestr(member, content)
