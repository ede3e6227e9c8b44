"""Alerts of the process beside a run arrive once, whatever dies and however many work on the study."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import ExitStack

import pytest
from child_processes import find_children

from hpo.errors import StorageError
from hpo.fleet import Notice, TrialEnded
from hpo.studies import ActiveStudy
from hpo.tracking.following import follow_run

pytestmark = pytest.mark.thorough

on_each_database = pytest.mark.parametrize("address", ["sqlite", "postgresql"], indirect=True)


def ended(number: int) -> TrialEnded:
    return TrialEnded(1, number, "complete", None, None, 1.0)


def wait_for(is_true) -> None:
    until = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < until, "it has not come"
        time.sleep(0.05)


@on_each_database
def test_alerts_come_while_a_study_runs_and_at_its_end_and_not_again_when_it_is_resumed(watch, webhook):
    search = {"trials": 2, "sampler": "random", "pruner": "none"}
    trials = watch({"best": True, "failed": True, "finished": True, "send": webhook.url}, search=search)
    with follow_run(trials.study, lambda event: None, leads=True) as listen:
        trials.complete(0.8)
        listen(ended(0))
        wait_for(lambda: webhook.titles == ["watched: new best value, val_accuracy 0.8"])
        trials.fail()
        listen(ended(1))
    expected = ["watched: new best value, val_accuracy 0.8", "watched: trial 1 failed", "watched: finished"]
    assert webhook.titles == expected
    with follow_run(trials.study, lambda event: None, leads=True):
        pass
    assert webhook.titles == expected


@on_each_database
def test_several_processes_that_see_the_same_tell_it_once(watch, webhook, address):
    trials = watch({"best": True, "failed": {"every": "1s"}, "send": webhook.url})
    with ExitStack() as runs:
        listeners = []
        for leads in (True, False, False):
            study = runs.enter_context(ActiveStudy(address))
            listeners.append(runs.enter_context(follow_run(study, lambda event: None, leads=leads)))
        trials.complete(0.8)
        trials.fail()
        for number in (0, 1):
            for listen in listeners:
                listen(ended(number))
    assert sorted(webhook.titles) == ["watched: new best value, val_accuracy 0.8", "watched: trial 1 failed"]


@pytest.mark.parametrize("dies_in", ["webhook", "command"])
def test_an_alert_of_a_process_that_was_killed_while_it_sent_it_is_sent_by_the_next_one_with_the_same_id(
    watch, webhook, tmp_path, dies_in
):
    if dies_in == "webhook":
        webhook.delay = 0.2  # it has come, and the process cannot know yet
        send = [{"webhook": webhook.url}]
    else:
        kill = "import os, signal; os.path.exists(P) or (open(P, 'w'), os.kill(os.getppid(), signal.SIGKILL))"
        kill = kill.replace("P", repr(str(tmp_path / "killed")))
        send = [{"webhook": webhook.url}, {"command": [sys.executable, "-c", kill]}]
    trials = watch({"best": True, "send": send})
    events = []
    with follow_run(trials.study, events.append, leads=True) as listen:
        trials.complete(0.8)
        listen(ended(0))
        wait_for(lambda: len(webhook.alerts) == 1)
        (companion,) = find_children("hpo.tracking.process") or [None]
        if dies_in == "webhook":
            os.kill(companion.pid, signal.SIGKILL)
        companion and companion.wait(20)
    webhook.delay = 0.0
    with follow_run(trials.study, lambda event: None, leads=True):
        pass
    with follow_run(trials.study, lambda event: None, leads=True):
        pass
    if dies_in == "webhook":
        assert [alert["id"] for alert in webhook.alerts] == [webhook.alerts[0]["id"]] * 2
    else:
        assert len(webhook.alerts) == 1  # it was noted before the command began
    assert [entry["state"] for entry in trials.study.ledger.alerts.values()] == ["sent"]


def test_a_way_that_fails_costs_one_notice_and_what_was_not_sent_is_sent_by_the_next_run(watch, webhook):
    trials = watch({"failed": {"every": 1e-6}, "send": [{"command": ["true"]}, webhook.url]})
    webhook.statuses = [500] * 20
    events = []
    with follow_run(trials.study, events.append, leads=True) as listen:
        listen(ended(trials.fail()))
        wait_for(lambda: len(webhook.statuses) < 20)
        listen(ended(trials.fail()))
    texts = [event.text for event in events if isinstance(event, Notice) and event.text.startswith("alerts")]
    assert len(texts) == 1, texts
    assert texts[0].startswith("alerts.send.1 (webhook): a webhook takes an alert. Received status 500")
    assert texts[0].endswith(
        "The study goes on; what was not sent is sent later, at the latest by the next `hpo resume`."
    )
    assert "s3cret" not in str(events)
    log = trials.study.files.tracking_log.read_text()
    assert "status 500" in log
    assert "s3cret" not in log
    webhook.statuses = []
    with follow_run(trials.study, lambda event: None, leads=True):
        pass
    assert [alert["trial"] for alert in webhook.alerts] == [0, 1]


def test_an_error_that_ends_a_run_is_told_and_an_interrupt_is_not(watch, webhook):
    trials = watch({"finished": True, "send": webhook.url})
    with pytest.raises(KeyboardInterrupt), follow_run(trials.study, lambda event: None, leads=True):
        raise KeyboardInterrupt
    assert webhook.titles == []
    with pytest.raises(StorageError), follow_run(trials.study, lambda event: None, leads=True):
        raise StorageError("the disk is full")
    assert [(alert["title"], alert["text"]) for alert in webhook.alerts] == [
        ("watched: paused by an error", "the disk is full")
    ]


def test_a_command_of_a_study_from_elsewhere_is_named_before_it_runs(watch, monkeypatch):
    from hpo.studies import foreign_code

    trials = watch({"best": True, "send": [{"command": ["notify", "--title", "a b"]}]})
    with trials.study.session():
        pass
    assert foreign_code(trials.study) == []
    monkeypatch.setattr("hpo.studies.record.environment.machine_id", lambda: "another")
    assert foreign_code(trials.study) == ["the command `notify --title 'a b'` (alerts)"]
