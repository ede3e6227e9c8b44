"""A study that runs in one process, and is watched from others."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from e2e_command import HPO, SPACE, call_hpo


@pytest.mark.engine
def test_a_run_is_watched_from_other_processes_until_it_ends_and_is_left_alone(tmp_path: Path):
    space = SPACE.replace("trials: 4", "trials: 9").replace("[1, 5]", "[1, 2]")
    (tmp_path / "e2e.yaml").write_text(space.replace("batch_size: 128", "batch_size: 8"))  # it lasts till it is watched
    with subprocess.Popen([HPO, "run", "e2e.yaml"], cwd=tmp_path, stdout=-1, stderr=-1, text=True) as run:
        while call_hpo("show", "e2e", cwd=tmp_path).returncode:  # until there is a study
            assert run.poll() is None
            time.sleep(0.1)
        watches = [
            subprocess.Popen([HPO, "watch", "e2e", *options], cwd=tmp_path, stdout=-1, stderr=-1, text=True)
            for options in ([], ["--json"], [])
        ]
        assert watches[2].stderr is not None
        assert watches[2].stderr.readline(), "it has begun to watch"
        watches[2].send_signal(signal.SIGINT)
        (_, said), (events, _), (_, left) = (watch.communicate(timeout=200) for watch in watches)
        run.communicate()
    assert [watch.returncode for watch in watches] == [0, 0, 130]
    assert run.returncode == 0
    assert "complete" in said
    assert "Study e2e is finished, its budget of 9 trials is used up: 9 complete; best " in said
    assert left.splitlines()[-1] == "Study e2e is watched no more; it goes on."
    told = [json.loads(line) for line in events.splitlines()]
    assert {"WorkerReady", "TrialStarted", "TrialEnded"} <= {event["type"] for event in told}
    ended = [event["number"] for event in told if event["type"] == "TrialEnded"]
    assert ended == list(range(9))[-len(ended) :]  # all but those that had ended before it was watched
    assert {(event["number"], event["epoch"]) for event in told if event["type"] == "EpochDone"} >= {
        (number, epoch) for number in ended[1:] for epoch in (1, 2, 3)
    }
    assert (told[-1]["type"], told[-1]["state"]) == ("Summary", "finished")
    shown = json.loads(call_hpo("show", "e2e", "--json", cwd=tmp_path).stdout)
    assert (shown["end"]["by"], shown["costs"]["epochs"], shown["estimate"]) == ("trials", 27, None)
