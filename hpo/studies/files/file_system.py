"""On which kind of file system a folder lies: SQLite needs one whose locks hold, as those of a network often do not."""

from __future__ import annotations

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_OF_A_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|afs|9p|ceph|glusterfs|lustre|gpfs|beegfs|pvfs2|orangefs|davfs|ncpfs|fuse\.(?!portal).*"
)
"""Types as Linux names them; what FUSE shows is mostly a network's or an object store's."""


def file_system_of(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Name the type of the file system that holds a path, or will; None where it cannot be told.

    Args:
        path: need not exist.
        mounts: lists what is mounted (`man 5 proc_pid_mountinfo`).
    """
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    path, kind, length = path.resolve(), None, -1
    for line in lines:
        mounted, _, rest = line.partition(" - ")
        point = Path(re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), mounted.split()[4]))
        if path.is_relative_to(point) and len(point.parts) >= length:  # the last one mounted there counts
            kind, length = rest.split()[0], len(point.parts)
    return kind


def network_file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Name the type of the file system that holds a path if it is one of a network; else None."""
    kind = file_system_of(path, mounts)
    return kind if kind is not None and _OF_A_NETWORK.fullmatch(kind) else None
