"""Which worker runs where: on GPUs, shares of them, instances, cores."""

from __future__ import annotations

from collections import Counter

import pytest
from fake_nvml import GB, MISMATCH, NO_DRIVER, FakeNvml, make_divided_gpu, make_gpus
from hypothesis import given
from hypothesis import strategies as st

from hpo.errors import UserError
from hpo.fleet.gpus import Gpu, GpuInventory, find_gpus
from hpo.fleet.placement import Machine, Seat, place_workers, reserve
from hpo.fleet.reservations import Reservation
from hpo.spaces import Resources

FREE = Reservation()


def machine(gpus: int = 0, cores: int = 8, memory: int = 64 * GB) -> Machine:
    devices = [Gpu(index, f"GPU-{index}", "NVIDIA H100", 80 * GB, 80 * GB) for index in range(gpus)]
    return Machine(GpuInventory(tuple(devices)), range(cores), True, memory)


def uuids(seats: list[Seat]) -> list[str | None]:
    return [seat.gpu and seat.gpu.uuid for seat in seats]


@pytest.mark.parametrize(("gpus", "workers", "expected"), [(1, 5, 1), (8, 5, 5), (8, 100, 8)])
def test_a_whole_gpu_a_trial_gives_each_worker_its_own(gpus: int, workers: int, expected: int):
    seats = place_workers(Resources(gpus=1), workers, machine(gpus), FREE)
    assert uuids(seats) == [f"GPU-{index}" for index in range(expected)]
    assert {seat.share for seat in seats} == {1}


def test_shares_fill_every_gpu_once_before_any_twice():
    seats = place_workers(Resources(gpus=0.5), 100, machine(2), FREE)
    assert uuids(seats) == ["GPU-0", "GPU-1", "GPU-0", "GPU-1"]
    assert uuids(place_workers(Resources(gpus=0.5), 2, machine(2), FREE)) == ["GPU-0", "GPU-1"]


@pytest.mark.parametrize(("share", "number"), [(0.3, 3), (1 / 3, 3), (0.1, 10), (0.05, 20), (0.6, 1)])
def test_as_many_shares_fit_on_a_gpu_as_are_no_more_than_the_whole(share: float, number: int):
    assert len(place_workers(Resources(gpus=share), 100, machine(1), FREE)) == number


def test_instances_of_a_divided_gpu_are_seats_of_their_own(install_nvml):
    install_nvml(FakeNvml([make_divided_gpu(), *make_gpus(1)]))
    divided = Machine(find_gpus(), range(8), True, 64 * GB)
    assert uuids(place_workers(Resources(gpus=1), 100, divided, FREE)) == ["MIG-0", "MIG-1", "MIG-2", "GPU-0"]


@pytest.mark.parametrize(
    ("nvml", "visible", "message"),
    [
        (FakeNvml(failure=NO_DRIVER), None, "NVML finds no GPU: NVML Shared Library Not Found."),
        (FakeNvml(failure=MISMATCH), None, "NVML finds no GPU: Driver/library version mismatch."),
        (FakeNvml(), None, "NVML finds no GPU."),
        (FakeNvml(make_gpus(8)), "-1", "CUDA_VISIBLE_DEVICES leaves out all 8 GPUs. Change it;"),
    ],
)
def test_a_trial_that_is_to_have_a_gpu_where_there_is_none_is_refused(install_nvml, nvml, visible, message):
    install_nvml(nvml, visible)
    with pytest.raises(UserError) as refused:
        place_workers(Resources(gpus=1), 1, Machine(find_gpus(), range(8), True, 64 * GB), FREE)
    text = str(refused.value)
    assert text.startswith("resources.gpus: a trial trains on a GPU. Received 1, where ")
    assert message in text
    assert text.endswith("`--set resources.gpus=0` trains on the CPU, and `hpo doctor` tells what was found.")


def test_without_a_word_on_gpus_workers_are_spread_over_them_and_one_alone_sees_all():
    assert uuids(place_workers(Resources(), 3, machine(2), FREE)) == ["GPU-0", "GPU-1", "GPU-0"]
    assert {seat.share for seat in place_workers(Resources(), 3, machine(2), FREE)} == {None}
    assert uuids(place_workers(Resources(), 1, machine(2), FREE)) == [None]


