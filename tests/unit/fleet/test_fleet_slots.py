"""Launchers are found by name, and give the slots in which workers run."""

from __future__ import annotations

import pytest

import hpo
from hpo.errors import UserError
from hpo.fleet import find_launcher
from hpo.processes.environment import core_count
from hpo.spaces import load
from hpo.studies import create_study


def test_the_local_launcher_gives_workers_their_share_of_the_cores(small_space, studies, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    study = create_study(load(small_space), studies)
    slots = find_launcher("local").slots(study, 2)
    assert [(slot.number, slot.label, slot.memory) for slot in slots] == [(1, "worker 1", None), (2, "worker 2", None)]
    assert {slot.environment["OMP_NUM_THREADS"] for slot in slots} == {str(max(1, core_count() // 2))}
    assert {slot.environment["KERAS_BACKEND"] for slot in slots} == {"tensorflow"}


def test_a_launcher_that_nobody_registered_is_refused_before_a_study_is_made(small_space, studies):
    with pytest.raises(
        UserError, match=r"^launcher: a launcher is one of local. Received 'locla'. Did you mean 'local'"
    ):
        hpo.run(small_space, studies=studies, launcher="locla", quiet=True)
    assert not (studies / "small").exists()


def test_a_launcher_that_is_no_name_is_refused(small_space, studies):
    with pytest.raises(UserError, match=r"^launcher: a launcher is one of local. Received '5'"):
        hpo.run(small_space, studies=studies, launcher=5, quiet=True)
