"""One space file, whoever decides what to try: the same commands, the same study, the same report."""

from __future__ import annotations

import json
import re

import pytest
from e2e_command import SPACE

from hpo.spaces import load

BACKENDS = ["optuna", "keras_tuner", "wandb"]


@pytest.fixture
def run_on(hpo, tmp_path, engine_here):
    """`run_on(backend)`: `hpo run` of the space with it; each backend has a folder of studies of its own."""
    (tmp_path / "e2e.yaml").write_text(SPACE.replace("{int: [1, 5]}", "1").replace("trials: 4", "trials: 3"))

    def run(backend):
        result = hpo("run", "e2e.yaml", "--backend", backend, "--studies", backend, "--workers", "1")
        assert result.returncode == 0, result.stderr
        return lambda *arguments: hpo(*arguments, "--studies", backend).stdout

    return run


@pytest.mark.engine
@pytest.mark.thorough
def test_a_conditional_space_is_searched_and_reported_alike_by_every_backend(run_on, wandb_server, tmp_path):
    looks, pages = {}, {}
    for backend in BACKENDS:
        look = run_on(backend)
        shown, trials = (json.loads(look(command, "e2e", "--json")) for command in ("show", "trials"))
        space = load(tmp_path / "e2e.yaml").space
        for trial in trials:
            params = trial["params"]
            assert space.fill(lambda parameter, params=params: params[parameter.name])[1] == params
            assert (trial["state"], trial["epochs"]) == ("complete", 3)
        assert len({json.dumps(trial["params"], sort_keys=True) for trial in trials}) == len(trials) == 3
        assert shown["best"]["values"] == [max(trial["values"][0] for trial in trials)]
        looks[backend] = (sorted(shown), sorted(trials[0]), shown["state"], shown["budget"]["used"])
        assert "3 of 3 used: 3 complete" in look("show", "e2e")
        assert "explains these 3 trials" in look("importance", "e2e")
        page = (tmp_path / backend / "e2e" / "reports" / "report.html").read_text()
        pages[backend] = re.findall(r"<h[1-3][^>]*>(.*?)</h", page)
    assert looks["keras_tuner"] == looks["wandb"] == looks["optuna"]
    assert pages["keras_tuner"] == pages["wandb"] == pages["optuna"]
    runs = [run for run in wandb_server.runs.values() if run.history]  # an answer that comes too late has one more
    steps = [[row["_step"] for row in run.history if "val_accuracy" in row] for run in runs]  # a row may be of images
    assert [run.state for run in runs] == ["finished"] * 3
    assert steps == [[1, 2, 3]] * 3
