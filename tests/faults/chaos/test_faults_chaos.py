"""Nothing is lost: studies whose processes, disks and databases an adversary attacks end as if nothing had happened."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from functools import cache

import pytest
from chaos_adversary import FAULTS, LEASE, Step, Target, draw_plan
from chaos_machines import Machine, mount_disk, run_database
from chaos_verdict import find_losses, make_table
from s3_server import Line

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
FAULTS_EACH = int(os.environ.get("CHAOS_FAULTS", "50"))
ONLY = os.environ.get("CHAOS_ONLY", "")
"""A regular expression: other faults are left out."""
WORKERS = 4


def make_machine(folder, trials, epochs, *options, **variables):
    """A machine that leads a study of so many trials and epochs."""
    machine = Machine(folder, "run", "--space", "chaos.yaml", *options, **variables)
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
def attack_study(tmp_path, start_undisturbed, request):
    """Attacks a study by a plan; gives how many faults were done before it was finished, and what was lost."""

    def run(plan, trials, epochs, *, storage="sqlite", machines=1, workers=WORKERS):
        undisturbed = start_undisturbed(trials, epochs)
        folder = tmp_path / f"study-{len(list(tmp_path.iterdir())) + 1}"
        folder.mkdir()
        with ExitStack() as parts:
            disk, database, line = parts.enter_context(mount_disk(folder / "disk")), None, None
            place, variables = {"studies": str(folder / "disk")}, {}
            if storage != "sqlite":
                database = parts.enter_context(run_database())
                place |= {"storage": database.url, "files": str(folder / "disk")}
            if storage == "postgresql, s3":
                place["files"] = f"{request.getfixturevalue('s3_url')}/{folder.name}"
                disk, line = None, Line(request.getfixturevalue("s3_port"))
                parts.callback(line.close)
                variables = {"AWS_ENDPOINT_URL": line.url}  # of machines alone: the verdict is not to be cut off
            options = [text for name, value in place.items() for text in (f"--{name}", value)]
            options, where = [*options, "--workers", str(workers // machines)], options
            members = [make_machine(folder / "machine-1", trials, epochs, *options, **variables)]
            for number in range(2, machines + 1):
                members.append(Machine(folder / f"machine-{number}", "worker", "chaos", *options, **variables))
            for member in members:
                parts.callback(member.end)
            print("plan:", *plan, sep="\n  ")
            target = Target(members, database, disk, line, where, print)
            target.attack(plan, lambda: open_study("chaos", **place), patience=180)
            losses = find_losses(target, undisturbed())
            print(make_table(target), *losses, sep="\n", flush=True)
            return target.injected.total(), losses

    return run


def test_a_study_ends_as_if_no_worker_had_died_and_no_checkpoint_were_torn(attack_study):
    plan = [
        Step("a checkpoint is torn, and its worker killed", 4, 1),
        Step("a worker is frozen past its lease, and wakes", 0, 2),
        Step("a supervisor is killed", 4, 3),
    ]
    assert attack_study(plan, 3, 20, workers=2) == (len(plan), [])  # each worker imports an engine


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("machines", [1, 2])
@pytest.mark.parametrize("storage", ["sqlite", "postgresql", "postgresql, s3"])
def test_studies_end_as_if_no_fault_had_been(attack_study, tmp_path, storage, machines):
    left_out = {"sqlite": ["database", "object store"], "postgresql": ["object store"], "postgresql, s3": ["the disk"]}
    with mount_disk(tmp_path / "small") as disk:
        words = [*left_out[storage], *([] if disk else ["disk"])]
    kinds = [fault for fault in FAULTS if re.search(ONLY, fault) and not any(word in fault for word in words)]
    plan = draw_plan(10 * SEED + 3 * machines + len(storage), FAULTS_EACH, kinds)
    while plan:  # as many studies as it takes
        count, losses = attack_study(plan, 5, 60, storage=storage, machines=machines)
        assert losses == []
        plan = plan[count:]
