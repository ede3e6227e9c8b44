"""What is left out of what goes out: the folders of a machine, whose names tell whose it is."""

from __future__ import annotations

from typing import Any


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
