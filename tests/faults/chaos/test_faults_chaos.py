"""Nothing is lost: studies whose processes, disks and databases an adversary attacks end as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from chaos_adversary import FAULTS, LEASE, Target, attack, draw_plan
from chaos_machines import HPO, Machine, mount_disk, run_database
from chaos_verdict import count_epochs, find_losses, make_table

from hpo.tuning import open_study

pytestmark = pytest.mark.engine

SPACE = """\
study: chaos
seed: 1
data: {{dataset: digits, validation: 0.2}}
model: {{family: simple_cnn, depth: 1, filters: 2, dense_units: 4}}
training:
  epochs: {epochs}
  batch_size: 128
  learning_rate: {{float: [1e-3, 1e-1], log: true}}
search: {{trials: {trials}, sampler: random, pruner: none}}
"""
RECOVERY = f"recovery: {{retries: 1000, lease: {LEASE:g}}}\n"


@pytest.fixture(scope="session")
def run_undisturbed(tmp_path_factory):
    """Runs a study of so many trials and epochs in one worker, once."""
    studies = {}

    def run(trials, epochs):
        if (trials, epochs) not in studies:
            machine = _make_machine(tmp_path_factory.mktemp("undisturbed") / "machine", trials, epochs)
            machine.start()
            assert machine.process.wait() == 0, machine.last_words()
            studies[trials, epochs] = open_study("chaos", machine.folder / "studies")
        return studies[trials, epochs]

    return run


def _make_machine(folder, trials, epochs, *options):
    machine = Machine(folder, "run", "--space", "chaos.yaml", *options)
    (folder / "chaos.yaml").write_text(SPACE.format(trials=trials, epochs=epochs) + RECOVERY)
    return machine


def test_kills_freezes_and_torn_checkpoints_change_no_result(tmp_path, run_undisturbed):
    kinds = [name for name in FAULTS if "database" not in name and "disk" not in name]
    with mount_disk(tmp_path / "disk") as disk:
        machine = _make_machine(tmp_path / "one", 3, 12, "--workers", "3", "--studies", str(disk.folder))
        target = Target([machine], disk.folder / "chaos", None, disk, print)
        _attack(target, draw_plan(4, 5, kinds))
        study = open_study("chaos", disk.folder)
        assert find_losses(study, run_undisturbed(3, 12), target) == []


def _attack(target, plan):
    try:
        attack(target, plan, patience=120)
    finally:
        for machine in target.machines:
            target.note(f"{machine.folder.name}: {machine.starts} starts")
