"""Reading a space file starts no deep-learning engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

READ = """\
import sys

import hpo
from hpo.spaces import bundled_spaces

hpo.load("quickstart.yaml")
for name in bundled_spaces():
    spec = hpo.load(name, ["data.path=."] if name == "own_images.yaml" else [])
    hpo.spaces.parse_spec(spec.to_json(), "study")
    for _, params in spec.space.corners():
        spec.config(params)
try:
    hpo.load("quickstart.yaml", ["training.epochs=0"])
except hpo.UserError:
    print(sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_reading_a_file_imports_no_engine():
    done = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)
    loaded = done.stdout
    assert "'hpo'" in loaded
    for engine in ("tensorflow", "keras", "jax", "torch"):
        assert f"'{engine}'" not in loaded


@pytest.mark.parametrize("module", ["hpo", "hpo.spaces", "hpo.catalog", "hpo.errors"])
def test_importing_the_language_imports_no_heavy_library(module):
    script = f"import sys, {module}; print(sorted({{name.partition('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    for library in ("tensorflow", "keras", "jax", "torch", "optuna", "sklearn", "plotly", "numpy"):
        assert f"'{library}'" not in loaded
