#!/usr/bin/env bash
# sweeps 0.3.0, the engine behind Weights & Biases' sweeps: `early_terminate` without `strict` is strict, since its
# schema fills true in. A run whose best value so far passes is stopped for its last one; `strict: false` has to be said.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sweeps==0.3.0
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version
from sweeps import RunState, SweepRun, stop_runs

print("sweeps", version("sweeps"))
LOSSES = {"a": [1.0, 5.0], "b": [9.0, 2.0], "c": [9.0, 3.0], "d": [9.0, 4.0]}


def stopped(**options):
    config = {
        "method": "random",
        "metric": {"name": "loss", "goal": "minimize"},
        "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2, **options},
        "parameters": {"x": {"min": 0.0, "max": 1.0}},
    }
    runs = [
        SweepRun(name=name, state=RunState.running, history=[{"loss": loss} for loss in losses])
        for name, losses in LOSSES.items()
    ]
    return sorted(run.name for run in stop_runs(config, runs))


for options in ({}, {"strict": True}, {"strict": False}):
    print(options or "nothing said", "stops", stopped(**options))
assert stopped() == stopped(strict=True) == ["a"], "what is not said is not strict now"
assert stopped(strict=False) == [], "another run is stopped now"
PY
