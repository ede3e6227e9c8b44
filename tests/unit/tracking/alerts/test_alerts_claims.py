"""Each alert is claimed by one process, whoever else has found it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, astuple, replace
from threading import Thread

import pytest

from hpo.studies import ActiveStudy
from hpo.tracking.alerts import begin_alerts
from hpo.tracking.alerts.claims import HOLD_S, AlertClaims
from hpo.tracking.alerts.rules import Alert, AlertRules

ALERT = Alert(key="failed:1:1", rule="failed", title="Trial 1 failed", text="why", level="ERROR", trial=1)
on_each_database = pytest.mark.parametrize(
    "address", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
CLAIM_AND_DIE = """
import os, sys, json
from hpo.studies import ActiveStudy, StudyAddress
from hpo.tracking.alerts.claims import AlertClaims
from hpo.tracking.alerts.rules import Alert
address, alert = json.loads(sys.argv[1])
with ActiveStudy(StudyAddress(*address)) as study:
    claimed = AlertClaims(study).claim(Alert(**alert))
    print("" if claimed is None else claimed.id, flush=True)
    os.kill(os.getpid(), 9)
"""


def claim_and_die(address) -> str:
    """Claim the alert in a process that is killed before it sends it; its id."""
    arguments = json.dumps([astuple(address), asdict(ALERT)])
    command = [sys.executable, "-c", CLAIM_AND_DIE, arguments]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == -9, process.stderr
    return process.stdout.strip()


@on_each_database
def test_of_many_who_claim_an_alert_at_once_one_gets_it(watch, address):
    watch({"failed": True})
    claimed = []

    def claim():
        with ActiveStudy(address) as study:
            claimed.append(AlertClaims(study).claim(ALERT))

    threads = [Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 6
    assert sum(alert is not None for alert in claimed) == 1


@on_each_database
def test_what_a_killed_process_has_claimed_is_taken_over_with_the_same_id_by_one_other(watch, address):
    trials = watch({"failed": True})
    identifier = claim_and_die(address)
    claims = AlertClaims(trials.study)
    assert claims.claim(ALERT) is None
    (left,) = claims.take_over()
    assert (left.id, left.alert, left.sent) == (identifier, ALERT, ())
    assert AlertClaims(trials.study).take_over() == []
    claims.mark(left, "one", ["one", "other"])
    assert claims.renew(left).sent == ("one",)
    claims.mark(replace(left, sent=("one",)), "other", ["one", "other"])
    assert claims.renew(left) is None
    assert claim_and_die(address) == ""
    assert trials.study.ledger.alerts["failed:1:1"]["state"] == "sent"


def test_what_is_claimed_is_told_also_where_the_answer_of_the_database_was_lost(watch, address, monkeypatch):
    trials = watch({"failed": {"every": 1e-6}})
    identifier, claims, change_ledger = claim_and_die(address), AlertClaims(trials.study), trials.study.change_ledger
    mine = claims.claim(replace(ALERT, key="failed:2:1"))

    def change_again(change):
        change_ledger(change)
        return change_ledger(change)

    monkeypatch.setattr(trials.study, "change_ledger", change_again)
    assert [left.id for left in claims.take_over()] == [identifier]
    assert claims.take_over() == []
    assert claims.claim(replace(ALERT, key="failed:3:1")) is not None
    assert claims.renew(mine) == mine


def test_a_claim_of_a_machine_that_is_not_heard_of_is_taken_over_when_it_ends(watch):
    trials = watch({"failed": True})
    now = 1000.0
    claims = AlertClaims(trials.study, lambda: now)
    claimed = claims.claim(ALERT)
    entry = trials.study.ledger.alerts[ALERT.key]
    trials.study.ledger.set_alert(ALERT.key, {**entry, "holder": ["another machine", os.getpid(), 1.0]})
    assert claims.take_over() == []
    assert claims.renew(claimed) is None
    now += HOLD_S + 1
    assert [left.id for left in claims.take_over()] == [claimed.id]


def test_alerts_of_one_rule_that_come_too_soon_are_held_back_counted_and_told_of_with_the_next_one(watch):
    trials = watch({"failed": {"every": "1m"}, "best": True})
    now = 1000.0
    claims = AlertClaims(trials.study, lambda: now)
    assert claims.claim(ALERT) is not None
    now += 59
    other = AlertClaims(trials.study, lambda: now)  # of another process
    assert [other.claim(replace(ALERT, key=f"failed:{number}:1")) for number in (2, 3)] == [None, None]
    assert other.claim(replace(ALERT, key="best:1", rule="best")) is not None
    now += 2
    assert claims.claim(replace(ALERT, key="failed:2:1")) is None
    text = claims.claim(replace(ALERT, key="failed:4:1")).alert.text
    assert text == "why\n2 other alerts of the rule `failed` came before, too soon to be sent."
    now += 61
    assert claims.claim(replace(ALERT, key="failed:5:1")).alert.text == "why"


def test_a_clock_that_was_set_back_holds_no_alert_back(watch):
    trials = watch({"failed": True})
    assert AlertClaims(trials.study, lambda: 1e6).claim(ALERT) is not None
    assert AlertClaims(trials.study, lambda: 1e3).claim(replace(ALERT, key="failed:2:1")) is not None


@pytest.mark.parametrize("has_other_rule", [True, False])
def test_a_rule_that_is_new_in_a_study_tells_nothing_of_what_was_before(watch, address, has_other_rule):
    trials = watch({"best": True} if has_other_rule else {})
    begin_alerts(trials.study)
    trials.fail()
    with ActiveStudy(address, ("alerts.failed=true",)) as study:
        begin_alerts(study)
        trials.fail()
        claims = AlertClaims(study)
        claimed = [claims.claim(alert) for alert in AlertRules(study).find()]
        assert [told.alert.key for told in claimed if told is not None] == ["failed:1:1"]
