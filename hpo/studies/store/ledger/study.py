"""The attributes of a study."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hpo.studies.store.ledger.attributes import Attribute, Entries, Ledger, SetAttribute, refuse

SPEC = "hpo:spec"
"""What every study of hpo's has, and no other; see `StudyLedger.spec`."""


class StudyLedger(Ledger):
    """The attributes of a study."""

    spec = Attribute[str](SPEC, "")
    """The space file, as `StudySpec.to_json` gives it; written last, so a study without it was not made to its end."""
    budget = Attribute[dict[str, Any]]("hpo:budget", {})
    """What the study may do in all: `trials`, `timeout` in seconds or None, and where they are limited `epochs`,
    `gpu_hours` and `cost`; written first."""
    data = Attribute[dict[str, Any] | None]("hpo:data", None)
    """What was read of the data set, as `DataSummary.to_json` gives it."""
    is_exhausted = Attribute[bool]("hpo:exhausted", False)
    """Whether a search has found no config that is not tried, or is over."""
    end = Attribute[str | None]("hpo:end", None)
    """Why a search is over that has not tried every config, as a sentence without its full stop."""
    has_rounds = Attribute[bool]("hpo:has_rounds", False)
    """Whether a search in rounds may promote trials that are pruned."""
    regret = Attribute[dict[str, float] | None]("hpo:regret", None)
    """The last `bound` on the regret, where the file has a rule for it, and of how many ended `trials`."""
    pause = Attribute[str | None]("hpo:pause", None)
    """Changes whenever all who work on the study are asked to pause: when, and after a space why, if somebody told."""
    sweep = Attribute[dict[str, str] | None]("hpo:sweep", None)
    """The sweep of Weights & Biases that decides what to try: `path`, ENTITY/PROJECT/ID, and of one that was created
    for the study `digest`, what it searches."""
    tracking_id = Attribute[str | None]("hpo:tracking_id", None)
    """What the ids of runs begin with under which trackers show the trials; None while none has."""
    claimable = Attribute[list[int] | None]("hpo:claimable", None)
    """The only trials that may be run, by number; None where all may, and new ones begin."""
    confirmation = Attribute[dict[str, Any] | None]("hpo:confirmation", None)
    """What is confirmed: `{trials, seeds, folds}`: numbers, with how many seeds, and in how many folds, or None."""
    confirmed = Attribute[dict[str, Any] | None]("hpo:confirmed", None)
    """What a confirmation has come to when it read the test part: `{trial, runs, date}`; it does so once."""
    reruns = Attribute[int]("hpo:reruns", 0)
    """How often trials that had ended were made to run again: whoever remembers ended trials reads those anew."""
    alert_rules = Attribute[list[str]]("hpo:alert_rules", [])
    """The rules of alerts that were on when a run last began to lead."""
    prefixes = Attribute[dict[str, list[int]]]("hpo:prefixes", {})
    """Who trains a beginning that trials share, by its key: the number of the trial, and its attempt; of trials that do
    not run any more, it says nothing."""
    _origin = Attribute[dict[str, int] | None]("hpo:carried", None)
    _old_sessions = Attribute[list[dict[str, Any]]]("hpo:sessions", [])
    _old_scores = Attribute[dict[str, dict[str, Any]]]("hpo:test_scores", {})
    _old_fingerprints = Attribute[dict[str, str] | None]("hpo:fingerprints", None)

    def __init__(self, attributes: Mapping[str, Any], set_attribute: SetAttribute = refuse) -> None:
        """See `Ledger`."""
        super().__init__(attributes, set_attribute)
        self._sessions = Entries(self, "hpo:session")
        self._scores = Entries(self, "hpo:test_score")
        self._fingerprints = Entries(self, "hpo:fingerprint")
        self._duplicate_runs = Entries(self, "hpo:repeat")
        self._alerts = Entries(self, "hpo:alert")
        self._alert_rates = Entries(self, "hpo:alert_rate")
        self._tracked = Entries(self, "hpo:tracked")
        self._tags = Entries(self, "hpo:tag")

    @property
    def trials_before_change(self) -> int | None:
        """How many trials there were when the space last changed; None while it has not."""
        return None if self._origin is None else self._origin["trials"]

    def change_spec(self, spec: str, trials: int) -> None:
        """Keep a file that searches another space, and how many trials there are from before."""
        self.spec, self._origin = spec, {"trials": trials}
        self.is_exhausted, self.end, self.regret = False, None, None

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """One entry for each time that the study was worked on, the earliest first."""
        return [*self._old_sessions, *(entry for _, entry in self._sessions)]

    @property
    def worked_seconds(self) -> float:
        """How long the search has worked in all, without the sessions that only confirmed what it had found."""
        return math.fsum(session["worked_s"] for session in self.sessions if not session.get("confirms"))

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
    def duplicate_runs(self) -> dict[str, dict[str, Any]]:
        """Runs of sweeps that have the config of a trial, which is not trained again, by their ids.

        `trial` is its number; the rest is that of `TrialLedger.run`.
        """
        return dict(self._duplicate_runs)

    def add_duplicate_run(self, run: Mapping[str, Any], trial: int) -> None:
        """Keep that a run of a sweep has the config of a trial."""
        self._duplicate_runs[run["id"]] = {**run, "trial": trial}

    @property
    def tags(self) -> dict[str, dict[str, Any]]:
        """Names that people have given to kept models: `trial`, its number, and `date`, when it was set, in UTC."""
        return dict(self._tags)

    @property
    def tagged(self) -> set[int]:
        """The numbers of the trials whose models have a name."""
        return {tag["trial"] for tag in self.tags.values()}

    def set_tag(self, name: str, trial: int, date: str) -> None:
        """Give a name to the model of a trial."""
        self._tags[name] = {"trial": trial, "date": date}

    def remove_tag(self, name: str) -> None:
        """Forget a name."""
        self._tags[name] = None

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

    @property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprints of all data sets that were read, by the data set with its options."""
        entries = (entry for _, entry in self._fingerprints)
        return {**(self._old_fingerprints or {}), **{entry["source"]: entry["fingerprint"] for entry in entries}}

    def set_fingerprint(self, source: str, fingerprint: str) -> None:
        """Keep the fingerprint of a data set with its options."""
        self._fingerprints[_short(source)] = {"source": source, "fingerprint": fingerprint}

    def clear_fingerprints(self) -> None:
        """Have the data recorded anew when it is read next."""
        if self._old_fingerprints:
            self._old_fingerprints = None
        for identifier, _ in self._fingerprints:
            self._fingerprints[identifier] = None


def _short(source: str) -> str:
    """Hash text that may be longer than the 512 characters of a key."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def stored_budget(budget: Mapping[str, Any]) -> dict[str, Any]:
    """Give a budget as it is stored: without what is not limited, but for the time, which every study has."""
    return {"timeout": None, **{key: value for key, value in budget.items() if value is not None}}
