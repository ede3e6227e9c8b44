"""Shared prefixes: a trial that goes on from the checkpoint of another gives what it gives alone, to the last bit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from workers_in_threads import shared_pool

from hpo.studies import Checkpoint, StudyFiles
from hpo.training import Completed, Paused, Pruned

pytestmark = pytest.mark.engine


@dataclass
class OneByOne:
    """The port in memory: trials run one after the other, and all have the same keys."""

    number: int = 0
    phases: int = 1
    is_busy: bool = False
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    reads: list[int] = field(default_factory=list)

    def count_trained(self) -> int:
        return max(self.checkpoints, default=0)

    def read(self, phases: int) -> Checkpoint | None:
        self.reads.append(phases)
        checkpoint = self.checkpoints[phases]
        return replace(checkpoint, about={**checkpoint.about, "trial": 0})

    def save(self, phases: int, checkpoint: Checkpoint) -> None:
        if phases <= self.phases:
            self.checkpoints.setdefault(phases, checkpoint)

    def take_on(self, phases: int) -> bool:
        return not self.is_busy


@pytest.fixture
def train(data, accuracy, watcher, tmp_path):
    """Trains a trial of its own, which may share its prefixes, and gives its last checkpoint as well."""
    from hpo.training.trial.trial import run_trial

    numbers = iter(range(100))

    def train_it(config, prefixes=None, observer=None):
        store = StudyFiles(tmp_path).checkpoints(next(numbers), 1)
        outcome = run_trial(
            config, data, [accuracy], 1, observer or watcher(), checkpoints=store, prefixes=prefixes, pool=shared_pool()
        )
        return outcome, store.latest()

    return train_it


RECIPES = {
    "moving average": (", ema: {momentum: 0.8}", "dropout: 0.3"),
    "repeats": (", repeats: 2, early_stopping: {patience: 1, min_delta: 0.1}", "dropout: 0.3"),
    "plateau": (", schedule: {reduce_on_plateau: {patience: 1, min_delta: 1}}", ""),
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_trial_that_goes_on_from_another_gives_what_it_gives_alone_to_the_last_bit(train, phased, watcher, recipe):
    rest, model = RECIPES[recipe]
    first, second = (
        phased("epochs: 3, optimizer: adam", f"epochs: 2, learning_rate: {rate}", rest=rest, model=model)
        for rate in (0.02, 0.003)
    )
    prefixes, alone, shared = OneByOne(), watcher(), watcher()
    train(first, prefixes)
    (outcome, end), (branched, branched_end) = train(second, observer=alone), train(second, prefixes, shared)
    assert prefixes.reads == [1]
    assert branched.values == outcome.values
    assert branched.learned.history == outcome.learned.history
    assert branched.learned.repeats == outcome.learned.repeats
    assert branched.learned.best_epoch == outcome.learned.best_epoch
    assert branched_end.arrays.keys() == end.arrays.keys()
    for name, array in end.arrays.items():
        assert branched_end.arrays[name].tobytes() == array.tobytes(), name
    told = [(report.epoch, report.epochs, report.value, report.metrics, report.repeats) for report in alone.reports]
    assert told == [(r.epoch, r.epochs, r.value, r.metrics, r.repeats) for r in shared.reports]
    epochs = prefixes.checkpoints[1].epoch
    assert [report.trained_by for report in shared.reports] == [0] * epochs + [None] * (len(told) - epochs)


def test_of_three_phases_a_trial_takes_as_many_as_it_shares(train, phased, watcher):
    prefixes, config = OneByOne(phases=2), phased("epochs: 1", "epochs: 1", "epochs: 1")
    train(config, prefixes)
    assert {phases: checkpoint.epoch for phases, checkpoint in prefixes.checkpoints.items()} == {1: 1, 2: 2}
    del prefixes.checkpoints[2]
    observer = watcher()
    train(config, prefixes, observer)
    assert [report.trained_by for report in observer.reports] == [0, None, None]
    assert prefixes.checkpoints[2].epoch == 2


def test_a_trial_is_pruned_within_the_epochs_of_another(train, phased, watcher):
    prefixes, config = OneByOne(), phased("epochs: 3", "epochs: 1")
    train(config, prefixes)
    outcome, checkpoint = train(config, prefixes, watcher(prune_at=2))
    assert isinstance(outcome, Pruned)
    assert outcome.learned.history["loss"] == prefixes.checkpoints[1].arrays["history/loss"][:2].tolist()
    assert checkpoint is None


def test_a_trial_that_waits_for_another_can_be_paused(train, phased, watcher):
    assert isinstance(train(phased("epochs: 1", "epochs: 1"), OneByOne(is_busy=True), watcher(pause_at=1))[0], Paused)


def test_a_trial_goes_on_when_the_one_that_it_waits_for_has_trained_what_they_share(train, phased, watcher):
    @dataclass
    class Waiting(watcher):
        def must_pause(self):
            if prefixes.is_busy:
                prefixes.is_busy, prefixes.checkpoints = False, trained
            return super().must_pause()

    prefixes, config, observer = OneByOne(), phased("epochs: 1", "epochs: 1"), Waiting()
    train(config, prefixes)
    trained, prefixes.checkpoints, prefixes.is_busy = prefixes.checkpoints, {}, True
    train(config, prefixes, observer)
    assert [report.trained_by for report in observer.reports] == [0, None]


def test_a_trial_with_a_checkpoint_of_its_own_goes_on_from_that(data, accuracy, phased, watcher, tmp_path):
    from hpo.training.trial.trial import run_trial

    prefixes, config = OneByOne(), phased("epochs: 2", "epochs: 1")

    def attempt(number, observer):
        store = StudyFiles(tmp_path).checkpoints(1, number)
        return run_trial(
            config, data, [accuracy], 1, observer, checkpoints=store, prefixes=prefixes, pool=shared_pool()
        )

    attempt(1, watcher(pause_at=8))
    prefixes.is_busy = True
    observer = watcher()
    assert isinstance(attempt(2, observer), Completed)
    assert not prefixes.reads
    assert [report.trained_by for report in observer.reports] == [None] * 3


def test_the_time_that_another_trial_has_taken_counts_as_the_trials_own(train, phased):
    prefixes, config = OneByOne(), phased("epochs: 1", "epochs: 1")
    train(config, prefixes)
    checkpoint = prefixes.checkpoints[1]
    prefixes.checkpoints[1] = replace(checkpoint, about={**checkpoint.about, "duration_s": 1000.0})
    assert train(config, prefixes)[0].learned.measures["duration_s"] > 1000


def test_a_checkpoint_that_does_not_fit_has_the_trial_begin_anew(train, phased, watcher):
    prefixes, config, observer = OneByOne(), phased("epochs: 1", "epochs: 1"), watcher()
    alone = train(config, prefixes)[0]
    checkpoint = prefixes.checkpoints[1]
    arrays = {name: array for name, array in checkpoint.arrays.items() if name != "model/0001"}
    prefixes.checkpoints[1] = replace(checkpoint, arrays=arrays)
    assert train(config, prefixes, observer)[0].learned.history == alone.learned.history
    assert observer.reports[-1].trained_by is None
