"""Each benchmark runs, at its smallest size."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
QUICK: dict[str, list[str]] = {
    "analysis/confirmation.py": ["--studies", "1", "--processes", "1"],
    "conversion/sweeps_draws.py": [],
    "search/stopping.py": ["1", "3"],
    "studies/front.py": ["--trials", "20"],
}
"""Those that take a few seconds."""
LONG: dict[str, list[str]] = {
    "studies/large_study.py": ["120"],
    "analysis/importance.py": ["--seeds", "1", "--trials", "30", "--processes", "1"],
    "data/feeding.py": ["20"],
    "gpu/device_check.py": ["--cpu", "--parts", "speed", "--engines", "tensorflow", "--smallest"],
    "training/batches.py": ["--smallest"],
    "training/checkpoints.py": ["64", "2"],
    "training/growth.py": ["1"],
    "training/memory.py": ["tensorflow", "0"],
    "training/repeats.py": ["64", "2", "2"],
    "training/tracking.py": ["64", "1"],
}
"""Those that take longer, most of them to import an engine; a script that is in neither table takes `--smallest`."""
NEEDS = {
    "conversion/sweeps_draws.py": "sweeps",
    "gpu/fused_steps.py": "jax",
    "search/pruners.py": "onnxruntime",
    "search/search_quality.py": "onnxruntime",
}
STARTED = {"studies/sleeping_worker.py"}
"""Those that another one starts."""


def list_scripts() -> list[str]:
    """List the scripts; files without a `main` are parts of another one."""
    files = {str(path.relative_to(FOLDER)): path for path in sorted(FOLDER.rglob("*.py"))}
    scripts = [name for name, path in files.items() if '__name__ == "__main__"' in path.read_text()]
    return [name for name in scripts if name not in STARTED]


@pytest.mark.parametrize(
    "script", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.long]) for name in list_scripts()]
)
def test_a_benchmark_runs_at_its_smallest_size(script: str, tmp_path: Path):
    if script in NEEDS and find_spec(NEEDS[script]) is None:
        pytest.skip(f"{NEEDS[script]} is not installed")
    arguments = {**QUICK, **LONG}.get(script, ["--smallest"])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(FOLDER / script), *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()
