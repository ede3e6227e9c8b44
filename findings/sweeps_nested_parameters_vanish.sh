#!/usr/bin/env bash
# sweeps 0.3.0, the engine behind Weights & Biases' sweeps: `SweepConfig(config)`, which validates a sweep and fills its
# defaults in, drops nested parameters without a word. The runs of the plain mapping have them, those of the validated
# one do not.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sweeps==0.3.0
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version
from sweeps import SweepConfig, next_runs

print("sweeps", version("sweeps"))
nested = {"parameters": {"name": {"value": "sgd"}, "momentum": {"min": 0.1, "max": 0.9}}}
config = {"method": "random", "parameters": {"lr": {"value": 0.1}, "optimizer": nested}}
plain, validated = (sorted(next_runs(each, [], n=1)[0].config) for each in (config, SweepConfig(config)))
print("a run of the plain mapping has", plain)
print("a run of SweepConfig has", validated)
assert plain == ["lr", "optimizer"], "the plain mapping gives other parameters now"
assert validated == ["lr"], "SweepConfig keeps nested parameters now"
PY
