"""Trials become runs of MLflow, held with its real client and its real server."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from s3_server import Line

from hpo.errors import WorkError
from hpo.spaces.sections.objectives import Objective
from hpo.tracking import TrackedEpoch, TrackedTrial, TrialEnding
from hpo.tracking.mlflow.settings import MlflowTracking
from hpo.tracking.record import TrackingRecord
from hpo.tracking.sending import TrackerThread
from hpo.training.measuring.examples import Examples

pytest.importorskip("mlflow")
pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch) -> None:
    for name in [name for name in os.environ if name.startswith("MLFLOW_TRACKING_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def study(request) -> str:
    """A name that no other test has: the server keeps what all of them send."""
    return f"study of {request.node.name}"


def open_tracker(uri: str | None, **settings):
    from hpo.tracking.mlflow.tracker import MlflowTracker

    return MlflowTracker(MlflowTracking(uri=uri, **settings), Path())


def make_trial(study: str, number: int = 7, **changes) -> TrackedTrial:
    values = {
        "study": study,
        "number": number,
        "run_id": f"{study}-{number}",
        "sweep": None,
        "params": {"learning_rate": 0.1, "model.dropout": None, "optimizer": "adam"},
        "config": {"training": {"learning_rate": 0.1}},
        "objectives": (Objective(metric="val_accuracy"),),
        "attempt": 1,
        "worker": "host:1",
    }
    return TrackedTrial(**(values | changes))


def make_epochs(*epochs: int) -> list[TrackedEpoch]:
    return [
        TrackedEpoch(epoch=epoch, metrics={"val_accuracy": epoch / 10, "loss": None}, seconds=1.5) for epoch in epochs
    ]


def find_runs(uri: str, study: str) -> list:
    from hpo.tracking.mlflow.client import MlflowClient

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(study)
    return client.search_runs([experiment.experiment_id], order_by=["tags.`mlflow.runName` ASC"])


def read_steps(uri: str, study: str, metric: str) -> list[int]:
    from hpo.tracking.mlflow.client import MlflowClient

    (run,) = find_runs(uri, study)
    return sorted(entry.step for entry in MlflowClient(uri).get_metric_history(run.info.run_id, metric))


def read_artifacts(uri: str, study: str, folder: Path) -> dict[str, Path]:
    from hpo.tracking.mlflow.client import MlflowClient

    (run,) = find_runs(uri, study)
    root = Path(MlflowClient(uri).download_artifacts(run.info.run_id, "", str(folder)))
    return {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}


def test_a_trial_is_a_run_with_its_params_metrics_values_and_state(mlflow_url, study, capfd):
    endings = {
        1: TrialEnding(state="complete", values={"val_accuracy": 0.2}, best_epoch=2, measures={"parameters": 850}),
        2: TrialEnding(state="pruned", values={"val_accuracy": 0.3}, best_epoch=3),
        3: TrialEnding(state="failed", cause="memory: too much of it"),
        4: TrialEnding(state="infeasible", cause="constraint: parameters < 10"),
        5: TrialEnding(state="waiting", best_epoch=3),
    }
    tracker = open_tracker(mlflow_url)
    for number in endings:  # several at once
        tracker.begin(make_trial(study, number), 0)
    for epoch in (1, 2, 3):
        for number in endings:
            tracker.log(make_trial(study, number), make_epochs(epoch))
    for number, ending in endings.items():
        tracker.end(make_trial(study, number), ending)
    tracker.close()
    runs = find_runs(mlflow_url, study)
    assert [run.info.status for run in runs] == ["FINISHED", "KILLED", "FAILED", "KILLED", "SCHEDULED"]
    assert [run.data.tags["hpo.state"] for run in runs] == [ending.state for ending in endings.values()]
    assert [run.data.tags.get("hpo.cause") for run in runs] == [ending.cause for ending in endings.values()]
    best = runs[0].data
    assert best.params == {"learning_rate": "0.1", "model.dropout": "none", "optimizer": "adam"}
    assert best.tags["hpo.objectives"] == "maximize val_accuracy"
    assert best.metrics.pop("loss") != best.metrics  # no number
    assert best.metrics == {
        "val_accuracy": 0.3,
        "seconds": 1.5,
        "objective/val_accuracy": 0.2,
        "measure/parameters": 850,
    }
    assert capfd.readouterr().out == ""


def test_a_trial_that_goes_on_continues_its_run_and_no_epoch_is_there_twice(mlflow_url, study):
    killed = open_tracker(mlflow_url)
    killed.begin(make_trial(study), 0)
    killed.log(make_trial(study), make_epochs(1, 2, 3))  # and dies before it notes that
    tracker = open_tracker(mlflow_url)
    for after_epoch in (0, 2):
        arrived = tracker.begin(make_trial(study, attempt=2), after_epoch)
        tracker.log(make_trial(study, attempt=2), make_epochs(*range(arrived + 1, 7)))
        tracker.end(
            make_trial(study, attempt=2), TrialEnding(state="complete", values={"val_accuracy": 0.6}, best_epoch=6)
        )
    assert read_steps(mlflow_url, study, "val_accuracy") == [1, 2, 3, 4, 5, 6]
    assert read_steps(mlflow_url, study, "loss") == [1, 2, 3, 4, 5, 6]
    assert read_steps(mlflow_url, study, "objective/val_accuracy") == [6]
    (run,) = find_runs(mlflow_url, study)
    assert (run.info.status, run.data.tags["hpo.attempt"]) == ("FINISHED", "2")


def test_an_epoch_has_the_time_at_which_it_ended(mlflow_url, study):
    from hpo.tracking.mlflow.client import MlflowClient

    tracker = open_tracker(mlflow_url)
    tracker.begin(make_trial(study), 0)
    began = time.time()
    tracker.log(make_trial(study), make_epochs(1, 2, 3))
    (run,) = find_runs(mlflow_url, study)
    history = MlflowClient(mlflow_url).get_metric_history(run.info.run_id, "seconds")
    times = sorted(entry.timestamp for entry in history)
    assert np.diff(times) == pytest.approx([1500, 1500], abs=2)
    assert int(began * 1000) <= times[-1] <= time.time() * 1000


def test_more_than_one_call_takes_arrives_as_a_whole(mlflow_url, study):
    params = {f"layers[{index}].filters": index for index in range(150)}
    trial = make_trial(study, params=params)
    names = [f"metric {index}" for index in range(300)]
    tracker = open_tracker(mlflow_url)
    tracker.begin(trial, 0)
    epochs = [TrackedEpoch(epoch=epoch, metrics=dict.fromkeys(names, 1.0), seconds=0.0) for epoch in range(1, 11)]
    tracker.log(trial, epochs)
    (run,) = find_runs(mlflow_url, study)
    assert len(run.data.params) == 150
    assert run.data.params["layers_149_.filters"] == "149"
    assert read_steps(mlflow_url, study, "metric 299") == list(range(1, 11))


def test_config_examples_and_model_are_artifacts(mlflow_url, study, tmp_path):
    images = np.zeros((2, 8, 8, 1), np.uint8)
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2]], np.float32)
    examples = Examples(
        ("cat", "dog"), np.array([[3, 0], [1, 2]]), images, np.array([0, 1], np.int32), probabilities, ("a", "b")
    )
    model = tmp_path / "trial-7.keras"
    model.write_bytes(b"weights")
    for wants_model, more in ((False, set()), (True, {"model/trial-7.keras"})):
        tracker = open_tracker(mlflow_url, model=wants_model)
        tracker.begin(make_trial(study), 0)
        tracker.end(make_trial(study), TrialEnding(state="complete", examples=examples, model=model))
        (folder := tmp_path / str(wants_model)).mkdir()
        files = read_artifacts(mlflow_url, study, folder)
        pictures = {"confusion_matrix.png", "predictions/00.png", "predictions/01.png"}
        assert set(files) == {"config.json", "confusion_matrix.json", "predictions.json", *pictures, *more}
    assert json.loads(files["config.json"].read_text()) == {"training": {"learning_rate": 0.1}}
    assert json.loads(files["confusion_matrix.json"].read_text())["matrix"] == [[3, 0], [1, 2]]
    assert json.loads(files["predictions.json"].read_text())[1] == {
        "name": "b",
        "class": "dog",
        "predicted": "cat",
        "probability": 0.8,
    }
    assert files["model/trial-7.keras"].read_bytes() == b"weights"


def test_an_experiment_may_have_a_name_of_its_own_and_one_that_was_deleted_is_told(mlflow_url, study, monkeypatch):
    from hpo.tracking.mlflow.client import MlflowClient

    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", study)
    open_tracker(mlflow_url).begin(make_trial("other"), 0)
    open_tracker(mlflow_url, experiment=f"{study} 2").begin(make_trial("other"), 0)
    assert len(find_runs(mlflow_url, study)) == len(find_runs(mlflow_url, f"{study} 2")) == 1
    client = MlflowClient(mlflow_url)
    client.delete_experiment(client.get_experiment_by_name(study).experiment_id)
    with pytest.raises(WorkError, match="is deleted: restore it, or name another"):
        open_tracker(mlflow_url).begin(make_trial("other"), 0)


@pytest.mark.filterwarnings("ignore")  # of MLflow's beside SQLAlchemy 2.1
def test_a_file_of_sqlite_takes_the_place_of_a_server(tmp_path, study, monkeypatch):
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    for after_epoch in (0, 2):
        tracker = open_tracker(uri)
        assert tracker.begin(make_trial(study), 0) == after_epoch
        tracker.log(make_trial(study), make_epochs(*range(after_epoch + 1, 3)))
        tracker.end(make_trial(study), TrialEnding(state="complete", values={"val_accuracy": 0.2}, best_epoch=2))
    assert read_steps(uri, study, "val_accuracy") == [1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlartifacts", "mlflow.db"]


@contextmanager
def answering(status: int, body: bytes = b"", delay: float = 0.0) -> Iterator[str]:
    """A server with one answer; gives its URL."""
    is_over = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_over.wait(delay)
            with suppress(OSError):  # the client did not wait
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            is_over.set()
            server.shutdown()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"status": 500, "body": b"oops"}, "does not answer: error 500"),
        ({"status": 429}, "does not answer: error 429"),
        ({"status": 401, "body": b"You are not authenticated"}, "credentials: set MLFLOW_TRACKING_USERNAME"),
        (
            {"status": 403, "body": b'{"error_code": "PERMISSION_DENIED", "message": "no"}'},
            "credentials: set MLFLOW_TRACKING_USERNAME",
        ),
        ({"status": 200, "body": b"<html>"}, "not in a valid JSON format"),
        ({"status": 200, "body": b"{}", "delay": 60}, "does not answer: no response within 1 s"),
    ],
)
def test_what_a_server_answers_wrongly_is_told_at_once_and_names_no_password(answer, message, study, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "somebody")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hush")
    with answering(**answer) as url, pytest.raises(WorkError, match=message) as caught:
        open_tracker(url).begin(make_trial(study), 0)
    assert url in str(caught.value)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_is_gone_is_told_once_and_sent_all_when_it_is_back(mlflow_url, trials, tmp_path, monkeypatch):
    monkeypatch.setattr("hpo.tracking.sending._FIRST_DELAY_S", 0.1)
    monkeypatch.setattr("hpo.tracking.sending.PAUSE_S", 0.1)
    line = Line(int(mlflow_url.rpartition(":")[2]))
    line.is_up = False
    notices: list[str] = []
    record = TrackingRecord(trials.study, {"mlflow": MlflowTracking()})
    settings = MlflowTracking(uri=line.url, experiment=f"gone {record._id}")
    with closing(line):
        thread = TrackerThread("mlflow", settings, record, tmp_path, notices.append)
        thread.start()
        number = trials.begin()
        trials.report(number, 1, 2)
        thread.look_at([number])
        while line.refused < 3:  # tried again
            time.sleep(0.05)
        line.is_up = True
        trials.report(number, 3)
        trials.complete(number, 3)
        thread.look_at([number])
        while record.note("mlflow", number)["state"] != "complete":
            time.sleep(0.05)
        thread.finish()
        thread.join(30)
    assert len(notices) == 1
    assert f"Received {line.url} does not answer" in notices[0]
    assert read_steps(mlflow_url, settings.experiment, "val_accuracy") == [1, 2, 3]
    assert find_runs(mlflow_url, settings.experiment)[0].info.status == "FINISHED"
