"""The ledger: what studies and trials hold beside Optuna's tables; two writers lose nothing of each other's."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from hpo.errors import DataError
from hpo.studies import ActiveStudy, StudyLedger, StudyRecord, TrialLedger

OLD = {
    "hpo:sessions": [{"started": "2026-01-01T00:00:00+00:00", "worked_s": 5.0}],
    "hpo:test_scores": {"3": {"accuracy": 0.5}, "11": {"accuracy": 0.6}},
    "hpo:fingerprints": {"digits": "aa"},
}
"""As version 0.1 kept them."""


def test_entries_of_studies_of_version_0_1_are_read_beside_new_ones():
    attributes = dict(OLD)
    writer = StudyLedger(attributes, attributes.__setitem__)
    writer.set_session(writer.new_session(), {"worked_s": 7.0})
    writer.set_test_score(4, {"accuracy": 0.7})
    writer.set_test_score(11, {"accuracy": 0.8})
    writer.set_fingerprint("mnist", "bb")
    ledger = StudyLedger(json.loads(json.dumps(attributes)))
    assert [session["worked_s"] for session in ledger.sessions] == [5.0, 7.0]
    assert {number: score["accuracy"] for number, score in ledger.test_scores.items()} == {3: 0.5, 4: 0.7, 11: 0.8}
    assert (ledger.fingerprint("digits"), ledger.fingerprint("mnist"), ledger.fingerprint("x")) == ("aa", "bb", None)
    writer.clear_fingerprints()
    assert StudyLedger(attributes).fingerprint("digits") is StudyLedger(attributes).fingerprint("mnist") is None


def test_sessions_stand_in_the_order_in_which_they_began():
    identifiers = [StudyLedger.new_session() for _ in range(20)]
    assert len(set(identifiers)) == 20
    assert [identifier[:22] for identifier in identifiers] == sorted(identifier[:22] for identifier in identifiers)


def test_a_ledger_that_is_only_read_refuses_to_write():
    with pytest.raises(TypeError, match="hpo:budget"):
        StudyLedger({}).budget = {"trials": 1, "timeout": None}


def test_the_history_is_put_together_from_epochs_and_of_older_trials_read_as_a_whole():
    attributes: dict[str, object] = {"history": {"loss": [3.0]}}
    assert TrialLedger(attributes).history == {"loss": [3.0]}
    for epoch in range(1, 12):
        metrics = {"loss": float(epoch), "val_loss": float("nan")} if epoch > 1 else {"loss": 1.0}
        TrialLedger({}, attributes.__setitem__).set_epoch(epoch, metrics, 1.5)
    history = TrialLedger(json.loads(json.dumps(attributes, allow_nan=False))).history
    assert history == {"loss": [float(epoch) for epoch in range(1, 12)], "val_loss": [None] * 11}


def test_a_history_that_is_finished_has_the_epochs_that_were_not_reported_and_none_of_an_earlier_attempt():
    attributes: dict[str, object] = {}
    ledger = TrialLedger(attributes, attributes.__setitem__)
    for epoch in range(1, 6):  # an earlier attempt
        ledger.set_epoch(epoch, {"loss": 9.0}, 1.0)
    ledger.set_epoch(1, {"loss": 1.0}, 1.0)
    ledger.finish_history({"loss": [1.0, 2.0, math.nan]}, reported=1)
    assert ledger.history == {"loss": [1.0, 2.0, None]}


def test_two_sessions_that_save_by_turns_are_both_kept(make_study):
    with make_study() as one, ActiveStudy(one.address) as other, one.session() as first, other.session() as second:
        for session, study in ((first, one), (second, other), (first, one)):
            session.save()
            study.record_test_score(len(study.ledger.test_scores), 0.5, 0.1)
        first.set_device("cpu")
        second.set_device("gpu")
    study = StudyRecord(one.address)
    assert [session["device"] for session in study.environments()] == ["cpu", "gpu"]
    assert sorted(study.test_scores) == [0, 1, 2]


WRITER = """
import sys
from pathlib import Path
from hpo.studies import ActiveStudy, find_study
with ActiveStudy(find_study("small", Path(sys.argv[1]))) as study:
    print("ready", flush=True)
    sys.stdin.readline()
    with study.session() as session:
        for number in range(int(sys.argv[2]), 40, 2):
            study.record_test_score(number, 0.5, 0.1)
            study.confirm_fingerprint(f"source {number}", "aa")
            session.save()
"""


@pytest.mark.thorough
def test_two_processes_that_write_at_once_lose_nothing_of_each_other(make_study, studies):
    with make_study() as made:
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(studies), str(first)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for first in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        for writer in writers:
            writer.communicate(timeout=60)
            assert writer.returncode == 0
    study = StudyRecord(made.address)
    assert sorted(study.test_scores) == list(range(40))
    assert [study.ledger.fingerprint(f"source {number}") for number in range(40)] == ["aa"] * 40
    assert len(study.environments()) == 2


def test_of_two_workers_that_read_different_data_one_is_told(make_study):
    with make_study() as one, ActiveStudy(one.address) as other:
        one.confirm_fingerprint("digits", "aa")
        with pytest.raises(DataError):
            other.confirm_fingerprint("digits", "bb")
