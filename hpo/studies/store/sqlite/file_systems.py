"""Which file systems lie on other machines: SQLite's write-ahead log needs memory that all its processes share."""

from __future__ import annotations

from pathlib import Path

_NETWORK = frozenset(
    [
        "9p",
        "afpfs",
        "afs",
        "beegfs",
        "beegfs_nodev",
        "ceph",
        "cifs",
        "davfs",
        "drvfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "prl_fs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "webdav",
    ]
)
"""As the kernel calls them, shared folders of virtual machines included."""
_NETWORK_IN_USER_SPACE = ("afs", "ceph", "curl", "dav", "gcs", "gluster", "goofys", "rclone", "s3", "sshfs", "vmhgfs")
"""In names that begin with `fuse.`."""


def network_file_system(path: Path) -> str | None:
    """Give the kind of the file system in which a file or folder lies, if other machines can write to it."""
    import psutil

    place = path.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    place = place.resolve()
    mounts = [mount for mount in psutil.disk_partitions(all=True) if place.is_relative_to(mount.mountpoint)]
    if not mounts:
        return None
    # Of several at one place the last one covers the others.
    kind: str = max(enumerate(mounts), key=lambda item: (len(item[1].mountpoint), item[0]))[1].fstype
    if kind in _NETWORK or (kind.startswith("fuse.") and any(name in kind for name in _NETWORK_IN_USER_SPACE)):
        return kind
    return None
