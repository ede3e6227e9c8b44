#!/usr/bin/env bash
# sweeps 0.3.0, the engine behind Weights & Biases' sweeps: `early_terminate: {type: hyperband}` is one bracket of
# successive halving. Every run is looked at after min_iter * eta^k steps; no bracket lets some of the runs go on longer
# before the first look, as Hyperband (Li et al., 2018) does with all but one of its brackets.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sweeps==0.3.0
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version
from sweeps import RunState, SweepRun
from sweeps.hyperband_stopping import hyperband_stop_runs

print("sweeps", version("sweeps"))
config = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 3},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}
runs = [
    SweepRun(name=str(rank), state=RunState.running, history=[{"loss": float(rank)}] * 3) for rank in range(27)
]
stopped = hyperband_stop_runs(runs, config)
looks = {tuple(run.early_terminate_info["bands"][:4]) for run in runs}
print("27 runs are looked at after", looks, "steps")
print(f"{len(stopped)} of 27 are stopped at the first look")
assert looks == {(3, 9, 27, 81)}, "runs are looked at after different numbers of steps now"
assert len(stopped) == 17, "another number of runs is stopped at the first look now"
PY
