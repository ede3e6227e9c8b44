"""Messages between supervisor and workers."""

from __future__ import annotations

import json

import pytest

from hpo.fleet.messages import (
    ClaimTrials,
    EpochDone,
    NothingClaimed,
    Notice,
    ScoreTrial,
    ScoringStarted,
    Stopping,
    TestScored,
    TrialEnded,
    TrialsElsewhere,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerReady,
    from_json,
    to_json,
)

MESSAGES = [
    ClaimTrials(),
    ScoreTrial(3),
    NothingClaimed(2, "space"),
    Notice(1, "reading images: 3 of 4"),
    WorkerReady(1, "host:12", "cpu"),
    TrialStarted(1, 0, {"depth": 2, "learning_rate": 0.1, "optimizer": "sgd", "nesterov": True}, 5),
    EpochDone(1, 0, 2, 5, 0.5, 1234.5),
    TrialEnded(2, 6, "complete", [0.5, 1234.0], None, 3.0),
    TrialEnded(2, 7, "failed", None, "error: no\nluck", 1.25),
    ScoringStarted(1, 7),
    TestScored(1, 7, 0.9, 0.3),
    TrialsElsewhere(0, [[3, "complete", [0.5]], [4, "failed", None]], 2),
    Stopping(1, 2.0, 60.0, is_forced=True),
    TestScored(1, 7, None, None),
    WorkerFailed(1, "DataError", "no “data”"),
    WorkerDied(1, "its process ended with status 1"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_from_its_json(message):
    assert from_json(json.loads(json.dumps(to_json(message)))) == message


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"type": "Nonsense"},
        {"type": ["ClaimTrials"]},
        {"type": "ScoreTrial"},
        {"type": "ClaimTrials", "more": 1},
    ],
)
def test_what_is_no_message_is_refused_and_shown(fields):
    with pytest.raises(ValueError, match="a message has a known type and its fields") as caught:
        from_json(fields)
    assert repr(fields) in str(caught.value)
