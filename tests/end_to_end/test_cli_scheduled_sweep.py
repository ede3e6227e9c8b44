"""A sweep of Weights & Biases that hpo's own search decides, from the command line, with a scheduler that is killed."""

from __future__ import annotations

import os
import signal
import subprocess

import psutil
import pytest
from child_processes import find_children
from e2e_command import HPO, SPACE, run_hpo

from hpo import tuning

pytest.importorskip("wandb")
SEARCH = "search: {backend: wandb, method: hpo, project: tests, trials: 4, sampler: random, pruner: none}"


@pytest.mark.engine
@pytest.mark.long
def test_workers_are_agents_of_a_sweep_that_goes_on_when_its_scheduler_was_killed(tmp_path, wandb_server):
    space = SPACE.replace("search: {trials: 4, sampler: random, pruner: none}", SEARCH)
    (tmp_path / "e2e.yaml").write_text(space.replace("[1, 5]", "[1, 2]").replace("epochs: 3", "epochs: 2"))
    command = [HPO, "run", "e2e.yaml", "--workers", "2"]
    environment = {**os.environ, "COLUMNS": "80"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as run:
        lines = []
        while not any("complete" in line for line in lines):
            lines.append(run.stderr.readline())
            assert lines[-1], "".join(lines)
        (scheduler,) = find_children("hpo.search.wandb.scheduler_process", psutil.Process(run.pid))
        scheduler.send_signal(signal.SIGKILL)
        said = "".join([*lines, run.stderr.read()])
        assert run.wait(120) == 128 + signal.SIGINT, said
    assert "Interrupted: the scheduler of the sweep died (signal 9, SIGKILL" in said
    assert "Study e2e is paused; `hpo resume e2e` continues it." in said
    assert "Traceback" not in said
    (sweep,) = wandb_server.sweeps.values()
    assert sweep.state == "RUNNING"
    resumed = run_hpo("resume", "e2e", "--workers", "2", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    (sweep,) = wandb_server.sweeps.values()
    assert sweep.state == "FINISHED"
    trials = tuning.open_study("e2e", tmp_path / "studies").trials()
    assert [trial.state for trial in trials] == ["complete"] * 4
    runs = [wandb_server.runs[name] for name in sweep.runs]
    assert sorted(run.values["trial"] for run in runs) == [0, 1, 2, 3]
    for run in runs:
        trial = trials[run.values["trial"]]
        assert (run.state, run.values["params"]) == ("finished", trial.params)
        assert [row["_step"] for row in run.history if "val_accuracy" in row] == [1, 2]
