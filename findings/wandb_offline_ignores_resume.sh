#!/usr/bin/env bash
# wandb 0.31.0, offline: `resume` is ignored in silence. `resume="must"` with an id that no run has succeeds, and each
# process makes a folder of its own that begins at step 0, also where a folder of the same id lies beside it.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check wandb==0.31.0
cd "$folder"
export WANDB_DIR=$folder WANDB_CONFIG_DIR=$folder WANDB_CACHE_DIR=$folder WANDB_DATA_DIR=$folder NETRC=$folder/netrc
export WANDB_ERROR_REPORTING=false
cat > run.py <<'PY'
import wandb

settings = wandb.Settings(silent=True, console="off", disable_git=True)
run = wandb.init(project="p", id="one", mode="offline", resume="must", settings=settings)
step, resumed = run.starting_step, run.resumed
run.log({"loss": 1.0})
run.finish()
print(f"wandb {wandb.__version__}: step {step}, resumed {resumed}")
assert (step, resumed) == (0, False), "an offline run is resumed now"
PY
"$folder/venv/bin/python" run.py
sleep 1.1
"$folder/venv/bin/python" run.py
folders=(wandb/offline-run-*)
echo "folders of run one: ${#folders[@]}"
[ "${#folders[@]}" = 2 ] || { echo "one folder serves both processes now"; exit 1; }
