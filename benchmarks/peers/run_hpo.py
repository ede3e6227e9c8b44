"""The comparison's hpo: `hpo run` of a space that begins with the configs."""

import json
import subprocess
import sys
from pathlib import Path

from workload import HPO_OPTIONS, read_workload, tell

workload = read_workload()
first = workload.configs[0]
choices = {name: sorted({config[name] for config in workload.configs}) for name in first}
options = {name: values[0] if len(values) == 1 else {"choice": values} for name, values in choices.items()}
training = {"epochs": workload.epochs, "batch_size": workload.batch_size, "optimizer": "adam"}
varied = [name for name, values in choices.items() if len(values) > 1]
space = {
    "study": "bench",
    "data": {"dataset": "npz", "path": str(workload.data), "normalization": "unit"},
    "model": {
        **HPO_OPTIONS[first["family"]],
        **{name: value for name, value in options.items() if name != "learning_rate"},
    },
    "training": {**training, "learning_rate": options["learning_rate"]},
    "search": {"trials": len(workload.configs), "sampler": "random", "pruner": "none"},
    "start_from": [{name: config[name] for name in varied} for config in workload.configs],
}
path = workload.folder / "space.yaml"
path.write_text(json.dumps(space))
command = [str(Path(sys.executable).with_name("hpo")), "run", str(path), "--studies", str(workload.folder), "--json"]
process = subprocess.Popen([*command, "--workers", str(workload.workers)], stdout=subprocess.PIPE, text=True)
assert process.stdout is not None  # noqa: S101 - a pipe
begun = False
for line in process.stdout:
    event = json.loads(line).get("type")
    if event == "TrialStarted" and not begun:
        begun = True
        tell("begin")
    elif event == "TrialEnded":
        tell("trial")
sys.exit(process.wait())
