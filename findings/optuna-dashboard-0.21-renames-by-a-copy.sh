#!/usr/bin/env bash
# optuna-dashboard 0.21.0: a rename makes a new study with another id, copies the trials and deletes the old study. A
# process that is in the middle of a trial gets KeyError for what it reports next.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check optuna==5.0.0 optuna-dashboard==0.21.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import io
import json
from importlib.metadata import version

import optuna
import optuna_dashboard

optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.RDBStorage("sqlite:///study.db")
study = optuna.create_study(study_name="old", storage=storage)
trial = study.ask()
trial.report(1.0, 0)
body = json.dumps({"study_name": "new"}).encode()
answer: list[str] = []
environ = {
    "REQUEST_METHOD": "POST", "PATH_INFO": f"/api/studies/{study._study_id}/rename", "SCRIPT_NAME": "",
    "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
    "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http", "SERVER_NAME": "localhost", "SERVER_PORT": "8080",
}
list(optuna_dashboard.wsgi("sqlite:///study.db")(environ, lambda status, headers, error=None: answer.append(status)))
studies = {entry.study_name: entry._study_id for entry in storage.get_all_studies()}
try:
    trial.report(2.0, 1)
    outcome = "nothing"
except KeyError as error:
    outcome = f"KeyError: {error}"
print("optuna-dashboard", version("optuna-dashboard"), "answers", answer[0])
print("studies:", studies, "where there was:", {"old": study._study_id})
print("the running trial gets", outcome)
assert answer[0].startswith("201"), "the route answers otherwise now"
assert list(studies) == ["new"] and studies["new"] != study._study_id, "a study keeps its id now"
assert outcome.startswith("KeyError"), "a running trial goes on now"
PY
