"""What every engine must do with a recipe: each part of the language trains, and averages are what is saved."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

PROGRAM = """
import tempfile
from pathlib import Path

import keras
import numpy as np

from hpo.data import Part, TrialData
from hpo.spaces import Objective
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.training import Completed, Verdict
from hpo.training.network.model import build_model
from hpo.training.trial.trial import run_trial

class Silent:
    limits_cost = False
    def accepts(self, measures): return True
    def report(self, report): return Verdict.CONTINUE
    def must_pause(self): return False

def part(n, seed):
    labels = (np.arange(n) % 3).astype(np.int32)
    noise = np.random.default_rng(seed).integers(0, 150, (n, 8, 8, 1)) + 50 * labels[:, None, None, None]
    return Part(noise.astype(np.uint8), labels)

DATA = TrialData(("dark", "grey", "bright"), part(48, 1), part(30, 2))
LOSS = Objective(metric="val_loss", direction="minimize")
RECIPES = [
    ("optimizer: muon, weight_decay: 0.01, schedule: {cosine: {warmup_epochs: 1}}, gradient_clipping: {norm: 1}", ""),
    ("optimizer: adafactor, schedule: one_cycle, precision: mixed_float16, ema: {momentum: 0.8}", ""),
    ("optimizer: schedule_free_adamw, precision: mixed_bfloat16, class_weights: balanced", ""),
    ("optimizer: lamb, ema: {momentum: 0.8}, metrics: [macro_f1, top_k_accuracy], top_k: 2, label_smoothing: 0.1",
     "augmentation: {mixup: {alpha: 0.3}, cutmix: {alpha: 1}}"),
    ("optimizer: adam, average_last_epochs: 2", "augmentation: {randaugment: {}}"),
    ("optimizer: adam", "augmentation: {shift: 0.1, rotation: 10, zoom: 0.1}"),
    ("optimizer: lion, schedule: {step: {every: 1, factor: 0.5}}, loss: focal, metrics: [macro_f1]", ""),
]
for training, data in RECIPES:
    text = f'''
data: {{<<: {{dataset: digits}}, {data}}}
model: {{family: simple_cnn, depth: 1, filters: 4, dense_units: 4}}
training: {{epochs: 3, batch_size: 16, learning_rate: 0.01, {training}}}
'''
    config = read_spec(rewrite_sections(parse(text, "recipe")), "recipe").config({})
    if keras.backend.backend() == "jax":
        assert build_model(config, DATA).model.jit_compile, data
    outcome = run_trial(config, DATA, [LOSS], 1, Silent())
    assert isinstance(outcome, Completed), (training, outcome)
    history = outcome.learned.history
    assert history["loss"][-1] < history["loss"][0] or "mixup" in data, (training, history)
    if "loss: focal" not in training:
        with tempfile.TemporaryDirectory() as folder:
            outcome.save_model(Path(folder) / "model.keras")
            model = keras.models.load_model(Path(folder) / "model.keras")
        probabilities = model.predict(DATA.validation.images, verbose=0)
        loss = -np.log(probabilities[np.arange(30), DATA.validation.labels]).mean()
        assert np.isclose(loss, outcome.learned.best_value, rtol=5e-3), (training, loss, outcome.learned.best_value)
"""


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["tensorflow", "jax", "torch"])
def test_every_part_of_a_recipe_trains_on_every_engine_that_is_installed(engine: str, monkeypatch: pytest.MonkeyPatch):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    monkeypatch.setenv("KERAS_BACKEND", engine)
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
