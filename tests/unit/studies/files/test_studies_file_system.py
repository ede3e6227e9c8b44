"""File systems of a network are told from those of a disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.studies.files.file_system import file_system_of, network_file_system

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nfs rw shared:9 - nfs4 server:/export rw
31 30 0:41 / /mnt/nfs/local rw - xfs /dev/sdb1 rw
32 22 0:42 / /mnt/with\\040space rw - cifs //server/share rw
33 22 0:43 / /mnt/mounted/twice rw - ext4 /dev/sdc1 rw
34 22 0:44 / /mnt/mounted/twice rw - fuse.sshfs me@host: rw
35 22 0:45 / /run/user/0/doc rw - fuse.portal portal rw
"""


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/home/me/studies", None),
        ("/mnt/nfs/studies", "nfs4"),
        ("/mnt/nfs", "nfs4"),
        ("/mnt/nfs2/studies", None),
        ("/mnt/nfs/local/studies", None),
        ("/mnt/with space/studies", "cifs"),
        ("/mnt/mounted/twice/studies", "fuse.sshfs"),
        ("/run/user/0/doc/studies", None),
    ],
)
def test_the_nearest_mount_above_a_folder_says_what_it_is_on(tmp_path: Path, path: str, network: str | None):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert network_file_system(Path(path), mounts) == network


def test_without_a_list_of_mounts_nothing_is_said(tmp_path: Path):
    assert file_system_of(tmp_path, tmp_path / "none") is None
    assert network_file_system(tmp_path, tmp_path / "none") is None
