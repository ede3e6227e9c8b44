#!/usr/bin/env bash
# sweeps 0.3.0, the engine behind Weights & Biases' sweeps: its search by bayes takes every value that is false in Python
# (0, false, null, an empty text) for the first one of a list (`if not _val: continue` in params.py). For
# `values: [true, false]` it cannot tell the two apart; for `values: [-10, 0, 10]` it takes 0 for -10.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sweeps==0.3.0
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version
from sweeps import SweepRun
from sweeps.params import HyperParameterSet

print("sweeps", version("sweeps"))


def positions(values):
    parameters = HyperParameterSet.from_config({"x": {"values": values}})
    runs = [SweepRun(config={"x": {"value": value}}) for value in values]
    return [round(float(row[0]), 3) for row in parameters.normalize_runs_as_array(runs)]


for values in ([True, False], [False, True], [-10, 0, 10], [0, 10, 20]):
    print(values, "are searched at", positions(values))
assert positions([True, False]) == [0.5, 0.5], "true and false are told apart now"
assert positions([-10, 0, 10]) == [0.333, 0.333, 1.0], "0 is told apart from the first value now"
assert positions([False, True]) == [0.5, 1.0]
PY
