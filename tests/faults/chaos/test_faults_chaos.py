"""Nothing is lost: studies whose processes, disks and databases an adversary attacks end as if nothing had happened."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import cache

import pytest
from chaos_adversary import FAULTS, LEASE, Step, Target, attack, draw_plan
from chaos_machines import Machine, mount_disk, run_database
from chaos_verdict import find_losses, make_table

from hpo.tuning import open_study

pytestmark = pytest.mark.engine

SPACE = """\
study: chaos
seed: 1
data: {{dataset: digits, validation: 0.2}}
model: {{family: simple_cnn, depth: 1, filters: 2, dense_units: 4}}
training:
  epochs: {epochs}
  batch_size: 256
  learning_rate: {{float: [1e-3, 1e-1], log: true}}
search: {{trials: {trials}, sampler: random, pruner: none}}
recovery: {{retries: 1000, lease: {lease}}}
"""
SEED = int(os.environ.get("CHAOS_SEED", "0"))
"""Added to the seeds of the plans: another number makes other plans."""
FAULTS_EACH = int(os.environ.get("CHAOS_FAULTS", "60"))


def make_machine(folder, trials, epochs, *options):
    """A machine that leads a study of so many trials and epochs."""
    machine = Machine(folder, "run", "--space", "chaos.yaml", *options)
    (folder / "chaos.yaml").write_text(SPACE.format(trials=trials, epochs=epochs, lease=LEASE))
    return machine


@pytest.fixture(scope="session")
def start_undisturbed(tmp_path_factory):
    """Starts a study of so many trials and epochs in one worker, once; gives what waits for its end."""
    with ExitStack() as ends:

        @cache
        def start(trials, epochs):
            machine = make_machine(tmp_path_factory.mktemp("undisturbed") / "machine", trials, epochs)
            machine.start()
            ends.callback(machine.end)

            def finish():
                assert machine.process.wait() == 0, machine.last_words()
                return open_study("chaos", machine.folder / "studies")

            return finish

        yield start


@pytest.fixture
def attack_study(tmp_path, start_undisturbed):
    """Attacks a study by a plan; gives the target, and what was lost."""

    def run(plan, trials, epochs, *, workers, machines=1, on_server=False):
        undisturbed = start_undisturbed(trials, epochs)
        with ExitStack() as parts:
            disk = parts.enter_context(mount_disk(tmp_path / "disk"))
            place = ["--studies", str(disk.folder)]
            database = None
            if on_server:
                database = parts.enter_context(run_database())
                place = ["--storage", database.url, "--files", str(disk.folder)]
            share = [*place, "--workers", str(workers // machines)]
            members = [make_machine(tmp_path / "machine-1", trials, epochs, *share)]
            members += [Machine(tmp_path / f"machine-{n}", "worker", "chaos", *share) for n in range(2, machines + 1)]
            target = Target(members, disk.folder / "chaos", database, disk, print)
            for member in members:
                parts.callback(member.end)
            print("plan:", *plan, sep="\n  ")
            attack(target, plan, patience=180)
            where = {} if database is None else {"storage": database.url, "files": disk.folder}
            study = open_study("chaos", disk.folder, **where)
            losses = find_losses(study, undisturbed(), target)
            print(make_table([target]), *losses, sep="\n")
            return target, losses

    return run


def test_a_study_ends_as_if_no_worker_had_died_and_no_checkpoint_were_torn(attack_study):
    plan = [
        Step("a worker is killed", 2, 1),
        Step("a worker is frozen past its lease, and wakes", 2, 2),
        Step("a supervisor is killed", 4, 3),
    ]
    target, losses = attack_study(plan, 4, 20, workers=4)
    assert losses == []
    assert target.injected.total() == len(plan)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("machines", [1, 2])
@pytest.mark.parametrize("on_server", [False, True], ids=["sqlite", "postgresql"])
def test_a_study_ends_as_if_no_fault_had_been(attack_study, on_server, machines, seed):
    kinds = [name for name in FAULTS if on_server or "database" not in name]
    plan = draw_plan(SEED + 10 * seed + 2 * on_server + machines, FAULTS_EACH, kinds)
    target, losses = attack_study(plan, 2 + FAULTS_EACH // 4, 60, workers=4, machines=machines, on_server=on_server)
    assert losses == []
    assert target.injected.total() == len(plan)
