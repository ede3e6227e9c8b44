"""Configs, small data and an observer for trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from workers_in_threads import shared_pool

from hpo.data import Part, TrialData
from hpo.spaces import Config, Objective, Recipe
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse, plain_value
from hpo.training import EpochReport, Verdict


@dataclass
class Watcher:
    """An observer that remembers, and that prunes or pauses when it is told to."""

    prune_at: int | None = None
    """The epoch after which the trial is pruned."""
    pause_at: int | None = None
    """The question, counted from 1, to which the answer is to pause."""
    limits_cost: bool = False
    """Whether it may refuse a network for its cost."""
    is_feasible: bool = True
    """What it says of the network's cost."""
    reports: list[EpochReport] = field(default_factory=list)
    measures: list[dict[str, float]] = field(default_factory=list)
    """What it was asked about, each time."""
    asked: int = 0

    def accepts(self, measures: Mapping[str, float]) -> bool:
        assert not self.reports, "a network is judged before it is trained"
        self.measures.append(dict(measures))
        return self.is_feasible

    def report(self, report: EpochReport) -> Verdict:
        self.reports.append(report)
        return Verdict.PRUNE if report.epoch == self.prune_at else Verdict.CONTINUE

    def must_pause(self) -> bool:
        self.asked += 1
        return self.pause_at is not None and self.asked >= self.pause_at


@pytest.fixture
def watcher() -> type[Watcher]:
    return Watcher


@pytest.fixture
def config_of() -> Callable[..., Config]:
    """Makes a config; each section's options are YAML text."""

    def make(training: str = "", model: str = "", data: str = "") -> Config:
        text = (
            f"data: {{<<: {{dataset: digits}}, {data}}}\n"
            f"model: {{<<: {{family: simple_cnn, depth: 1, filters: 2, dense_units: 4}}, {model}}}\n"
            f"training: {{<<: {{epochs: 2, batch_size: 16, learning_rate: 0.01, optimizer: sgd}}, {training}}}\n"
        )
        return read_spec(rewrite_sections(parse(text, "test.yaml")), "test").config({})

    return make


@pytest.fixture
def phased(config_of):
    """Makes a config with phases, whose epochs are said by them alone."""

    def make(*said: str, rest: str = "", model: str = "", data: str = ""):
        phases = ", ".join(f"{{{phase}}}" for phase in said)
        text = f"phases: [{phases}], batch_size: 16, learning_rate: 0.01, optimizer: sgd{rest}"
        training = Recipe.model_validate(plain_value(parse("{" + text + "}", "test.yaml")))
        return replace(config_of("", model, data), training=training)

    return make


@pytest.fixture
def data() -> TrialData:
    """Two classes of noise, one of them brighter: 64 images to train on, 30 to be compared on."""

    def part(n: int, seed: int) -> Part:
        random = np.random.default_rng(seed)
        labels = (np.arange(n) % 2).astype(np.int32)
        noise = random.integers(0, 200, (n, 8, 8, 1)) + 55 * labels[:, None, None, None]
        return Part(noise.astype(np.uint8), labels)

    return TrialData(("dark", "bright"), part(64, 1), part(30, 2))


@pytest.fixture
def run(data, accuracy, watcher):
    """Runs a trial, by default to its end with seed 1; where a model is equal, it is one that an earlier test has left.

    Such an outcome is saved before the next trial begins; `pool=None` gives one that has a model of its own.
    """
    from hpo.training.trial.trial import run_trial

    def run_it(config, *, seed=1, observer=None, objective=accuracy, objectives=None, on=data, **options):
        options = {"pool": shared_pool(), **options}
        return run_trial(config, on, objectives or (objective,), seed, observer or watcher(), **options)

    return run_it


@pytest.fixture
def accuracy() -> Objective:
    return Objective(metric="val_accuracy", direction="maximize")


@pytest.fixture
def loss() -> Objective:
    return Objective(metric="val_loss", direction="minimize")
