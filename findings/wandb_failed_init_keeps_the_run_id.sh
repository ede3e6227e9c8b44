#!/usr/bin/env bash
# wandb 0.31.0: a `wandb.init` that fails, since the server does not answer, leaves its run id in use. The same process
# cannot begin that run later, also when the server is back: "run ID ... is in use", until `wandb.teardown()`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check wandb==0.31.0
cd "$folder"
export WANDB_DIR=$folder WANDB_CONFIG_DIR=$folder WANDB_CACHE_DIR=$folder WANDB_DATA_DIR=$folder NETRC=$folder/netrc
env WANDB_BASE_URL=http://127.0.0.1:9 WANDB_API_KEY="$(printf 'x%.0s' {1..40})" WANDB_ERROR_REPORTING=false \
    "$folder/venv/bin/python" - <<'PY'
import wandb

print("wandb", wandb.__version__)


def begin():
    """Begin the run, at a port where nobody listens; returns the error."""
    settings = wandb.Settings(init_timeout=2, silent=True, console="off", disable_git=True)
    try:
        wandb.init(project="p", id="one", resume="allow", settings=settings)
    except Exception as error:
        return str(error).splitlines()[0]


answers = [begin(), begin()]
wandb.teardown()
answers.append(begin())
wandb.teardown()
for answer in answers:
    print("-", answer)
assert "in use" not in answers[0], "the first run could not be tried"
assert "run ID one is in use" in answers[1], "the run's id is free again now"
assert "in use" not in answers[2], "the run's id is kept beyond the teardown now"
PY
