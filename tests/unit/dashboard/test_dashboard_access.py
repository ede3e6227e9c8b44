"""Who may see a dashboard: only what names it, comes from its own pages, and knows its token where there is one."""

from __future__ import annotations

import pytest

from hpo.dashboard.access import AccessGate

TOKEN = "a token of the tests"  # noqa: S105 - it opens nothing


@pytest.fixture
def make_gate():
    """Makes a gate before an application that answers everything, and keeps what it was asked."""

    def make(token=None, hosts=()):
        asked = []

        def application(environ, start_response):
            asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["wsgi.input"].read()))
            start_response("200 OK", [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*")])
            return [b"all that there is"]

        gate = AccessGate(application, hosts, token)
        return gate, asked

    return make


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("192.168.1.7", 200),
        ("Tower:8080", 200),
        ("tower.:8080", 200),
        ("rebound.example:8080", 403),
        ("localhost.rebound.example", 403),
        ("127.0.0.1.rebound.example:8080", 403),
        ("tower@rebound.example", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_a_request_names_a_host_that_no_page_of_another_site_can_name(make_gate, ask, host, status):
    gate, asked = make_gate(hosts=["tower"])
    answer = ask(gate, "GET", "/api/studies", HTTP_HOST=host)
    assert (answer.status, len(asked)) == (status, int(status == 200))
    assert status == 200 or "--allow-host" in answer.json["reason"]


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize(
    "sent",
    [
        ("PUT", {"HTTP_ORIGIN": "http://localhost:8080"}, True),
        ("PUT", {}, True),
        ("GET", {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "navigate"}, True),
        ("GET", {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_SEC_FETCH_MODE": "cors"}, True),
        ("PUT", {"HTTP_ORIGIN": "http://localhost:3000"}, False),
        ("POST", {"HTTP_ORIGIN": "https://elsewhere.example"}, False),
        ("POST", {"HTTP_ORIGIN": "null"}, False),
        ("PUT", {"HTTP_SEC_FETCH_SITE": "same-site"}, False),
        ("POST", {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "navigate"}, False),
        ("GET", {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "cors"}, False),
    ],
)
def test_what_pages_of_other_sites_send_is_refused(make_gate, ask, token, sent):
    method, headers, passes = sent
    gate, asked = make_gate(token)
    answer = ask(gate, method, "/api/studies/1/note", {"body": ""}, HTTP_AUTHORIZATION=f"Bearer {TOKEN}", **headers)
    assert (answer.status, len(asked)) == ((200, 1) if passes else (403, 0))
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-frame-options"] == "DENY"


def test_the_first_request_with_the_token_is_answered_by_a_cookie_and_the_url_without_it(make_gate, ask):
    gate, asked = make_gate(TOKEN)
    assert ask(gate, "GET", "/dashboard").status == 401
    entered = ask(gate, "GET", f"/dashboard/studies/1?token={TOKEN.replace(' ', '+')}&numbers=3")
    assert (entered.status, entered.headers["location"]) == (303, "/dashboard/studies/1?numbers=3")
    cookie, *settings = entered.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} == set(settings)
    assert TOKEN not in str(entered.headers)
    assert entered.headers["referrer-policy"] == "same-origin"
    assert not asked
    assert ask(gate, "PUT", "/api/studies/1/note", {}, HTTP_COOKIE=f"other=1; {cookie}").status == 200
    assert ask(make_gate(TOKEN)[0], "GET", "/dashboard", HTTP_COOKIE=cookie).status == 401  # of another start


def test_the_token_may_be_typed_into_a_form_and_sent_by_programs(make_gate, ask):
    gate, asked = make_gate(TOKEN)
    page = ask(gate, "GET", "/dashboard")
    assert b"<form" in page.body
    assert "default-src 'none'" in page.headers["content-security-policy"]
    entered = ask(gate, "POST", "/sign-in", b"token=" + TOKEN.replace(" ", "+").encode())
    assert (entered.status, entered.headers["location"]) == (303, "/dashboard")
    assert ask(gate, "GET", "/api/studies", HTTP_AUTHORIZATION=f"Bearer {TOKEN}").body == b"all that there is"
    assert len(asked) == 1


@pytest.mark.parametrize(
    "request_parts",
    [
        ("GET", "/dashboard?token=another", None, {}),
        ("GET", "/dashboard?token=", None, {}),
        ("GET", "/dashboard?token=%C3%A9", None, {}),
        ("PUT", f"/api/studies/1/note?token={TOKEN}", {}, {}),
        ("POST", "/sign-in", b"token=another", {}),
        ("POST", "/sign-in", b"\xff\xfe", {}),
        ("GET", "/api/studies", None, {"HTTP_AUTHORIZATION": "Bearer "}),
        ("GET", "/api/studies", None, {"HTTP_AUTHORIZATION": f"Basic {TOKEN}"}),
        ("GET", "/api/studies", None, {"HTTP_COOKIE": f"hpo-dashboard-8080={TOKEN}"}),
        ("GET", "/api/studies", None, {"HTTP_COOKIE": "hpo-dashboard-8080="}),
        ("GET", "/static/bundle.js", None, {"HTTP_COOKIE": "bad\x00;;=cookie"}),
    ],
)
def test_nothing_passes_without_the_token(make_gate, ask, request_parts):
    method, path, body, headers = request_parts
    gate, asked = make_gate(TOKEN)
    answer = ask(gate, method, path, body, **headers)
    assert (answer.status, asked) == (401, [])
    assert "set-cookie" not in answer.headers


def test_the_way_back_from_signing_in_leads_nowhere_else(make_gate, ask):
    entered = ask(make_gate(TOKEN)[0], "GET", f"//elsewhere.example/dashboard?token={TOKEN.replace(' ', '+')}")
    assert entered.headers["location"] == "/elsewhere.example/dashboard"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"CONTENT_LENGTH": "1000001"}, 413),
        ({"CONTENT_LENGTH": "-1"}, 411),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 411),
    ],
)
def test_a_request_that_is_too_long_is_refused_unread(make_gate, ask, headers, status):
    gate, asked = make_gate()
    assert ask(gate, "PUT", "/api/studies/1/note", {}, **headers).status == status
    assert not asked
