"""What the stand-in for the server of Weights & Biases promises, held with the real client."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from wandb_server import ENTITY, WandbServer

wandb = pytest.importorskip("wandb")
pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True, scope="module")
def _one_service() -> Iterator[None]:
    """The client's own process serves all tests of the module."""
    yield
    wandb.teardown()


def begin(**options):
    options = {"id": "one", "project": "digits", "resume": "allow", "reinit": "create_new"} | options
    settings = wandb.Settings(silent=True, console="off", disable_git=True, x_disable_stats=True)
    return wandb.init(settings=settings, **options)


def test_a_run_arrives_with_its_config_metrics_summary_and_exit_code(wandb_server: WandbServer):
    run = begin(name="trial 1", group="small", tags=["pruned"], config={"optimizer": {"name": "adam"}})
    for epoch in (1, 2):
        run.log({"loss": 1 / epoch}, step=epoch)
    run.finish(exit_code=3)
    (stored,) = wandb_server.runs.values()
    assert (stored.name, stored.project, stored.entity, stored.display_name) == ("one", "digits", ENTITY, "trial 1")
    assert (stored.group, stored.tags, stored.state, stored.exit_code) == ("small", ["pruned"], "failed", 3)
    assert stored.values == {"optimizer": {"name": "adam"}}
    assert [(row["_step"], row["loss"]) for row in stored.history] == [(1, 1.0), (2, 0.5)]
    assert stored.summary["loss"] == 0.5
    assert json.loads(wandb_server.files["one/wandb-metadata.json"])["python"]


def test_a_run_that_exists_is_continued_after_its_last_step(wandb_server: WandbServer):
    with begin(config={"filters": 8}) as run:
        run.log({"loss": 1.0}, step=1)
        run.log({"loss": 0.5}, step=2)
    again = begin()
    assert (again.resumed, again.starting_step, dict(again.config)) == (True, 3, {"filters": 8})
    again.log({"loss": 0.25}, step=3)
    again.finish()
    assert [row["_step"] for row in wandb_server.runs["one"].history] == [1, 2, 3]


def test_files_of_an_artifact_are_uploaded_unless_they_are_there(wandb_server: WandbServer, tmp_path):
    (tmp_path / "model.txt").write_text("weights")
    for name in ("one", "two"):
        with begin(id=name) as run:
            run.log_artifact(str(tmp_path / "model.txt"), name="best", type="model")
    (artifact,) = wandb_server.artifacts.values()
    assert (artifact.name, artifact.type, artifact.state, artifact.run) == ("best", "model", "COMMITTED", "one")
    assert wandb_server.files[artifact.files["model.txt"]] == b"weights"
    assert wandb_server.counts["CreateArtifactFiles"] == 1


def test_a_sweep_hands_out_what_the_engine_of_weights_and_biases_draws(wandb_server: WandbServer):
    pytest.importorskip("sweeps.params")
    parameters = {"filters": {"values": [4, 8]}}
    sweep = wandb.sweep({"method": "grid", "parameters": parameters}, project="digits")
    for command in ("run", "run", "exit"):
        answer = wandb_server.ask("CreateAgent", {"sweep": sweep, "host": "here"})
        agent = answer["data"]["createAgent"]["agent"]["id"]
        answer = wandb_server.ask("Heartbeat", {"id": agent, "runState": "{}"})
        assert json.loads(answer["data"]["agentHeartbeat"]["commands"])[0]["type"] == command
    handed_out = [run.arguments for run in wandb_server.runs.values()]
    assert handed_out == [{"filters": {"value": 4}}, {"filters": {"value": 8}}]
    assert wandb_server.sweeps[sweep].state == "FINISHED"


def test_requests_that_meet_a_fault_are_sent_again_when_it_has_ended(wandb_server: WandbServer):
    wandb_server.fail("UpsertBucket", status=500, count=1)
    wandb_server.fail("file_stream", is_cut=True, count=1)
    wandb_server.fail("CreateRunFiles", status=429, count=1, retry_after=1)
    wandb_server.fail("QueryRunInfo", delay=0.1)
    with begin() as run:
        run.log({"loss": 1.0}, step=1)
    stored = wandb_server.runs["one"]
    assert (stored.state, len(stored.history), stored.exit_code) == ("finished", 1, 0)
    assert wandb_server.counts["UpsertBucket"] > 1


def test_a_server_that_refused_connections_is_found_again(wandb_server: WandbServer):
    run = begin()
    with wandb_server.refusing():
        run.log({"loss": 1.0}, step=1)
        requests = wandb_server.counts.total()
    run.finish()
    assert wandb_server.counts.total() > requests
    assert len(wandb_server.runs["one"].history) == 1
