"""The attributes of a trial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hpo.studies.store.ledger.attributes import Attribute, Entries, Ledger

_OUTSIDE = "hpo:outside"
CONFIRMS = "hpo:confirms"
ATTEMPTS = "attempts"
"""See `TrialLedger.confirms` and `TrialLedger.attempts`."""


class TrialLedger(Ledger):
    """The attributes of a trial."""

    worker = Attribute[str | None]("worker", None)
    """Who runs it, or ran it last: `HOST:PROCESS`."""
    attempts = Attribute[int](ATTEMPTS, 0)
    """How often it was started."""
    deaths = Attribute[int]("deaths", 0)
    """How many attempts in a row have ended with their workers, and got no further than those before; see
    `has_progress`."""
    cause = Attribute[str | None]("cause", None)
    """Why it failed, or which constraints it breaks: `KIND: MESSAGE`."""
    remark = Attribute[str | None]("remark", None)
    """What ended the training of a complete trial after its best epoch: `KIND: MESSAGE`."""
    accumulation_steps = Attribute[int]("accumulation_steps", 1)
    """In how many parts its batches are computed, since the memory did not suffice for larger ones."""
    rung = Attribute[dict[str, int] | None]("hpo:rung", None)
    """Of a search in rounds: the `bracket` that it is in, the `round`, and the `epochs` of that round."""
    measures = Attribute[dict[str, float] | None]("measures", None)
    """Of the network and of its training, by the metric's name in a file; None before they were taken."""
    best_value = Attribute[float]("best_value", math.nan)
    """The learned objective at its best epoch."""
    best_epoch = Attribute[int]("best_epoch", 0)
    """The epoch of the learned values, counted from 1; 0 where no epoch has ended."""
    last_value = Attribute[float]("last_value", math.nan)
    """The learned objective at the last epoch with a finite value."""
    images_per_second = Attribute[float | None]("images_per_second", None)
    """How fast it trained."""
    repeats = Attribute[list[dict[str, Any]]]("repeats", [])
    """What each of several repeats gave, as a `RepeatResult`: `seed`, `best_epoch`, `best_value`, `last_value`,
    `values` by the objectives (none of a pruned trial) and `is_kept`, whether the model has its weights."""
    classes = Attribute[list[dict[str, Any]]]("classes", [])
    """The figures of each class on the validation part, of version 0.1; they lie beside the model since."""
    outside = Attribute[dict[str, Any] | None](_OUTSIDE, None)
    """Of a trial outside the space, which has changed since: `{params, config, reason}`; it is kept, and not compared
    with others."""
    confirms = Attribute[dict[str, Any] | None](CONFIRMS, None)
    """Of a trial that trains the config of another one again: `{trial, seed, folds, fold}`, that one's number, which of
    the seeds, in how many folds, and which of them is held out; both are None on the study's own split."""
    run = Attribute[dict[str, Any] | None]("run", None)
    """The run of a sweep that the trial is: `id`, `sweep` (ENTITY/PROJECT/ID), `args` (what the sweep has drawn, by its
    names) and `inactive` (parameters that it has drawn in vain)."""
    _history = Attribute[dict[str, list[float | None]]]("history", {})

    @property
    def _epochs(self) -> Entries:
        return Entries(self, "hpo:epoch")

    @property
    def _attempts(self) -> Entries:
        return Entries(self, "hpo:attempt")

    @property
    def attempt_entries(self) -> dict[int, dict[str, Any]]:
        """What is known of each attempt, counted from 1; of those of earlier versions nothing is.

        `worker`, `machine`, `started` and `epochs` (reported before it) are there, `ended` and `cause` at its end, and
        what the worker says of it: among it `reached`, the epochs done and the steps of the one under way in its last
        checkpoint in the middle of an epoch; `gpus`, the share of a GPU that it has, 0 on the CPU; `energy_j`, the
        joules that this share took, where NVML tells and the attempt was not cut off; `trained`, the epochs that were
        trained in it; `prefix`, the `trial` that has trained the first `epochs` in its place.
        `seconds` is how long it took, at its end.
        """
        return {int(identifier): entry for identifier, entry in sorted(self._attempts, key=lambda item: int(item[0]))}

    @property
    def prefix(self) -> dict[str, int] | None:
        """Which `trial` has trained the first `epochs` in the place of this one; None where none has."""
        prefixes = [entry["prefix"] for entry in self.attempt_entries.values() if "prefix" in entry]
        return max(prefixes, key=lambda prefix: prefix["epochs"], default=None)

    def has_progress(self, epochs: int) -> bool:
        """Whether the last attempt has got further than all before it.

        Args:
            epochs: how many were reported, in all attempts.
        """
        entries = self.attempt_entries
        last = entries.pop(self.attempts, {})
        before = max(([last.get("epochs", 0), 0], *(entry.get("reached", [0, 0]) for entry in entries.values())))
        return bool(max([epochs, 0], last.get("reached", [0, 0])) > before)

    def set_attempt(self, attempt: int, entry: Mapping[str, Any]) -> None:
        """Keep what is known of an attempt."""
        self._attempts[attempt] = dict(entry)

    def drop_attempt(self, attempt: int) -> None:
        """Forget the last attempt, whose trial was not begun."""
        self._attempts[attempt] = None
        self.attempts, self.worker = attempt - 1, None

    def set_broken(self, excesses: Mapping[str, float]) -> bool:
        """Keep as the cause which constraints are broken, those exceeded by more than 0; whether any is."""
        broken = [text for text, excess in excesses.items() if excess > 0]
        if broken:
            self.cause = f"infeasible: {'; '.join(broken)}"
        return bool(broken)

    @property
    def epochs(self) -> dict[int, dict[str, Any]]:
        """The epochs that were kept one by one, by their numbers: `metrics` and `seconds`."""
        return {int(identifier): entry for identifier, entry in sorted(self._epochs, key=lambda item: int(item[0]))}

    @property
    def history(self) -> dict[str, list[float | None]]:
        """The metrics of each epoch, by name; None where a value was no finite number, or was not kept.

        Where epochs were kept one by one, they are what there is, also of a trial whose worker was killed.
        """
        epochs = {number: entry["metrics"] for number, entry in self.epochs.items()}
        names = dict.fromkeys(name for metrics in epochs.values() for name in metrics)
        numbers = range(1, max(epochs, default=0) + 1)
        return {name: [epochs.get(number, {}).get(name) for number in numbers] for name in names} or self._history

    @property
    def repeat_histories(self) -> list[dict[str, list[float | None]]]:
        """The history of each repeat, where there are several; an epoch in which it waited is none of its own."""
        epochs = [entry["repeats"] for entry in self.epochs.values() if "repeats" in entry]
        histories: list[dict[str, list[float | None]]] = [{} for _ in (epochs[0] if epochs else ())]
        for metrics_of_repeats in epochs:
            for history, metrics in zip(histories, metrics_of_repeats, strict=True):
                for name, value in (metrics or {}).items():
                    history.setdefault(name, []).append(value)
        return histories

    def set_epoch(
        self,
        epoch: int,
        metrics: Mapping[str, float],
        seconds: float,
        repeats: Sequence[Mapping[str, float] | None] = (),
    ) -> None:
        """Keep one epoch, counted from 1, when it has ended.

        Args:
            epoch: its number.
            metrics: all that was measured.
            seconds: how long it took.
            repeats: the metrics of each repeat, where there are several; None for one that had no such epoch.
        """
        entry: dict[str, Any] = {"metrics": _finite_values(metrics), "seconds": round(seconds, 3)}
        if repeats:
            entry["repeats"] = [None if values is None else _finite_values(values) for values in repeats]
        self._epochs[epoch] = entry

    @property
    def earlier_seconds(self) -> float:
        """How long the epochs took that were reported before the last attempt."""
        count = self.attempt_entries.get(self.attempts, {}).get("epochs", 0) if self.attempts > 1 else 0
        return math.fsum(entry["seconds"] for identifier, entry in self._epochs if int(identifier) <= count)

    def finish_history(self, history: Mapping[str, Sequence[float]], reported: int) -> None:
        """Keep the epochs that were not reported, and forget those that an earlier attempt came to and this one not.

        Args:
            history: the metrics of all epochs, by name.
            reported: how many epochs were kept by `set_epoch` in this attempt.
        """
        epochs = list(zip(*history.values(), strict=True))
        for number, values in enumerate(epochs[reported:], start=reported + 1):
            self.set_epoch(number, dict(zip(history, values, strict=True)), 0.0)
        for identifier, _ in self._epochs:
            if int(identifier) > len(epochs):
                self._epochs[identifier] = None


def is_outside(attributes: Mapping[str, Any]) -> bool:
    """Whether a trial with these attributes lies outside the space, which has changed since."""
    return attributes.get(_OUTSIDE) is not None


def is_confirming(attributes: Mapping[str, Any]) -> bool:
    """Whether a trial with these attributes trains the config of another one again, to confirm it."""
    return attributes.get(CONFIRMS) is not None


def is_searched(attributes: Mapping[str, Any]) -> bool:
    """Whether a trial with these attributes is one of the search: it confirms no other."""
    return not is_confirming(attributes)


def is_candidate(attributes: Mapping[str, Any]) -> bool:
    """Whether a trial with these attributes is compared with others: it was searched for, in the space as it is."""
    return not (is_outside(attributes) or is_confirming(attributes))


def _finite_values(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """Replace values that JSON cannot hold, which knows no NaN."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
