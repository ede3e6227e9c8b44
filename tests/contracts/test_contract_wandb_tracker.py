"""The tracker of Weights & Biases does what every tracker does, with the real client."""

from __future__ import annotations

import pytest
from wandb_server import WandbServer

from hpo.testing.tracker import SeenRun, TrackerContract
from hpo.tracking.wandb.settings import WandbTracking

pytest.importorskip("wandb")
pytestmark = pytest.mark.thorough


class TestWandb(TrackerContract):
    name = "wandb"

    @pytest.fixture(autouse=True)
    def _server(self, wandb_server: WandbServer) -> None:
        self.server = wandb_server

    @pytest.fixture
    def settings(self) -> WandbTracking:
        return WandbTracking(project="contract", mode="online")

    def read_run(self, settings, folder, trial) -> SeenRun:
        run = self.server.runs[trial.run_id]
        points: dict[str, list[tuple[int, float]]] = {}
        for row in run.history:
            for metric, value in row.items():
                if isinstance(value, float | int) and not metric.startswith("_"):
                    points.setdefault(metric, []).append((row["_step"], value))
        images = sum(file.endswith(".png") for file in run.files) + ("confusion_matrix_table" in run.summary)
        text = f"{run.tags} {run.summary.get('state')} {run.summary.get('cause')}"
        return SeenRun(points=points, params=run.values["params"], text=text, images=images)
