"""The control groups that this process is in (`man 7 cgroups`, versions 1 and 2), and what they count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

MEMBERSHIP = Path("/proc/self/cgroup")
"""Says in which control groups the process is."""
MOUNTED = Path("/sys/fs/cgroup")
"""Where control groups are."""


def memory_limits(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> Iterator[int]:
    """Give the limits, in bytes, of all memory control groups around the process, from its own to the root."""
    for folder in _groups("memory", membership, mounted):
        for name in ("memory.max", "memory.limit_in_bytes"):  # versions 2 and 1
            text = _read(folder / name)
            if text.isdigit():  # else `max`
                yield int(text)


def cpu_quotas(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> Iterator[float]:
    """Give how many cores' time each control group around the process may use, where that is limited."""
    for folder in _groups("cpu", membership, mounted):
        quota, _, period = _read(folder / "cpu.max").partition(" ")  # version 2
        if not quota:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit():  # else `max`, or -1
            yield int(quota) / int(period)


def count_oom_kills(
    membership: Path = MEMBERSHIP, mounted: Path = MOUNTED, machine: Path = Path("/proc/vmstat")
) -> int:
    """Count the processes beside this one, itself included, that the kernel has killed for want of memory so far.

    It counts in the process' own control group, whoever's limit was reached; in the whole machine, where the kernel
    does not count by group. Compare two counts: the number grows.
    """
    for folder in _groups("memory", membership, mounted):
        for name in ("memory.events", "memory.oom_control"):  # versions 2 and 1
            counts = _counts(_read(folder / name))
            if "oom_kill" in counts:
                return counts["oom_kill"]
    return _counts(_read(machine)).get("oom_kill", 0)


def _groups(controller: str, membership: Path, mounted: Path) -> Iterator[Path]:
    for line in _read(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = mounted / controller if controllers else mounted
        # Inside a container the path may be the one outside; what is mounted is then the container's own group.
        group = root / path.lstrip("/")
        yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(root))


def _counts(text: str) -> dict[str, int]:
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}  # noqa: PLR2004


def _read(path: Path) -> str:
    """Read a file of the kernel's; nothing where there is none that may be read."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
