"""`hpo dashboard` as a user types it: beside a run, with a token, ended by Ctrl-C, in a real browser."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import pytest
from e2e_command import HPO, SPACE
from large_study import make_large_study

from hpo.spaces import load
from hpo.studies import StudyAddress, StudyRecord, create_study

CHROMIUM = Path("/usr/bin/chromium")
TOKEN = "of the end-to-end tests"  # noqa: S105 - it opens nothing


@contextmanager
def dashboard(*arguments: str | Path, cwd: Path, **variables: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """`hpo dashboard` in a process of its own: its port, when it answers."""
    command = [HPO, "dashboard", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        told = [process.stderr.readline(), process.stderr.readline()]
        match = re.search(r"http://[^:]+:(\d+)/ ", told[1])
        assert match, [*told, process.stderr.read()]
        yield int(match[1]), process
    finally:
        process.kill()
        process.communicate()


def ask(port, method, path, body=None, **headers):
    """The status and the body of an answer, read as JSON where it is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    content = None if body is None else json.dumps(body)
    connection.request(method, path, body=content, headers={"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, json.loads(content) if content.startswith(b"{") else content


@pytest.mark.engine
def test_a_run_is_shown_while_it_trains_and_is_not_disturbed(tmp_path):
    space, database = tmp_path / "e2e.yaml", tmp_path / "studies" / "e2e" / "study.db"
    # trials that take some seconds: a study is read again after one
    long = SPACE.replace("trials: 4", "trials: 2").replace("epochs: 3", "epochs: 40").replace("[1, 5]", "[1, 2]")
    space.write_text(long)
    create_study(load(space), tmp_path / "studies").close()  # so that the dashboard is there before any trial
    seen, noted = set(), False
    with dashboard("e2e", cwd=tmp_path) as (port, _), (tmp_path / "run.log").open("w") as log:
        run = subprocess.Popen([HPO, "resume", "e2e", "--quiet"], cwd=tmp_path, stdout=log, stderr=log)
        while run.poll() is None:
            status, page = ask(port, "GET", "/api/studies/1")
            assert status == 200
            seen |= {trial["state"] for trial in page["trials"]}
            if page["trials"] and not noted:
                path = f"/api/studies/1/{page['trials'][0]['trial_id']}/note"
                noted = ask(port, "PUT", path, {"version": 1, "body": "seen"})[0] == 200
                assert ask(port, "DELETE", "/api/studies/1")[0] == 403
            time.sleep(0.3)
        assert run.returncode == 0, (tmp_path / "run.log").read_text()
        deadline = time.monotonic() + 60  # a study is not read again for five times as long as that took
        while (final := [trial["state"] for trial in ask(port, "GET", "/api/studies/1")[1]["trials"]]).count("Running"):
            assert time.monotonic() < deadline
            time.sleep(0.3)
    record = StudyRecord(StudyAddress.in_folder(database.parent))
    assert "Running" in seen
    assert final == ["Complete"] * 2
    assert [trial.state for trial in record.trials()] == ["complete"] * 2
    assert {trial.attempts for trial in record.trials()} == {1}
    assert record.state == "finished"
    assert record.notes()[0].text == "seen"
    assert not list(database.parent.glob("study.db-*"))


def test_ctrl_c_ends_it_and_no_secret_is_printed(tmp_path):
    address = make_large_study(tmp_path, 3)
    with dashboard(cwd=tmp_path, HPO_DASHBOARD_TOKEN=TOKEN) as (port, process):
        assert ask(port, "GET", "/api/studies")[0] == 401
        assert ask(port, "GET", f"/dashboard?token={TOKEN.replace(' ', '+')}")[0] == 303
        assert ask(port, "GET", "/api/studies", Authorization=f"Bearer {TOKEN}")[0] == 200
        process.send_signal(signal.SIGINT)
        printed = "".join(process.communicate(timeout=60))
    assert process.returncode == 0
    assert printed == "The dashboard has ended.\n"
    assert StudyRecord(address).counts()["complete"] == 3


def test_an_address_for_others_without_a_token_is_refused_where_nobody_reads_one(tmp_path):
    make_large_study(tmp_path, 3)
    command = [HPO, "dashboard", "--host", "0.0.0.0", "--port", "0"]  # noqa: S104 - it is refused
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "HPO_DASHBOARD_TOKEN" in refused.stderr


@pytest.fixture
def page(tmp_path):
    """A page of a headless browser, and what it has complained of."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.complaints = []
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
        yield opened
        browser.close()


def test_a_browser_shows_studies_trials_pictures_and_a_comparison_and_keeps_a_note(tmp_path, page):
    addresses = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        addresses.append(make_large_study(tmp_path / name, 12))
    best = StudyRecord(addresses[0]).best.number

    def write(model):
        model.write_bytes(b"model")
        model.with_suffix(".json").write_text(json.dumps({"classes": ["cat", "dog"]}))
        labels, probabilities = np.array([0, 1], np.int32), np.eye(2, dtype=np.float32)
        np.savez_compressed(model.with_suffix(".validation.npz"), labels=labels, probabilities=probabilities)

    StudyRecord(addresses[0]).files.models.put(best, write)
    folders = [address.database.parent for address in addresses]
    with dashboard(*folders, cwd=tmp_path, HPO_DASHBOARD_TOKEN=TOKEN) as (port, _):
        url = f"http://127.0.0.1:{port}/dashboard"
        page.goto(url)
        page.get_by_role("textbox").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text(f"1. large ({folders[0].parent})").wait_for()
        assert not page.get_by_label("delete study").first.is_visible()

        page.goto(f"{url}/studies/1/trials?numbers={best}")
        page.get_by_text("Your own text stands above this line").wait_for()
        for name in ("learning curves.png", "confusion matrix.png"):
            picture = page.get_by_role("img", name=name)
            picture.wait_for()
            assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
        page.locator("button:has(svg[data-testid=EditIcon])").first.click()
        editor = page.locator("textarea").first
        editor.fill(f"Worth *a look*.\n\n{editor.input_value()}")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Success to save the note").wait_for()

        page.goto(f"{url}/compare-studies?ids=1,2")
        page.locator(".js-plotly-plot").first.wait_for()
    assert page.complaints == []
    assert StudyRecord(addresses[0]).notes()[best].text == "Worth *a look*."
