"""What a trial gets of the machine, as a file says it."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import Resources, load

SPACE = {"study": "s", "data": "digits", "model": "simple_cnn"}


def read(**resources: object) -> Resources:
    return load({**SPACE, "resources": resources}).resources


def test_a_file_that_says_nothing_asks_for_nothing():
    assert load(SPACE).resources == Resources()
    assert not load(SPACE).resources.limits_workers


@pytest.mark.parametrize(
    ("size", "count"),
    [("8GB", 8 * 10**9), ("500 MB", 5 * 10**8), ("1.5GiB", 3 * 2**29), ("100kB", 10**5), (4096, 4096)],
)
def test_memory_is_bytes_or_a_text_with_a_unit(size: str | int, count: int):
    assert read(memory=size).memory == count


@pytest.mark.parametrize("resources", [{"gpus": 1}, {"gpus": 0.5}, {"cpus": 2}, {"memory": "1GB"}])
def test_what_a_trial_needs_says_how_many_workers_there_is_room_for(resources: dict[str, object]):
    assert read(**resources).limits_workers


def test_training_on_the_cpu_leaves_open_how_many_workers_there_are():
    assert not read(gpus=0).limits_workers


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"gpus": 2}, "gpus: Keras trains a network on one GPU, so it is at most 1; .* Received 2"),
        ({"gpus": 0.01}, "gpus: a share of a GPU is at least 0.05, or 0 to train on the CPU. Received 0.01"),
        ({"gpus": True}, "gpus: it is a number. Received true"),
        ({"gpus": {"choice": [0, 1]}}, "gpus: it is the same for all trials of a study. Received a parameter"),
        ({"cpus": 0}, "cpus: it is at least 1"),
        ({"cores": 2}, "Did you mean 'cpus'"),
        ({"memory": "8 apples"}, "memory: an amount of memory is a number of bytes, or a text such as 500MB"),
        ({"memory": "0GB"}, "memory: it is above 0. Received 0"),
    ],
)
def test_what_no_machine_can_give_is_refused(resources: dict[str, object], message: str):
    with pytest.raises(SpaceError, match=message):
        read(**resources)
