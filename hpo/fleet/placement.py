"""Which worker runs where on this machine: its GPU or share of one, its cores, its memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Self

from hpo.errors import Fault, UserError
from hpo.fleet.gpus import Gpu, GpuInventory, find_gpus
from hpo.fleet.reservations import Reservation, add_up
from hpo.processes.machine import core_count, machine_memory, usable_cores
from hpo.spaces import Resources

_SLACK = 1e-6
"""Of sums of shares, since 3 times 1/3 may be more than 1."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What this process may use of the machine.

    Attributes:
        cores: the numbers of the cores, as many as their time allows.
        has_all_cores: whether their numbers mean something: a quota of time is of no core in particular.
        memory: bytes.
    """

    gpus: GpuInventory
    cores: Sequence[int]
    has_all_cores: bool
    memory: int

    @classmethod
    def survey(cls) -> Self:
        """Find out what there is."""
        cores, count = usable_cores(), core_count()
        return cls(find_gpus(), cores[:count], count == len(cores), machine_memory())


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one worker runs.

    Attributes:
        threads: how many an engine may use for one operation.
        cores: the numbers of the cores that are its own; none where it shares all.
        is_pinned: whether it is kept on these cores.
        gpu: the only one that it sees; None for all that there are, unless `hides_gpus`.
        share: of the GPU that is its own; None where nobody said so, and its memory is not limited.
        memory: bytes of the machine's memory that it may use; None for no limit.
    """

    threads: int
    cores: Sequence[int] = ()
    is_pinned: bool = False
    gpu: Gpu | None = None
    share: float | None = None
    hides_gpus: bool = False
    memory: int | None = None


def place_workers(resources: Resources, workers: int, machine: Machine, held: Reservation) -> list[Seat]:
    """Give a seat to each of so many workers, or to as many as there is room for.

    Args:
        resources: what each trial gets.
        workers: at least 1.
        machine: where they run.
        held: what other runs hold of it.

    Raises:
        UserError: there is room for none.
    """
    gpus: Sequence[Gpu] = _gpu_shares(resources.gpus, machine.gpus, held) if resources.gpus else ()
    free = [core for core in machine.cores if core not in held.cores]
    rooms = [len(gpus)] if resources.gpus else []
    if resources.cpus is not None:
        rooms.append(_room("cpus", resources.cpus, len(machine.cores), len(free), "cores"))
    if resources.memory is not None:
        rooms.append(_room("memory", resources.memory, machine.memory, machine.memory - held.memory, "bytes"))
    count = min([workers, *rooms])
    if resources.gpus is None and count > 1:
        gpus = list(islice(cycle(machine.gpus.gpus), count))
    own = resources.cpus or 0
    return [
        Seat(
            threads=own or max(1, len(machine.cores) // count),
            cores=free[number * own : (number + 1) * own],
            is_pinned=own > 0 and machine.has_all_cores,
            gpu=gpus[number] if gpus else None,
            share=resources.gpus or None,
            hides_gpus=resources.gpus == 0,
            memory=resources.memory,
        )
        for number in range(count)
    ]


def reserve(seats: Sequence[Seat]) -> Reservation:
    """Give what workers in these seats have to themselves."""
    shares = [Reservation({seat.gpu.uuid: seat.share}) for seat in seats if seat.gpu is not None and seat.share]
    return add_up([*shares, *(Reservation(cores=list(seat.cores), memory=seat.memory or 0) for seat in seats)])


def _gpu_shares(share: float, inventory: GpuInventory, held: Reservation) -> list[Gpu]:
    """List the GPU of each share that is free, so that the first workers get a GPU each.

    Raises:
        UserError: there is no GPU, or none that is free.
    """
    if not inventory.gpus:
        raise UserError(Fault("a trial trains on a GPU", *_missing_gpu(share, inventory), subject="resources.gpus"))
    numbers = {gpu.uuid: int((1 - held.gpus.get(gpu.uuid, 0.0) + _SLACK) / share) for gpu in inventory.gpus}
    shares = [gpu for number in range(max(numbers.values())) for gpu in inventory.gpus if number < numbers[gpu.uuid]]
    if not shares:
        received = f"{share:g}, where other runs of hpo hold so much of the {len(inventory.gpus)} that there are"
        remedy = "wait for them, or ask for a smaller share"
        raise UserError(Fault("a trial gets what other runs leave free", received, remedy, subject="resources.gpus"))
    return shares


def _missing_gpu(share: float, inventory: GpuInventory) -> tuple[str, str]:
    """Say what there is instead of a GPU, and what to do."""
    on_cpu = "`--set resources.gpus=0` trains on the CPU, and `hpo doctor` tells what was found"
    if inventory.hidden:
        return (
            f"{share:g}, where CUDA_VISIBLE_DEVICES leaves out all {len(inventory.hidden)} GPUs",
            f"change it; {on_cpu}",
        )
    why = f": {'; '.join(inventory.problems)}" if inventory.problems else ""
    return f"{share:g}, where NVML finds no GPU{why}", on_cpu


def _room(option: str, wanted: int, total: int, free: int, unit: str) -> int:
    """Count the trials for which there is room.

    Raises:
        UserError: there is none.
    """
    subject = f"resources.{option}"
    if wanted > total:
        received = f"{wanted} {unit}, where there are {total}"
        raise UserError(Fault("a trial gets what the machine has", received, "ask for less", subject=subject))
    if wanted > free:
        received = f"{wanted} {unit}, where other runs of hpo leave {free} of {total}"
        remedy = "wait for them, or ask for less"
        raise UserError(Fault("a trial gets what other runs leave free", received, remedy, subject=subject))
    return free // wanted