def test_training_on_the_cpu_hides_the_gpus():
    assert [(seat.gpu, seat.hides_gpus) for seat in place_workers(Resources(gpus=0), 2, machine(2), FREE)] == [
        (None, True),
        (None, True),
    ]


def test_workers_share_the_cores_equally_where_nobody_says_how_many():
    assert [seat.threads for seat in place_workers(Resources(), 3, machine(), FREE)] == [2, 2, 2]
    assert [seat.threads for seat in place_workers(Resources(), 30, machine(), FREE)] == [1] * 30


def test_cores_of_a_trial_are_its_own():
    seats = place_workers(Resources(cpus=3), 100, machine(), FREE)
    assert [(list(seat.cores), seat.threads, seat.is_pinned) for seat in seats] == [
        ([0, 1, 2], 3, True),
        ([3, 4, 5], 3, True),
    ]


def test_nobody_is_kept_on_certain_cores_where_only_their_time_is_limited():
    limited = Machine(GpuInventory(), range(2), False, 64 * GB)
    assert [(seat.threads, seat.is_pinned) for seat in place_workers(Resources(cpus=1), 9, limited, FREE)] == [
        (1, False),
        (1, False),
    ]


@pytest.mark.parametrize(
    ("resources", "number"),
    [
        (Resources(gpus=0.5, cpus=4), 2),
        (Resources(gpus=1, cpus=1), 4),
        (Resources(cpus=1, memory=30 * GB), 2),
        (Resources(gpus=0.25, cpus=1, memory=64 * GB), 1),
    ],
)
def test_what_runs_out_first_says_how_many_workers_there_are(resources: Resources, number: int):
    assert len(place_workers(resources, 100, machine(4), FREE)) == number


@pytest.mark.parametrize(
    ("resources", "held", "message"),
    [
        (
            Resources(cpus=9),
            FREE,
            "resources.cpus: a trial gets what the machine has. Received 9 cores",
        ),
        (Resources(cpus=2), Reservation(cores=list(range(7))), "resources.cpus: .* other runs of hpo leave 1 of 8"),
        (Resources(memory=65 * GB), FREE, "resources.memory: a trial gets what the machine has"),
        (
            Resources(memory=30 * GB),
            Reservation(memory=40 * GB),
            "resources.memory: .* other runs leave free",
        ),
        (Resources(gpus=0.5), Reservation({"GPU-0": 0.6}), "resources.gpus: a trial gets what other runs leave free"),
    ],
)
def test_what_there_is_no_room_for_is_refused(resources: Resources, held: Reservation, message: str):
    with pytest.raises(UserError, match=message):
        place_workers(resources, 1, machine(1), held)


def test_what_other_runs_hold_is_left_to_them():
    held = Reservation({"GPU-0": 1.0, "GPU-1": 0.5}, [0, 1, 2, 3])
    seats = place_workers(Resources(gpus=0.25, cpus=1), 100, machine(3), held)
    assert uuids(seats) == ["GPU-1", "GPU-2", "GPU-1", "GPU-2"]
    assert [list(seat.cores) for seat in seats] == [[4], [5], [6], [7]]


@given(
    gpus=st.integers(1, 8),
    share=st.floats(0.05, 1),
    workers=st.integers(1, 200),
    held=st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
def test_no_gpu_is_ever_promised_more_than_once(gpus: int, share: float, workers: int, held: list[float]):
    others = Reservation({f"GPU-{index}": part for index, part in enumerate(held)})
    try:
        seats = place_workers(Resources(gpus=share), workers, machine(gpus), others)
    except UserError:
        assert all(part + share > 1 for part in held[:gpus])
        return
    own = reserve(seats).gpus
    assert len(seats) <= workers
    assert all(own[uuid] + others.gpus[uuid] <= 1 + 1e-4 for uuid in own)
    numbers = Counter(uuids(seats))
    assert all(number == round(own[uuid] / share) for uuid, number in numbers.items())
