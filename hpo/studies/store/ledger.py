"""The ledger: every attribute that hpo keeps of studies and trials beside the tables of Optuna, written and read here.

What grows is one attribute an entry (`hpo:session:ID`), so that two processes that write at once lose nothing of each
other's, and that each stays small: MySQL holds 64 kB in one. Studies of version 0.1 have it in one list or mapping
(`hpo:sessions`), which is read beside the entries.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")
_OUTSIDE = "hpo:outside"
CONFIRMS = "hpo:confirms"
"""See `TrialLedger.confirms`."""
SPEC = "hpo:spec"
"""What every study of hpo's has, and no other; see `StudyLedger.spec`."""
SetAttribute = Callable[[str, Any], object]
"""Writes one attribute; None in place of a value means that there is none."""

# Attributes of the system, under names of Optuna's and of samplers.
CMAES_GENERATION = "hpo:cmaes_generation"
FIXED = "fixed_params"
"""What a trial that waits shall have."""
CONSTRAINT = "constraints:"
"""Begins names; by how much a trial breaks a constraint."""
MEMORY = "fits in memory"
"""The constraint that is broken by a config for which the memory did not suffice."""
RETRIED = "hpo:retried"
"""Of trials that ran again after they had failed: Optuna takes an ended trial for unchangeable."""
NSGA2_GENERATION, NSGA2_PARENTS = "NSGAIISampler:generation", "NSGAIISampler:parent:"
"""Who descends from whom, in a trial and, as the beginning of names, in the study."""


def _refuse(key: str, value: object) -> NoReturn:
    raise TypeError(f"a ledger that is only read does not take {key}")


class _Ledger:
    def __init__(self, attributes: Mapping[str, Any], set_attribute: SetAttribute = _refuse) -> None:
        """Read attributes, and write by `set_attribute`; what is written is not read from this object."""
        self.attributes = attributes
        self.set_attribute = set_attribute


class _Attribute(Generic[T]):
    """One attribute, read and set as a property of a ledger."""

    def __init__(self, key: str, default: T) -> None:
        self._key = key
        self._default = default

    def __get__(self, ledger: _Ledger, owner: type[_Ledger]) -> T:
        value: T | None = ledger.attributes.get(self._key)
        return self._default if value is None else value

    def __set__(self, ledger: _Ledger, value: T) -> None:
        ledger.set_attribute(self._key, value)


