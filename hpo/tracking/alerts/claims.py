"""Who tells which alert: claims in the study's ledger, by which each is told once, whoever else has found it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from hpo.studies import ActiveStudy, StudyLedger
from hpo.studies.store.leases import LeaseHolder, this_process
from hpo.tracking.alerts.rules import Alert

HOLD_S = 300.0
"""Seconds for which a claim holds that is not renewed, where nothing is known of its process; longer than it takes to
try all ways that an alert may take."""


@dataclass(frozen=True, slots=True)
class ClaimedAlert:
    """An alert that this process is to tell.

    Attributes:
        id: stays the same where another process tells it again because this one has died.
        alert: what is told.
        time: when it was found, ISO 8601 with offset.
        sent: by which channels it has been told.
    """

    id: str
    alert: Alert
    time: str
    sent: tuple[str, ...] = field(default=())


class AlertClaims:
    """The claims of one process to the alerts of a study."""

    def __init__(self, study: ActiveStudy, clock: Callable[[], float] = time.time) -> None:
        """Read which alerts need no more telling.

        Args:
            study: whose alerts they are.
            clock: seconds since 1970.
        """
        self._study, self._clock = study, clock
        self._settled = set(study.ledger.alerts)
        self._rules = study.spec.alerts

    def begin(self, find_all: Callable[[], Iterable[Alert]]) -> None:
        """Have rules that are on for the first time tell nothing of what has happened before.

        Whoever leads the study calls this before the run, `find_all` finding all that rules could tell.
        """
        rules = list(self._rules.rules)
        if self._study.ledger.alert_rules == rules:
            return
        past = list(find_all())

        def change(ledger: StudyLedger) -> None:
            new = set(rules) - set(ledger.alert_rules)
            for alert in past:
                if alert.rule in new and alert.key not in ledger.alerts:
                    ledger.set_alert(alert.key, {"state": "known"})
            ledger.alert_rules = rules

        self._study.change_ledger(change)
        self._settled = set(self._study.ledger.alerts)

    def claim(self, alert: Alert) -> ClaimedAlert | None:
        """Claim an alert; None where somebody has, or where it comes too soon after another one of its rule."""
        if alert.key in self._settled:
            return None
        token, now = uuid4().hex, datetime.now().astimezone().isoformat(timespec="seconds")

        def change(ledger: StudyLedger) -> ClaimedAlert | None:
            entry = ledger.alerts.get(alert.key)
            if entry is not None:  # the transaction took place, and was not known to
                return _read(alert.key, entry) if entry.get("id") == token else None
            rate = ledger.alert_rates.get(alert.rule, {"last": -1e9, "held": 0})
            if 0 <= self._clock() - rate["last"] < self._least_time(alert.rule):
                ledger.set_alert(alert.key, {"state": "held"})
                ledger.set_alert_rate(alert.rule, rate["last"], rate["held"] + 1)
                return None
            claimed = ClaimedAlert(token, _add_held(alert, rate["held"]), now)
            ledger.set_alert(alert.key, self._entry(claimed))
            ledger.set_alert_rate(alert.rule, self._clock(), 0)
            return claimed

        claimed = self._study.change_ledger(change)
        self._settled.add(alert.key)
        return claimed

    def take_over(self) -> list[ClaimedAlert]:
        """Claim what processes have left that are gone, or not heard of."""
        before = self._study.ledger.alerts
        if not any(map(self._is_left, before.values())):
            return []

        def change(ledger: StudyLedger) -> list[ClaimedAlert]:
            left = [
                _read(key, entry)
                for key, entry in ledger.alerts.items()
                # Or the transaction took place, and was not known to
                if self._is_left(entry) or (_is_own(entry) and not _is_own(before.get(key, {})))
            ]
            for claimed in left:
                ledger.set_alert(claimed.alert.key, self._entry(claimed))
            return left

        return self._study.change_ledger(change)

    def renew(self, claimed: ClaimedAlert) -> ClaimedAlert | None:
        """Renew a claim; None where another process has taken the alert over, or told it."""

        def change(ledger: StudyLedger) -> ClaimedAlert | None:
            entry = ledger.alerts.get(claimed.alert.key, {})
            if not _is_own(entry):
                return None
            ledger.set_alert(claimed.alert.key, {**entry, "until": self._clock() + HOLD_S})
            return _read(claimed.alert.key, entry)

        return self._study.change_ledger(change)

    def mark(self, claimed: ClaimedAlert, channel: str, channels: Sequence[str]) -> ClaimedAlert:
        """Note that a channel has told an alert, and forget what it said when all `channels` have."""
        changed = replace(claimed, sent=(*claimed.sent, channel))
        entry = self._entry(changed)
        if set(channels) <= set(changed.sent):
            entry = {"state": "sent", "id": claimed.id, "time": claimed.time}
        self._study.change_ledger(lambda ledger: ledger.set_alert(claimed.alert.key, entry))
        return changed

    def _least_time(self, rule: str) -> float:
        settings = self._rules.rules.get(rule)
        own = None if settings is None else settings.every
        return self._rules.every if own is None else own

    def _entry(self, claimed: ClaimedAlert) -> dict[str, Any]:
        values = asdict(claimed.alert)
        values.pop("key")
        holder = {"holder": list(astuple(this_process())), "until": self._clock() + HOLD_S}
        return {"state": "claimed", "id": claimed.id, "time": claimed.time, "sent": claimed.sent, **holder, **values}

    def _is_left(self, entry: Mapping[str, Any]) -> bool:
        if entry["state"] != "claimed" or _is_own(entry):
            return False
        return bool(entry["until"] < self._clock()) or LeaseHolder(*entry["holder"]).is_gone()


def _is_own(entry: Mapping[str, Any]) -> bool:
    """Whether this process is to tell an alert."""
    return entry.get("state") == "claimed" and bool(entry["holder"] == list(astuple(this_process())))


def _read(key: str, entry: Mapping[str, Any]) -> ClaimedAlert:
    names = ("rule", "title", "text", "level", "trial", "value")
    alert = Alert(key=key, **{name: entry[name] for name in names})
    return ClaimedAlert(entry["id"], alert, entry["time"], tuple(entry["sent"]))


def _add_held(alert: Alert, held: int) -> Alert:
    """Say how many alerts of a rule were held back before this one."""
    if not held:
        return alert
    others = "1 other alert" if held == 1 else f"{held} other alerts"
    return replace(alert, text=f"{alert.text}\n{others} of the rule `{alert.rule}` came before, too soon to be sent.")
