"""What the kernel counts of processes that it has killed for want of memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.processes.cgroups import count_oom_kills

EVENTS = "low 0\nhigh 0\nmax 12\noom 3\noom_kill {}\noom_group_kill 0\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"


def count(folder: Path, membership: str, files: dict[str, str]) -> int:
    (folder / "cgroup").write_text(membership)
    for name, text in files.items():
        file = folder / "mounted" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return count_oom_kills(folder / "cgroup", folder / "mounted", folder / "mounted" / "vmstat")


@pytest.mark.parametrize(
    ("membership", "files", "kills"),
    [
        ("0::/job\n", {"job/memory.events": EVENTS.format(2), "memory.events": EVENTS.format(9)}, 2),
        ("0::/outside/a/container\n", {"memory.events": EVENTS.format(4)}, 4),
        ("4:memory:/job\n0::/\n", {"memory/job/memory.oom_control": CONTROL.format(1)}, 1),
        ("4:memory:/outside\n0::/\n", {"memory/memory.oom_control": CONTROL.format(5)}, 5),
        ("9:cpu:/job\n0::/\n", {"vmstat": "nr_free_pages 5\noom_kill 7\n"}, 7),
        ("4:memory:/job\n", {"memory/job/memory.oom_control": "oom_kill_disable 0\n", "vmstat": "oom_kill 3\n"}, 3),
        ("", {}, 0),
    ],
    ids=[
        "version 2",
        "version 2, in a container",
        "version 1",
        "version 1, in a container",
        "no memory group: the machine's",
        "an old kernel, which does not count by group",
        "another system",
    ],
)
def test_processes_that_the_kernel_killed_are_counted_in_the_group_around_this_one(
    membership: str, files: dict[str, str], kills: int, tmp_path: Path
):
    assert count(tmp_path, membership, files) == kills


def test_this_machine_counts_them():
    assert count_oom_kills() >= 0
