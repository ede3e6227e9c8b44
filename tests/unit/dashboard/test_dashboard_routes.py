"""Of all that Optuna's dashboard can do to a study, only reading it and writing notes is let through."""

from __future__ import annotations

import hashlib
import re

import optuna_dashboard
import pytest
from optuna.storages import InMemoryStorage

from hpo.dashboard.routes import _NOTES, _READING

ROUTES = sorted({(route.method, route.rule) for route in optuna_dashboard.wsgi(InMemoryStorage()).routes})
VALUES = {
    "study_id": "1",
    "trial_id": "10000003",
    "artifact_id": "10000003-0",
    "plot_type": "edf",
    "filename": "bundle.js",
    "history_id": "1",
}
BODY = {
    "study_name": "another",
    "directions": ["maximize"],
    "state": "fail",
    "values": [1.0],
    "user_attrs": {"spoiled": 1},
    "file": "data:text/plain;base64,AAAA",
    "filename": "file.txt",
    "mode": "ChooseWorst",
    "candidates": [1, 2],
    "clicked": 1,
    "output_type": "note",
    "user_query": "all",
}


def path_of(rule):
    """A path that a rule fits: of study 1 and its trial 3."""
    return re.sub(r"<(\w*)(?::[^>]*)?>(?:>)?", lambda match: VALUES.get(match[1], ""), re.sub(r":re:[^<]*>", ">", rule))


def digest(address):
    return hashlib.sha256(address.database.read_bytes()).hexdigest(), sorted(address.database.parent.rglob("*"))


def test_the_dashboard_that_is_installed_has_the_routes_that_are_let_through():
    assert set(ROUTES) >= _READING | _NOTES


@pytest.mark.parametrize(("method", "rule"), [route for route in ROUTES if route not in _READING | _NOTES])
def test_what_changes_a_study_is_refused_with_a_remedy_and_changes_nothing(shown, open_app, ask, method, rule):
    before, application = digest(shown), open_app(shown)
    answer = ask(application, method, path_of(rule), BODY)
    assert (answer.status, answer.json) == (403, {"reason": answer.json["reason"]})
    assert "changes nothing of them but notes" in answer.json["reason"]
    assert "hpo mv renames" in answer.json["reason"]
    assert digest(shown) == before


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "ANY"])
def test_a_route_that_is_not_known_is_refused(shown, open_app, ask, method):
    application = open_app(shown)
    application.route("/api/novelty", method=method, callback=lambda: pytest.fail("reached"))
    answer = ask(application, "GET" if method == "ANY" else method, "/api/novelty", {})
    assert answer.status == 403


@pytest.mark.parametrize(("method", "rule"), sorted(_READING))
def test_what_reads_is_answered_and_changes_nothing(shown, open_app, ask, method, rule):
    before = digest(shown)
    answer = ask(open_app(shown), method, path_of(rule))
    assert answer.status == (302 if rule == "/" else 200), answer.body
    assert answer.body or rule == "/"
    assert digest(shown) == before


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/api/studies", "/api/studies/1/", "/api/studies/1/note/", "/csv/1", "/nowhere"])
def test_no_other_way_of_writing_a_request_changes_anything(shown, open_app, ask, method, path):
    before = digest(shown)
    assert ask(open_app(shown), method, path, {**BODY, "version": "1"}).status in (400, 403, 404, 405)
    assert digest(shown) == before
