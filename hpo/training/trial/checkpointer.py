"""The checkpoints of one trial: what is in them, when one is due, and which one the trial goes on from."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from hpo.data import TrialData
from hpo.processes.environment import thread_count
from hpo.spaces import Config, Objective, Recipe
from hpo.spaces.sections.keys import KEYS
from hpo.spaces.spec.config import POLICIES
from hpo.studies import Checkpoint, TrialCheckpoints
from hpo.training.outcome import EpochReport, History, Prefixes
from hpo.training.trial.repeat import epochs_of
from hpo.training.trial.session import TrialSession
from hpo.training.trial.variables import Arrays, group, join_repeats, split_repeats

_FORMAT = 1
"""Of what is in a checkpoint; it is part of the identity."""
_LEFT_OUT: dict[str, dict[str, Any]] = {
    "data": {"cache_augmented": True, "augmentation": set(POLICIES), "test_time_augmentation": True},
    "model": {"weights": True},
    "training": {"repeats": True, "learning_rates": True, "average_last_epochs": True},
}
"""Of the sections of a config: where weights lie; how a trained model predicts; and what has the identity of earlier
versions where it is left out, or 1."""
_log = logging.getLogger("hpo.training")


class TimeIsUp(Exception):  # noqa: N818 - a signal, no error
    """Leaves `fit` when the trial has taken as long as it may."""


class Checkpointer:
    """Takes the checkpoints of one trial.

    Attributes:
        start: the checkpoint that the trial goes on from; None where it begins.
        accumulation_steps: in how many parts batches are computed.
        time_limit: how many seconds the trial may take in all; None for as many as it does.
        prefixes: by which it shares its first phases with other trials; None where it does not.
    """

    time_limit: float | None = None
    prefixes: Prefixes | None = None

    def __init__(
        self,
        store: TrialCheckpoints | None,
        config: Config,
        data: TrialData,
        seed: int,
        accumulation_steps: int = 1,
    ) -> None:
        """Look for a checkpoint of this trial.

        Args:
            store: has the checkpoints; None where none are to be taken.
            config: what is trained. A checkpoint of another one is not used, nor one of another engine or data.
            data: what it is trained on.
            seed: of the trial.
            accumulation_steps: in how many parts batches are computed; it may have been another number before.
        """
        self._store = store
        self.accumulation_steps = accumulation_steps
        self._identity = identify(config, data, seed)
        self._every = config.training.checkpoint.every
        self.start: Checkpoint | None = None
        self._earlier_s = 0.0
        self._began = self._last = time.monotonic()
        self._find()

    @property
    def duration(self) -> float:
        """Seconds that the trial has taken, in all attempts; of earlier ones, up to their last checkpoint."""
        return self._earlier_s + time.monotonic() - self._began

    def check_time(self) -> None:
        """Check that the trial may go on.

        Raises:
            TimeIsUp: it has taken as long as it may.
        """
        if self.time_limit is not None and self.duration > self.time_limit:
            raise TimeIsUp(f"it may train for {self.time_limit:g} s in all (recovery.trial_timeout)")

    @property
    def is_due(self) -> bool:
        """Whether an epoch has gone on for so long that a checkpoint is taken in the middle of it."""
        return self._store is not None and self._every is not None and time.monotonic() - self._last >= self._every

    def begin_anew(self, reason: str) -> None:
        """Forget the checkpoint that the trial was to go on from, and say why; it shares nothing then."""
        number = None if self._store is None else self._store.number
        _log.info("trial %s begins anew: its checkpoint %s", number, reason)
        self.start, self.prefixes, self._earlier_s = None, None, 0.0

    def start_from(self, checkpoint: Checkpoint | None) -> None:
        """Begin with the checkpoint of another trial, whose time counts as if this one had taken it."""
        self.start = checkpoint
        self._earlier_s = 0.0 if checkpoint is None else checkpoint.about["duration_s"]
        self._began = time.monotonic()

    def hand_over(self) -> Checkpoint | None:
        """Give the checkpoint that the trial goes on from, and let go of its arrays."""
        checkpoint, self.start = self.start, None
        return checkpoint

    def open_session(self, recipe: Recipe, objectives: Sequence[Objective]) -> TrialSession:
        """Give the state of the training, with the epochs of it that are done; for those of others, see `replay`."""
        if self.start is None or "trial" in self.start.about:
            return TrialSession(recipe, objectives)
        histories = _read_histories(self.start, recipe.repeats)
        return TrialSession(recipe, objectives, histories, self.start.about["seconds"])

    def take(
        self,
        session: TrialSession,
        read_repeats: Callable[[], Sequence[Arrays]],
        *,
        step: int,
        epoch_s: float,
        report: EpochReport | None,
    ) -> None:
        """Keep all that the trial needs to go on from here, where checkpoints are taken.

        Args:
            session: knows the epochs so far.
            read_repeats: reads the numbers of each repeat; see `read_training`.
            step: steps done of the epoch under way, by all repeats together; 0 between epochs.
            epoch_s: seconds that those took.
            report: of the last epoch.
        """
        if self._store is None:
            return
        histories = [
            {f"history/{name}": np.array(values, np.float64) for name, values in repeat.history.items()}
            for repeat in session.repeats
        ]
        arrays = join_repeats([{**numbers, **past} for numbers, past in zip(read_repeats(), histories, strict=True)])
        about: dict[str, Any] = {
            "identity": self._identity,
            "seconds": session.seconds,
            "epoch_s": epoch_s,
            "duration_s": self.duration,
            "accumulation_steps": self.accumulation_steps,
            "threads": thread_count(keras.backend.backend()),
        }
        if report is not None:
            names = ("epochs", "images_per_second", "seconds")
            about["report"] = {name: getattr(report, name) for name in names}
        checkpoint = Checkpoint(session.epoch, step, arrays, about)
        self._store.save(checkpoint)
        if self.prefixes is not None and session.has_ended_phase and not step:
            self.prefixes.save(session.phase, checkpoint)
        self._last = time.monotonic()

    def _find(self) -> None:
        """Take the last checkpoint, if it is one of this training."""
        if self._store is None:
            return
        if (checkpoint := self._store.latest()) is None:
            if self._store.attempt > 1:
                _log.info("trial %d begins at its first epoch: no checkpoint of it is here", self._store.number)
            return
        if checkpoint.about.get("identity") != self._identity:
            self.begin_anew("is of another config, engine, seed or data")
            return
        self.start, self._earlier_s = checkpoint, checkpoint.about["duration_s"]
        earlier, now = checkpoint.about["threads"], thread_count(keras.backend.backend())
        digits = "" if earlier == now else f", with {now} threads in place of {earlier}: its digits may differ"
        steps = f" after {checkpoint.step} of its steps" if checkpoint.step else ""
        _log.info("trial %d resumes in epoch %d%s%s", self._store.number, checkpoint.epoch + 1, steps, digits)


def report_in(checkpoint: Checkpoint, session: TrialSession) -> EpochReport:
    """Make the report of the last epoch before a checkpoint anew."""
    metrics = {name: values[-1] for name, values in session.history.items()}
    return EpochReport(
        session.epoch,
        value=session.last_value,
        metrics=metrics,
        repeats=session.reported_repeats,
        is_restored=True,
        **checkpoint.about["report"],
    )


def replay(checkpoint: Checkpoint, session: TrialSession) -> Iterator[EpochReport]:
    """Have a session that is at its beginning take in the epochs of another trial, and give the report of each.

    The seconds and the speed of an epoch are the mean of all, and that of the last.
    """
    histories = _read_histories(checkpoint, len(session.repeats))
    repeats = [epochs_of(history) for history in histories]
    seconds = checkpoint.about["seconds"] / checkpoint.epoch
    max_epochs = session.max_epochs
    while (metrics := next(repeats[session.turn], None)) is not None:
        if session.record(metrics, seconds):
            yield EpochReport(
                session.epoch,
                max_epochs,
                session.last_value,
                checkpoint.about["report"]["images_per_second"],
                {name: values[-1] for name, values in session.history.items()},
                seconds,
                session.reported_repeats,
                is_restored=True,
                trained_by=checkpoint.about["trial"],
            )
            max_epochs = session.max_epochs


def _read_histories(checkpoint: Checkpoint, repeats: int) -> list[History]:
    """Read the metrics of every epoch of each repeat."""
    return [
        {name: values.tolist() for name, values in group(arrays, "history").items()}
        for arrays in split_repeats(checkpoint.arrays, repeats)
    ]


def identify(config: Config, data: TrialData, seed: int) -> str:
    """Digest what decides the numbers of a training; where data and weights lie is left out."""
    sections = {key: getattr(config, key) for key in ("data", "model", "training")}
    plain = {
        key: section.model_dump(mode="json", exclude={**dict.fromkeys(KEYS[key].free, True), **_LEFT_OUT.get(key, {})})
        for key, section in sections.items()
    }
    counts = len(data.train), len(data.validation)
    parts: list[object] = [_FORMAT, keras.backend.backend(), seed, plain, data.classes, data.input_shape, counts]
    if config.training.repeats > 1:
        parts.append(config.training.repeats)
    if config.training.learning_rates is not None:
        parts.append({"learning_rates": config.training.learning_rates.model_dump(mode="json")})
    if config.training.average_last_epochs is not None:
        parts.append({"average_last_epochs": config.training.average_last_epochs})
    policies = {name: getattr(getattr(config.data, "augmentation", None), name, None) for name in POLICIES}
    if any(policies.values()):
        parts.append({name: policy and policy.model_dump(mode="json") for name, policy in policies.items()})
    if (versions := getattr(config.data, "cache_augmented", None)) is not None:
        parts.append({"cache_augmented": versions})
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