class _Entries:
    """Attributes of one kind, each under an id of its own."""

    def __init__(self, ledger: _Ledger, kind: str) -> None:
        self._ledger = ledger
        self._prefix = f"{kind}:"

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Give ids, in their order, and values."""
        attributes = self._ledger.attributes
        for key in sorted(key for key in attributes if key.startswith(self._prefix)):
            if attributes[key] is not None:
                yield key.removeprefix(self._prefix), attributes[key]

    def __setitem__(self, identifier: object, value: object) -> None:
        self._ledger.set_attribute(f"{self._prefix}{identifier}", value)


class StudyLedger(_Ledger):
    """The attributes of a study."""

    spec = _Attribute[str](SPEC, "")
    """The space file, as `StudySpec.to_json` gives it; written last, so a study without it was not made to its end."""
    budget = _Attribute[dict[str, Any]]("hpo:budget", {})
    """What the study may do in all: `{trials, timeout}`, the latter in seconds or None; written first."""
    data = _Attribute[dict[str, Any] | None]("hpo:data", None)
    """What was read of the data set, as `DataSummary.to_json` gives it."""
    is_exhausted = _Attribute[bool]("hpo:exhausted", False)
    """Whether a search has found no config that is not tried, or is over."""
    end = _Attribute[str | None]("hpo:end", None)
    """Why a search is over that has not tried every config, as a sentence without its full stop."""
    has_rounds = _Attribute[bool]("hpo:has_rounds", False)
    """Whether a search in rounds may promote trials that are pruned."""
    pause = _Attribute[str | None]("hpo:pause", None)
    """Changes whenever all who work on the study are asked to pause: when, and after a space why, if somebody told."""
    sweep = _Attribute[dict[str, str] | None]("hpo:sweep", None)
    """The sweep of Weights & Biases that decides what to try: `path`, ENTITY/PROJECT/ID, and of one that was created
    for the study `digest`, what it searches."""
    tracking_id = _Attribute[str | None]("hpo:tracking_id", None)
    """What the ids of runs begin with under which trackers show the trials; None while none has."""
    claimable = _Attribute[list[int] | None]("hpo:claimable", None)
    """The only trials that may be run, by number; None where all may, and new ones begin."""
    confirmation = _Attribute[dict[str, Any] | None]("hpo:confirmation", None)
    """What is confirmed: `{trials, seeds, folds}`: numbers, with how many seeds, and in how many folds, or None."""
    confirmed = _Attribute[dict[str, Any] | None]("hpo:confirmed", None)
    """What a confirmation has come to when it read the test part: `{trial, runs, date}`; it does so once."""
    alert_rules = _Attribute[list[str]]("hpo:alert_rules", [])
    """The rules of alerts that were on when a run last began to lead."""
    _origin = _Attribute[dict[str, int] | None]("hpo:carried", None)
    _old_sessions = _Attribute[list[dict[str, Any]]]("hpo:sessions", [])
    _old_scores = _Attribute[dict[str, dict[str, Any]]]("hpo:test_scores", {})
    _old_fingerprints = _Attribute[dict[str, str] | None]("hpo:fingerprints", None)

    def __init__(self, attributes: Mapping[str, Any], set_attribute: SetAttribute = _refuse) -> None:
        """See `_Ledger`."""
        super().__init__(attributes, set_attribute)
        self._sessions = _Entries(self, "hpo:session")
        self._scores = _Entries(self, "hpo:test_score")
        self._fingerprints = _Entries(self, "hpo:fingerprint")
        self._repeats = _Entries(self, "hpo:repeat")
        self._alerts = _Entries(self, "hpo:alert")
        self._alert_rates = _Entries(self, "hpo:alert_rate")
        self._tracked = _Entries(self, "hpo:tracked")

    @property
    def trials_before_change(self) -> int | None:
        """How many trials there were when the space last changed; None while it has not."""
        return None if self._origin is None else self._origin["trials"]

    def change_spec(self, spec: str, trials: int) -> None:
        """Keep a file that searches another space, and how many trials there are from before."""
        self.spec, self._origin = spec, {"trials": trials}
        self.is_exhausted, self.end = False, None

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """One entry for each time that the study was worked on, the earliest first."""
        return [*self._old_sessions, *(entry for _, entry in self._sessions)]

    @property
    def worked_seconds(self) -> float:
        """How long the search has worked in all, without the sessions that only confirmed what it had found."""
        return math.fsum(session["worked_s"] for session in self.sessions if not session.get("confirms"))

    @property
    def is_time_spent(self) -> bool:
        """Whether it was worked on for as long as it may be."""
        timeout: float | None = self.budget["timeout"]
        return timeout is not None and self.worked_seconds >= timeout

    @staticmethod
    def new_session() -> str:
        """Make an id for a session: later ones sort behind earlier ones, and no two processes get the same."""
        return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.urandom(4).hex()}"

    def set_session(self, identifier: str, entry: Mapping[str, Any]) -> None:
        """Keep what a session ran on and how long it has worked."""
        self._sessions[identifier] = dict(entry)

    @property
    def tracked(self) -> dict[int, dict[str, Any]]:
        """What trackers have been sent of each trial, by its number and the name of the tracker.

        `epoch` is the last one, `attempt` that of the last call, `state` that of the trial when its run was closed.
        """
        return {int(number): entry for number, entry in self._tracked}

    def set_tracked(self, number: int, entry: Mapping[str, Any]) -> None:
        """Keep what each tracker has been sent of a trial."""
        self._tracked[number] = dict(entry)

    @property
    def alerts(self) -> dict[str, dict[str, Any]]:
        """What became of each alert, by its key; `state` is `claimed`, `sent`, `held` or `known`."""
        return dict(self._alerts)

    def set_alert(self, key: str, entry: Mapping[str, Any]) -> None:
        """Keep what became of an alert."""
        self._alerts[key] = dict(entry)

    @property
    def alert_rates(self) -> dict[str, dict[str, Any]]:
        """When the last alert of each rule was sent (`last`, seconds since 1970), and how many were `held` since."""
        return dict(self._alert_rates)

    def set_alert_rate(self, rule: str, last: float, held: int) -> None:
        """Keep when the last alert of a rule was sent, and how many were held back since."""
        self._alert_rates[rule] = {"last": last, "held": held}

    @property
    def repeats(self) -> dict[str, dict[str, Any]]:
        """Runs of sweeps that have the config of a trial, which is not trained again, by their ids.

        `trial` is its number; the rest is that of `TrialLedger.run`.
        """
        return dict(self._repeats)

    def add_repeat(self, run: Mapping[str, Any], trial: int) -> None:
        """Keep that a run of a sweep has the config of a trial."""
        self._repeats[run["id"]] = {**run, "trial": trial}

    @property
    def test_scores(self) -> dict[int, dict[str, Any]]:
        """Scores on the test part, by the number of the trial."""
        scores = {**self._old_scores, **dict(self._scores)}
        return {number: scores[str(number)] for number in sorted(map(int, scores))}

    def set_test_score(self, number: int, score: Mapping[str, Any]) -> None:
        """Keep the score of a trial's model."""
        self._scores[number] = dict(score)

    def fingerprint(self, source: str) -> str | None:
        """Read the fingerprint that a data set with its options had when it was read first; None before."""
        entry = dict(self._fingerprints).get(_short(source), {})
        return entry.get("fingerprint") or (self._old_fingerprints or {}).get(source)

    def set_fingerprint(self, source: str, fingerprint: str) -> None:
        """Keep the fingerprint of a data set with its options."""
        self._fingerprints[_short(source)] = {"source": source, "fingerprint": fingerprint}

    def clear_fingerprints(self) -> None:
        """Have the data recorded anew when it is read next."""
        if self._old_fingerprints:
            self._old_fingerprints = None
        for identifier, _ in self._fingerprints:
            self._fingerprints[identifier] = None


