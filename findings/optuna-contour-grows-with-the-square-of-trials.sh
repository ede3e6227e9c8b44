#!/usr/bin/env bash
# optuna 5.0.0: each panel of `plot_contour` holds a matrix over the values that trials have of its two parameters, and a
# continuous parameter has as many values as there are trials. So a figure of continuous parameters grows with the
# square of the trials: of three, it has 0.24 million characters of JSON for 50 trials, and 3.1 million for 200.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check optuna==5.0.0 plotly==7.1.0
"$folder/venv/bin/python" -W ignore - <<'PY'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def measure(trials: int) -> tuple[int, int]:
    """The characters of the figure as JSON, and the cells of one of its matrices."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: sum(trial.suggest_float(name, 0, 1) for name in "abc"), n_trials=trials)
    figure = optuna.visualization.plot_contour(study)
    contours = [trace for trace in figure.data if trace.type == "contour"]
    return len(figure.to_json()), max(len(trace.z) * len(trace.z[0]) for trace in contours)


few, many = measure(50), measure(200)
print("optuna", optuna.__version__)
print("50 trials:", f"{few[0]:,} characters, {few[1]:,} cells a panel")
print("200 trials:", f"{many[0]:,} characters, {many[1]:,} cells a panel")
assert 50**2 < few[1] < 60**2 and 200**2 < many[1] < 210**2, "a panel has other matrices now"
assert many[0] > 10 * few[0], "the figure grows otherwise now"
PY
