#!/usr/bin/env bash
# sweeps 0.3.0, the engine behind Weights & Biases' sweeps: `q_uniform` from 8 to 104 by 16 is drawn as 16 to 96, since
# each draw is rounded and an end half way between two multiples has probability 0. Under `method: grid` the same
# distribution counts from `min` instead, and never reaches `max`: 1 to 10 by 3 is 1, 4, 7.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sweeps==0.3.0
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version
from sweeps import next_runs
from sweeps.params import HyperParameter

print("sweeps", version("sweeps"))
ends = {"distribution": "q_uniform", "min": 8, "max": 104, "q": 16}
drawn = sorted({int(HyperParameter("x", ends).sample()) for _ in range(20_000)})
print("random, 8 to 104 by 16:", drawn)
grid = {"method": "grid", "parameters": {"x": {"distribution": "q_uniform", "min": 1, "max": 10, "q": 3}}}
crossed = [run.config["x"]["value"] for run in next_runs(grid, [], n=10) if run is not None]
print("grid, 1 to 10 by 3:", crossed)
assert drawn == [16, 32, 48, 64, 80, 96], "random search draws other values now"
assert crossed == [1, 4, 7], "grid search crosses other values now"
PY
