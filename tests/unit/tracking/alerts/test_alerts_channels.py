"""How an alert reaches people, and what is told where it does not."""

from __future__ import annotations

import json
import re
import sys
import time

import psutil
import pytest

from hpo.errors import WorkError
from hpo.spaces.sections.alerts import EnvironmentVariable
from hpo.tracking.alerts import channels
from hpo.tracking.alerts.channels import CommandChannel, WebhookChannel
from hpo.tracking.alerts.claims import ClaimedAlert
from hpo.tracking.alerts.rules import Alert

ALERT = Alert(key="best:0.9", rule="best", title="Größer; $(id)", text="a\nb", level="INFO", trial=3, value=0.9)
CLAIMED = ClaimedAlert("0123", ALERT, "2026-01-02T03:04:05+00:00")
VALUES = {
    "id": "0123",
    "rule": "best",
    "level": "INFO",
    "title": "Größer; $(id)",
    "text": "a\nb",
    "study": "s",
    "trial": 3,
    "value": 0.9,
    "time": "2026-01-02T03:04:05+00:00",
}


def post(url: str | EnvironmentVariable) -> None:
    WebhookChannel("name", "label", url).send("s", CLAIMED)


def run(*words: str) -> None:
    CommandChannel("name", "label", list(words)).send("s", CLAIMED)


def test_a_webhook_gets_an_alert_as_json(webhook, monkeypatch):
    post(webhook.url)
    monkeypatch.setenv("HOOK", f"{webhook.url}\n")
    post(EnvironmentVariable(env="HOOK"))
    assert webhook.alerts == [VALUES, VALUES]


@pytest.mark.parametrize(("status", "words"), [(404, "status 404 Not Found"), (500, "status 500"), (302, "status 302")])
def test_a_webhook_that_does_not_take_an_alert_is_told_by_host_and_status_and_no_redirect_is_followed(
    webhook, status, words
):
    webhook.statuses, webhook.headers = [status], {"Location": webhook.url}
    host = webhook.url.partition("/hooks")[0]
    with pytest.raises(WorkError, match=f"{words}.* from {re.escape(host)}$") as caught:
        post(webhook.url)
    assert "s3cret" not in str(caught.value)
    assert not webhook.alerts


def test_a_server_that_answers_byte_by_byte_is_not_waited_for(webhook, monkeypatch):
    monkeypatch.setattr(channels, "PATIENCE_S", 0.5)
    webhook.delay = 0.1
    with pytest.raises(WorkError, match=r"no answer in 0\.5 s"):
        post(webhook.url)


def test_a_server_that_is_not_there_is_told_without_the_secret(webhook):
    webhook.close()
    with pytest.raises(WorkError, match=r"no answer \(Connection refused\) from http://127") as caught:
        post(webhook.url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"), [("", "no environment variable HOOK"), ("s3cret", "HOOK, a webhook is a URL")]
)
def test_an_environment_variable_without_a_url_is_told_before_there_is_an_alert(monkeypatch, url, words):
    monkeypatch.setenv("HOOK", url)
    channel = WebhookChannel("name", "label", EnvironmentVariable(env="HOOK"))
    assert words in channel.find_obstacle()
    assert "s3cret" not in channel.find_obstacle()
    with pytest.raises(WorkError, match=words):
        channel.send("s", CLAIMED)


def test_a_command_gets_an_alert_by_environment_and_standard_input_and_no_shell_reads_it(tmp_path):
    code = (
        "import json, os, sys; alert = {k: v for k, v in os.environ.items() if k.startswith('HPO_ALERT_')}; "
        "json.dump([sys.argv[1:], alert, json.load(sys.stdin)], open(sys.argv[1], 'w'))"
    )
    file = tmp_path / "told.json"
    run(sys.executable, "-c", code, str(file), "$HOME; *")
    words, environment, values = json.loads(file.read_text())
    assert words == [str(file), "$HOME; *"]
    assert values == VALUES
    assert environment == {f"HPO_ALERT_{key.upper()}": str(value) for key, value in VALUES.items()}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-such-program"], "Received No such file or directory"),
        ([sys.executable, "-c", "import sys; print('quota', file=sys.stderr); sys.exit(3)"], "status 3: quota"),
    ],
)
def test_a_command_that_fails_is_told_with_its_last_line(words, message):
    with pytest.raises(WorkError, match=message):
        run(*words)


def test_a_command_that_does_not_end_is_killed_with_what_it_has_started(tmp_path, monkeypatch):
    monkeypatch.setattr(channels, "COMMAND_PATIENCE_S", 1.0)
    file = tmp_path / "pid"
    code = (
        "import os, subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; "
        "time.sleep(100)']); open(sys.argv[1] + '.new', 'w').write(str(child.pid)); "
        "os.rename(sys.argv[1] + '.new', sys.argv[1]); time.sleep(100)"
    )
    with pytest.raises(WorkError, match="one that has not ended in 1 s, and was killed"):
        run(sys.executable, "-c", code, str(file))
    child = int(file.read_text())
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child lives")
