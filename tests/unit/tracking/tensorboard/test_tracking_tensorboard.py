"""What TensorBoard reads of what is written for it: by its own loaders, and by its server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from hpo.testing import TrackerContract
from hpo.testing.tracker import SeenRun, make_ending, make_epochs, make_trial
from hpo.tracking import TrackedTrial, TrackerSettings
from hpo.tracking.tensorboard.settings import TensorBoardSettings
from hpo.tracking.tensorboard.tracker import TensorBoardTracker

pytestmark = pytest.mark.thorough


class TestTensorBoard(TrackerContract):
    name = "tensorboard"

    @pytest.fixture
    def settings(self) -> TensorBoardSettings:
        return TensorBoardSettings()

    def read_run(self, settings: TrackerSettings, folder: Path, trial: TrackedTrial) -> SeenRun:
        (path,) = folder.glob(f"trial-{trial.number}-*")
        run = EventAccumulator(str(path), size_guidance={"images": 0})
        run.Reload()
        tags = run.Tags()
        start = metadata.parse_session_start_info_plugin_data(
            run.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
        )
        params = {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}
        texts = [run.Tensors(tag)[-1].tensor_proto.string_val[0].decode() for tag in tags["tensors"] if tag == "trial"]
        points = {tag: [(event.step, event.value) for event in run.Scalars(tag)] for tag in tags["scalars"]}
        return SeenRun(points, params, "".join(texts), len(tags["images"]))


def write_trial(folder: Path, number: int) -> None:
    tracker, trial = TensorBoardTracker(TensorBoardSettings(), folder), make_trial(number)
    tracker.begin(trial, 0)
    tracker.log(trial, make_epochs(1, 2))
    tracker.close()
    tracker = TensorBoardTracker(TensorBoardSettings(), folder)
    tracker.begin(trial, 1)  # the process was killed before it noted the second epoch
    tracker.log(trial, make_epochs(2, 3))
    tracker.end(trial, make_ending())
    tracker.close()


def test_epochs_that_are_sent_again_take_the_place_of_those_that_were_sent(tmp_path):
    write_trial(tmp_path, 0)
    run = TestTensorBoard().read_run(TensorBoardSettings(), tmp_path, make_trial(0))
    assert run.steps("loss") == [1, 2, 3]


@pytest.mark.parametrize("loader", ["true", "false"])
def test_a_real_server_shows_scalars_and_hyperparameters(tmp_path, loader):
    for number in (0, 1):
        write_trial(tmp_path, number)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", f"--logdir={tmp_path}", f"--port={port}", "--host=127.0.0.1"]
    command += [f"--load_fast={loader}", "--reload_interval=1"]
    with (tmp_path.parent / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    try:
        address = f"http://127.0.0.1:{port}/data/plugin"
        runs = _await(lambda: _fetch(f"{address}/scalars/tags"), lambda tags: len(tags) == 2)
        for run in runs:
            points = _await(lambda run=run: _fetch(f"{address}/scalars/scalars?run={run}&tag=loss"), bool)
            assert [step for _, step, _ in points] == [1, 2, 3]
        experiment = _fetch(f"{address}/hparams/experiment", {})
        assert {info["name"] for info in experiment["hparamInfos"]} >= {"learning_rate", "optimizer", "layers"}
        metrics = experiment["metricInfos"]
        assert {info["name"]["tag"] for info in metrics} >= {"loss", "val_accuracy"}
        states = ["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING", "STATUS_UNKNOWN"]
        asked = {"colParams": [{"metric": info["name"]} for info in metrics], "startIndex": 0, "sliceSize": 9}
        groups = _fetch(f"{address}/hparams/session_groups", {**asked, "allowedStatuses": states})["sessionGroups"]
        assert len(groups) == 2
        assert {group["hparams"]["learning_rate"] for group in groups} == {0.001}
        assert {session["status"] for group in groups for session in group["sessions"]} == {"STATUS_SUCCESS"}
    finally:
        server.terminate()
        server.wait(20)


def test_two_studies_of_one_name_share_no_folder(tmp_path):
    settings = TensorBoardSettings(folder=tmp_path)
    for token in ("one", "other"):
        tracker = TensorBoardTracker(settings, tmp_path / "unused")
        trial = TrackedTrial(
            **{name: getattr(make_trial(0), name) for name in TrackedTrial.__slots__ if name != "run_id"},
            run_id=f"{token}-0",
        )
        tracker.begin(trial, 0)
        tracker.close()
    assert sorted(path.name for path in (tmp_path / "contract").iterdir()) == ["trial-0-one", "trial-0-other"]
    assert not (tmp_path / "unused").exists()


def test_no_engine_is_imported(tmp_path):
    program = (
        "import sys; from pathlib import Path; from hpo.tracking.tensorboard.tracker import *;"
        "TensorBoardTracker(TensorBoardSettings(), Path()); print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def _fetch(url: str, body: object = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - our own address
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
        return json.loads(answer.read())


def _await(ask, is_done):
    for _ in range(400):
        try:
            if is_done(answer := ask()):
                return answer
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("the server does not show it")
