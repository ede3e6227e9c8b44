"""The dashboard of studies on a database server: notes are written there, and studies that are made appear."""

from __future__ import annotations

import optuna_dashboard
import pytest

from hpo.dashboard import collection, find_studies
from hpo.dashboard.server import make_application
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import StudyAddress, StudyRecord, create_study
from hpo.studies.store.stored import StudyNote
from hpo.training import Completed, Learned


@pytest.fixture
def make_study(small_space, studies, postgres_url):
    """`make_study(name)`: makes a study of one trial on the server; its address."""

    def make(name):
        address = StudyAddress.named(name, studies, postgres_url)
        with create_study(load(small_space, [f"study={name}"]), address) as study:
            learned = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
            OptunaSearch(study, "host:1").ask().tell(Completed(learned, (0.5,), lambda path: None))
        return address

    return make


def test_notes_are_kept_on_the_server_and_studies_that_are_made_there_appear(
    make_study, postgres_url, ask, monkeypatch
):
    monkeypatch.setattr(collection, "_LOOK_EVERY", 0.0)
    first = make_study("first")
    application = make_application(optuna_dashboard, lambda: find_studies([], storages=[postgres_url]))
    for path, text in (("1/note", "of the study"), ("1/10000000/note", "of the trial")):
        assert ask(application, "PUT", f"/api/studies/{path}", {"version": 1, "body": text}).status == 200
    assert StudyRecord(first).notes() == {None: StudyNote(1, "of the study"), 0: StudyNote(1, "of the trial")}
    other = make_application(optuna_dashboard, [first])  # on another machine
    assert ask(other, "GET", "/api/studies/1").json["note"]["body"].startswith("of the study")
    stale = ask(other, "PUT", "/api/studies/1/note", {"version": 1, "body": "mine"})
    assert (stale.status, stale.json["note"]["body"]) == (409, ask(other, "GET", "/api/studies/1").json["note"]["body"])
    make_study("second")
    names = [study["study_name"] for study in ask(application, "GET", "/api/studies").json["study_summaries"]]
    assert names == ["first", "second"]
    assert [trial["number"] for trial in ask(application, "GET", "/api/studies/2").json["trials"]] == [0]
    said = str(ask(application, "GET", "/api/studies").json) + str(ask(application, "GET", "/api/studies/2").json)
    assert "hush" not in said, "no password is shown"
