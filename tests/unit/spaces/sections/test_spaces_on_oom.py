"""What a file says of trials for which the memory does not suffice."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import load
from hpo.spaces.sections.on_oom import OnOom

SPACE = {"study": "s", "data": "digits", "model": "simple_cnn"}


def test_a_file_that_says_nothing_halves_no_batch():
    on_oom = load(SPACE).on_oom
    assert on_oom == OnOom(halve_batch=0)
    assert on_oom.next_accumulation(1) is None


def test_batches_are_halved_as_often_as_the_file_says():
    on_oom = load({**SPACE, "on_oom": {"halve_batch": 2}}).on_oom
    assert [on_oom.next_accumulation(steps) for steps in (1, 2, 4, 8)] == [2, 4, None, None]


@pytest.mark.parametrize(
    ("on_oom", "message"),
    [
        ({"halve_batch": -1}, "halve_batch: it is at least 0"),
        ({"halve_batch": 11}, "halve_batch: it is at most 10"),
        ({"halve_batch": {"int": [0, 2]}}, "halve_batch: it is the same for all trials of a study"),
        ({"halve": 2}, "halve_batch"),
    ],
)
def test_what_cannot_be_done_is_refused(on_oom: dict[str, object], message: str):
    with pytest.raises(SpaceError, match=message):
        load({**SPACE, "on_oom": on_oom})
