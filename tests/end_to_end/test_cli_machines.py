"""A study that several machines work on: two supervisors with folders of their own, and a real PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import sqlalchemy
from e2e_command import HPO, SPACE, call_hpo, engine_in_this_process

SECRETS = ("hush/hush", quote("hush/hush", safe=""))
"""The password of `postgres_url`, as it is and as it stands in the URL."""
TRIALS = 1000
"""More than are run before the test has looked at everything."""


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Start `hpo` on a machine of its own, whose folder is empty."""
    cwd.mkdir(exist_ok=True)
    (cwd / "e2e.yaml").write_text(SPACE.replace("trials: 4", f"trials: {TRIALS}").replace("[1, 5]", "[1, 2]"))
    return subprocess.Popen(
        [HPO, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    )


def read_until(process: subprocess.Popen[str], word: str) -> str:
    """Read what a command prints until it says so."""
    text = ""
    while word not in text:
        line = process.stderr.readline()
        assert line, f"it ended with {process.wait()}: {text}"
        text += line
    return text


def command_lines(*processes: subprocess.Popen[str]) -> str:
    """What everybody on the machine can read of processes and their children."""
    lines = []
    for process in map(psutil.Process, [process.pid for process in processes]):
        with suppress(psutil.Error):  # a child may end meanwhile
            lines += [" ".join(child.cmdline()) for child in (process, *process.children(recursive=True))]
    return "\n".join(lines)


def check_watched(watch: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait until a study is watched to its end, which two workers have worked on, and give what was printed."""
    said = watch.communicate()
    assert watch.returncode == 0, said[1]
    told = [json.loads(line) for line in said[0].splitlines()]
    assert len({event["name"] for event in told if event["type"] == "WorkerReady"}) >= 2
    assert {"TrialStarted", "EpochDone", "TrialEnded"} <= {event["type"] for event in told}
    assert told[-1]["type"] == "Summary"
    return said


def check_paused(cwd: Path) -> int:
    """Check what is left of a study whose machines were interrupted, and count the trials that were not."""
    trials, shown = (json.loads(call_hpo(command, "e2e", "--json", cwd=cwd).stdout) for command in ("trials", "show"))
    assert [trial["number"] for trial in trials] == list(range(len(trials)))
    states = [trial["state"] for trial in trials]
    assert "waiting" in states
    assert {*states} <= {"complete", "failed", "waiting"}
    assert len({trial["worker"] for trial in trials}) == 2
    ended = len(states) - states.count("waiting")
    assert (shown["state"], shown["budget"]["used"]) == ("paused", ended)
    return ended


@pytest.mark.engine
def test_two_machines_share_a_study_and_no_password_reaches_a_file_a_log_or_a_command_line(
    tmp_path, postgres_url, monkeypatch
):
    monkeypatch.setenv("HPO_STORAGE", postgres_url)
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    with start("run", "e2e.yaml", cwd=one) as leader:
        said = [read_until(leader, "ready")]
        watch = start("watch", "e2e", "--json", cwd=three)
        with start("worker", "e2e", cwd=two) as helper:
            said.append(read_until(helper, "complete"))
            lines = command_lines(leader, helper)
            helper.send_signal(signal.SIGINT)
            said += helper.communicate()
            assert helper.returncode == 130, said[-1]
            assert "Its trials are given back" in said[-1]
        assert "fleet.worker" in lines
        said.append(call_hpo("show", "e2e", cwd=two).stdout)
        assert "e2e, running" in said[-1]
        with engine_in_this_process():
            refused = call_hpo("run", "e2e.yaml", cwd=three)
        said += [refused.stdout, refused.stderr]
        assert refused.returncode == 2
        assert "To work on its trials as well, type: hpo worker e2e" in said[-1]
        leader.send_signal(signal.SIGINT)
        said += leader.communicate()
        assert leader.returncode == 130, said[-1]
        assert "Study e2e is paused; `hpo resume e2e" in said[-1]
    said += check_watched(watch)
    ended = check_paused(one)
    with engine_in_this_process():
        said.append(call_hpo("run", "e2e.yaml", "--trials", str(ended), cwd=one).stderr)
    finished = call_hpo("worker", "e2e", cwd=two)
    assert finished.returncode == 0
    assert "Study e2e is finished. `hpo show e2e` prints the result." in finished.stderr
    for command in (["show", "e2e"], ["show", "e2e", "--json"], ["list", "--json"], ["importance", "e2e"]):
        result = call_hpo(*command, cwd=two)
        said += [result.stdout, result.stderr]
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.connect() as connection:
        tables = sqlalchemy.inspect(engine).get_table_names()
        said += [str(connection.execute(sqlalchemy.text(f"SELECT * FROM {table}")).all()) for table in tables]  # noqa: S608
    engine.dispose()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"report.html", "worker-1.log", "worker-1001.log", "space.yaml"} <= {path.name for path in files}
    said += [path.read_bytes().decode(errors="replace") for path in files]
    for secret in SECRETS:
        assert secret not in lines
        assert not [text for text in said if secret in text]
    removed = call_hpo("rm", "e2e", "--yes", cwd=one)
    assert removed.returncode == 0, removed.stderr
    assert json.loads(call_hpo("list", "--json", cwd=two).stdout) == []


def test_commands_name_the_server_in_their_errors_and_hide_its_password(tmp_path, postgres_url):
    for command in (["show", "e2e"], ["trials", "e2e"], ["worker", "e2e"], ["rm", "e2e", "--yes"], ["resume", "e2e"]):
        result = call_hpo(*command, "--storage", postgres_url, cwd=tmp_path)
        assert result.returncode == 2, command
        assert "study e2e: it is in postgresql+psycopg://postgres:***@/studies_" in result.stderr
        assert "hush" not in result.stderr
    refused = call_hpo("list", "--storage", "studies", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--storage: it is the URL of a PostgreSQL or MySQL server" in refused.stderr
    assert not os.listdir(tmp_path)
