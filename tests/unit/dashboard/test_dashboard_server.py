"""Where a dashboard listens, and with what it begins."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection

import pytest

from hpo.dashboard import Dashboard, find_studies
from hpo.errors import StudyNotFoundError, UserError
from hpo.face import Study


def get(dashboard, path, **headers):
    """The status and the body that a dashboard answers with."""
    connection = HTTPConnection(dashboard.host, dashboard.port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_dashboard_answers_on_a_free_port_until_it_is_closed(shown):
    with Dashboard([shown], port=0) as dashboard:
        assert dashboard.url == f"http://127.0.0.1:{dashboard.port}/"
        status, body = get(dashboard, "/api/studies")
        assert (status, b'"large"' in body) == (200, True)
        assert get(dashboard, "/api/studies", Host="rebound.example")[0] == 403
    with pytest.raises(ConnectionRefusedError):
        get(dashboard, "/api/studies")


def test_python_serves_studies_beside_each_other(shown, address):
    with Study(shown).dashboard(Study(address)) as dashboard:
        assert repr(dashboard) == f"<Dashboard {dashboard.url}>"
        body = json.loads(get(dashboard, "/api/studies")[1])
    assert len(body["study_summaries"]) == 2


def test_a_busy_port_is_named_with_a_remedy(shown):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=rf"Received {port}, on which another program listens.*--port 0"):
            Dashboard([shown], port=port)


@pytest.mark.parametrize(
    ("host", "token", "message"),
    [
        ("0.0.0.0", None, r"needs a token.*HPO_DASHBOARD_TOKEN.*ssh -L"),  # noqa: S104 - it is refused
        ("0.0.0.0", "short", r"16 characters or more\. Received 5"),  # noqa: S104
        ("127.0.0.1", "short", r"16 characters or more"),
        ("no-such-host.invalid", None, r"an address of this machine"),
    ],
)
def test_a_dashboard_that_anybody_could_reach_is_refused(shown, host, token, message):
    with pytest.raises(UserError, match=message):
        Dashboard([shown], host=host, port=0, token=token)


def test_studies_are_found_by_name_and_path_in_several_folders(shown, address, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folders = [shown.database.parents[1], address.database.parents[1]]
    assert find_studies([], folders) == find_studies(["large"], folders) == [shown, address]
    assert find_studies([]) == find_studies(["large", "studies/large"]) == [address]
    assert find_studies([address, shown.folder]) == [address, shown]
    with pytest.raises(StudyNotFoundError, match="study other"):
        find_studies(["large", "other"], folders)
    with pytest.raises(UserError, match="with none"):
        find_studies([], [tmp_path])
