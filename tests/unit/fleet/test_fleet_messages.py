"""Messages between supervisor and workers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo.fleet.messages import (
    EpochDone,
    Notice,
    RunTrial,
    ScoreTrial,
    Stop,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerReady,
    from_line,
    to_line,
)

MESSAGES = [
    RunTrial(),
    ScoreTrial(3),
    Stop(),
    Notice(1, "reading images: 3 of 4"),
    WorkerReady(1, "host:12", "cpu"),
    TrialStarted(1, 0, {"depth": 2, "learning_rate": 0.1, "optimizer": "sgd", "nesterov": True}, 5),
    EpochDone(1, 0, 2, 5, 0.5, 1234.5),
    TrialEnded(2, 6, "complete", [0.5, 1234.0], None, 3.0),
    TrialEnded(2, 7, "failed", None, "error: no\nluck", 1.25),
    TestScored(1, 7, 0.9, 0.3),
    TestScored(1, 7, None, None),
    WorkerFailed(1, "DataError", "no “data”"),
    WorkerDied(1, "its process ended with status 1"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_from_its_line(message):
    line = to_line(message)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert from_line(line) == message


@given(st.text(), st.text())
def test_any_text_fits_into_one_line(error, message):
    failed = WorkerFailed(1, error, message)
    line = to_line(failed)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert from_line(line) == failed


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "hello\n",
        '{"type": "EpochDone", "worker": 1, "num',
        "7\n",
        "[]\n",
        "{}\n",
        '{"type": "Nonsense"}\n',
        '{"type": ["RunTrial"]}\n',
        '{"type": "ScoreTrial"}\n',
        '{"type": "RunTrial", "more": 1}\n',
    ],
)
def test_a_line_that_is_no_message_is_refused_and_shown(line):
    with pytest.raises(ValueError, match="a message is a JSON object with a known type and its fields") as caught:
        from_line(line)
    assert repr(line) in str(caught.value)
