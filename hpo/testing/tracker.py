"""What every tracker has to do: `TrackerContract`, whose subclass says how to read what was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from hpo.catalog import TRACKERS
from hpo.spaces import Objective, load
from hpo.testing.section import undocumented_options
from hpo.tracking import TrackedEpoch, TrackedTrial, Tracker, TrackerSettings, TrialEnding
from hpo.training.measuring.examples import Examples


@dataclass(frozen=True)
class SeenRun:
    """A run as people see it.

    Attributes:
        points: of each metric, step and value in the order in which they are shown.
        params: the parameters, as the tracker has them.
        text: all else that is shown, state and cause among it.
        images: how many there are, the confusion matrix among them.
    """

    points: dict[str, list[tuple[int, float]]]
    params: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    images: int = 0

    def steps(self, metric: str) -> list[int]:
        """The epochs that a metric has values of."""
        return [step for step, _ in self.points.get(metric, [])]


class TrackerContract:
    """What a tracker promises; a subclass sets `name`, the fixture `settings`, and `read_run`.

    A new tracker stands for a new process, as after `hpo resume`.
    """

    name: ClassVar[str]
    """What it is registered under."""

    def read_run(self, settings: TrackerSettings, folder: Path, trial: TrackedTrial) -> SeenRun:
        """Read the run of a trial as people see it, after its tracker was closed."""
        raise NotImplementedError

    @pytest.fixture
    def make(self, settings: TrackerSettings, tmp_path: Path) -> Callable[[], Tracker]:
        """Make the tracker, as a process does."""
        implementation = EntryPoint(self.name, settings.implementation, "hpo.trackers").load()
        return lambda: implementation(settings, tmp_path / self.name)

    @pytest.fixture
    def read(self, settings: TrackerSettings, tmp_path: Path) -> Callable[[TrackedTrial], SeenRun]:
        """Read the run of a trial."""
        return lambda trial: self.read_run(settings, tmp_path / self.name, trial)

    def test_it_is_registered_by_its_settings_which_say_what_each_option_does(self, settings: TrackerSettings):
        assert TRACKERS.get(self.name) is type(settings)
        assert type(settings).__doc__
        assert undocumented_options(type(settings)) == []

    def test_its_options_survive_the_way_through_a_file(self, settings: TrackerSettings):
        options = settings.model_dump(mode="json")
        space = {"data": "digits", "model": "simple_cnn", "tracking": {self.name: options}}
        assert load(space).trackers == {self.name: settings}

    def test_a_run_has_every_metric_of_every_epoch_once(self, make, read):
        trial, tracker = make_trial(), make()
        tracker.begin(trial, 0)
        tracker.log(trial, make_epochs(1, 2))
        tracker.log(trial, make_epochs(3))
        tracker.end(trial, make_ending())
        tracker.close()
        run = read(trial)
        for metric in ("loss", "val_accuracy"):
            expected = [(epoch.epoch, epoch.metrics[metric]) for epoch in make_epochs(1, 2, 3)]
            assert run.points[metric] == [(step, pytest.approx(value)) for step, value in expected]
        assert {"learning_rate", "optimizer", "layers"} <= set(run.params)
        assert float(run.params["learning_rate"]) == pytest.approx(0.001)

    def test_a_value_that_was_no_number_is_left_out_or_is_none_and_breaks_nothing(self, make, read):
        trial, tracker = make_trial(), make()
        tracker.begin(trial, 0)
        tracker.log(
            trial,
            [*make_epochs(1), replace(make_epochs(2)[0], metrics={"loss": None, "val_accuracy": 0.5}), *make_epochs(3)],
        )
        tracker.end(trial, make_ending())
        tracker.close()
        run = read(trial)
        assert [step for step, value in run.points["loss"] if np.isfinite(value)] == [1, 3]
        assert run.steps("val_accuracy") == [1, 2, 3]

    def test_a_trial_that_another_process_goes_on_with_continues_its_run(self, make, read):
        first = make()
        first.begin(make_trial(), 0)
        first.log(make_trial(), make_epochs(1, 2))
        first.end(make_trial(), TrialEnding(state="waiting"))
        first.close()
        again, second = make_trial(attempt=2), make()
        assert second.begin(again, 2) in (None, 2)
        second.log(again, make_epochs(3, 4))
        second.end(again, make_ending())
        second.close()
        assert read(again).steps("loss") == [1, 2, 3, 4]

    def test_of_a_process_that_ended_without_a_word_no_epoch_is_there_twice(self, make, read):
        first = make()
        first.begin(make_trial(), 0)
        first.log(make_trial(), make_epochs(1, 2))
        first.close()
        second = make()
        arrived = second.begin(make_trial(attempt=2), 2)
        second.log(make_trial(attempt=2), make_epochs(*range((2 if arrived is None else arrived) + 1, 5)))
        second.end(make_trial(attempt=2), make_ending())
        second.close()
        assert read(make_trial()).steps("loss") == [1, 2, 3, 4]

    def test_trials_that_run_at_the_same_time_are_runs_of_their_own(self, make, read):
        tracker, trials = make(), [make_trial(number) for number in (3, 4)]
        for trial in trials:
            tracker.begin(trial, 0)
        for epoch in (1, 2):
            for trial in trials:
                tracker.log(trial, make_epochs(epoch, worse=trial.number))
        for trial in trials:
            tracker.end(trial, make_ending())
        tracker.close()
        for trial in trials:
            assert read(trial).points["loss"] == [
                (1, pytest.approx(1.0 + trial.number)),
                (2, pytest.approx(0.5 + trial.number)),
            ]

    @pytest.mark.parametrize("state", ["pruned", "failed", "infeasible"])
    def test_a_run_says_how_its_trial_ended(self, make, read, state):
        trial, tracker = make_trial(), make()
        tracker.begin(trial, 0)
        cause = "nan_loss: the loss is no number" if state != "pruned" else None
        tracker.end(trial, TrialEnding(state=state, cause=cause))
        tracker.close()
        text = read(trial).text
        assert state in text
        assert cause is None or cause in text

    def test_a_run_has_the_values_of_a_complete_trial_and_its_examples(self, make, read):
        trial, tracker = make_trial(), make()
        tracker.begin(trial, 0)
        tracker.log(trial, make_epochs(1))
        tracker.end(trial, make_ending(examples=make_examples()))
        tracker.close()
        run = read(trial)
        assert "complete" in run.text
        assert run.images >= 1 + len(make_examples().images)

    def test_a_failed_trial_that_runs_again_goes_on_in_its_run(self, make, read):
        first = make()
        first.begin(make_trial(), 0)
        first.log(make_trial(), make_epochs(1))
        first.end(make_trial(), TrialEnding(state="failed", cause="error: once"))
        first.close()
        again, second = make_trial(attempt=2), make()
        second.begin(again, 1)
        second.log(again, make_epochs(2))
        second.end(again, make_ending())
        second.close()
        run = read(again)
        assert run.steps("loss") == [1, 2]
        assert "complete" in run.text


def make_trial(number: int = 7, attempt: int = 1) -> TrackedTrial:
    """Make a trial as trackers are told of it."""
    params = {"learning_rate": 0.001, "optimizer": "adam", "layers": 2, "augmentation": None, "residual": True}
    return TrackedTrial(
        study="contract",
        number=number,
        run_id=f"c0ffee-{number}",
        sweep=None,
        params=params,
        config={"engine": "tensorflow", "seed": 0, "training": {"learning_rate": 0.001, "optimizer": "adam"}},
        objectives=(Objective(metric="val_accuracy", direction="maximize"),),
        attempt=attempt,
        worker=None,
    )


def make_epochs(*numbers: int, worse: float = 0.0) -> list[TrackedEpoch]:
    """Make epochs, whose loss is worse by a constant."""
    return [
        TrackedEpoch(epoch=epoch, metrics={"loss": 1 / epoch + worse, "val_accuracy": epoch / 10}, seconds=1.5)
        for epoch in numbers
    ]


def make_ending(examples: Examples | None = None) -> TrialEnding:
    """Make the ending of a complete trial."""
    return TrialEnding(
        state="complete",
        values={"val_accuracy": 0.4},
        best_epoch=4,
        measures={"parameters": 1000.0},
        examples=examples,
    )


def make_examples() -> Examples:
    """Make examples of two classes."""
    draw = np.random.default_rng(0)
    probabilities = draw.random((3, 2), dtype=np.float32)
    return Examples(
        classes=("cat", "dog"),
        confusion=np.array([[3, 1], [0, 2]]),
        images=draw.integers(0, 255, (3, 8, 8, 1), dtype=np.uint8),
        labels=np.array([0, 1, 1], dtype=np.int32),
        probabilities=probabilities / probabilities.sum(axis=1, keepdims=True),
        names=("one.png", "two.png", "three.png"),
    )