class TrialLedger(_Ledger):
    """The attributes of a trial."""

    worker = _Attribute[str | None]("worker", None)
    """Who runs it, or ran it last: `HOST:PROCESS`."""
    attempts = _Attribute[int]("attempts", 0)
    """How often it was started."""
    deaths = _Attribute[int]("deaths", 0)
    """How many attempts in a row have ended with their workers, and got no further than those before; see
    `has_progress`."""
    cause = _Attribute[str | None]("cause", None)
    """Why it failed, or which constraints it breaks: `KIND: MESSAGE`."""
    remark = _Attribute[str | None]("remark", None)
    """What ended the training of a complete trial after its best epoch: `KIND: MESSAGE`."""
    accumulation_steps = _Attribute[int]("accumulation_steps", 1)
    """In how many parts its batches are computed, since the memory did not suffice for larger ones."""
    rung = _Attribute[dict[str, int] | None]("hpo:rung", None)
    """Of a search in rounds: the `bracket` that it is in, the `round`, and the `epochs` of that round."""
    measures = _Attribute[dict[str, float] | None]("measures", None)
    """Of the network and of its training, by the metric's name in a file; None before they were taken."""
    best_value = _Attribute[float]("best_value", math.nan)
    """The learned objective at its best epoch."""
    best_epoch = _Attribute[int]("best_epoch", 0)
    """The epoch of the learned values, counted from 1; 0 where no epoch has ended."""
    last_value = _Attribute[float]("last_value", math.nan)
    """The learned objective at the last epoch with a finite value."""
    images_per_second = _Attribute[float | None]("images_per_second", None)
    """How fast it trained."""
    classes = _Attribute[list[dict[str, Any]]]("classes", [])
    """The figures of each class on the validation part, of version 0.1; they lie beside the model since."""
    outside = _Attribute[dict[str, Any] | None](_OUTSIDE, None)
    """Of a trial outside the space, which has changed since: `{params, config, reason}`; it is kept, and not compared
    with others."""
    confirms = _Attribute[dict[str, Any] | None](CONFIRMS, None)
    """Of a trial that trains the config of another one again: `{trial, seed, folds, fold}`, that one's number, which of
    the seeds, in how many folds, and which of them is held out; both are None on the study's own split."""
    run = _Attribute[dict[str, Any] | None]("run", None)
    """The run of a sweep that the trial is: `id`, `sweep` (ENTITY/PROJECT/ID), `args` (what the sweep has drawn, by its
    names) and `inactive` (parameters that it has drawn in vain)."""
    _history = _Attribute[dict[str, list[float | None]]]("history", {})

    @property
    def _epochs(self) -> _Entries:
        return _Entries(self, "hpo:epoch")

    @property
    def _attempts(self) -> _Entries:
        return _Entries(self, "hpo:attempt")

    @property
    def attempt_entries(self) -> dict[int, dict[str, Any]]:
        """What is known of each attempt, counted from 1; of those of earlier versions nothing is.

        `worker`, `machine`, `started` and `epochs` (reported before it) are there, `ended` and `cause` at its end, and
        what the worker says of it: among it `reached`, the epochs done and the steps of the one under way in its last
        checkpoint in the middle of an epoch.
        """
        return {int(identifier): entry for identifier, entry in sorted(self._attempts, key=lambda item: int(item[0]))}

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

    def set_epoch(self, epoch: int, metrics: Mapping[str, float], seconds: float) -> None:
        """Keep the metrics of one epoch, counted from 1, and how long it took, when it has ended."""
        finite = {name: _finite(value) for name, value in metrics.items()}
        self._epochs[epoch] = {"metrics": finite, "seconds": round(seconds, 3)}

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


def is_candidate(attributes: Mapping[str, Any]) -> bool:
    """Whether a trial with these attributes is compared with others: it was searched for, in the space as it is."""
    return not (is_outside(attributes) or is_confirming(attributes))


def _short(source: str) -> str:
    """Hash text that may be longer than the 512 characters of a key."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def _finite(value: float) -> float | None:
    """Replace a value that JSON cannot hold, which knows no NaN."""
    return value if math.isfinite(value) else None
