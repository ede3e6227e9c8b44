"""The tracker of MLflow keeps what every tracker promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.testing.tracker import SeenRun, TrackerContract
from hpo.tracking import TrackedTrial, TrackerSettings
from hpo.tracking.mlflow.settings import MlflowTracking

pytest.importorskip("mlflow")
pytestmark = pytest.mark.thorough


class TestMlflow(TrackerContract):
    name = "mlflow"

    @pytest.fixture
    def settings(self, mlflow_url: str, request: pytest.FixtureRequest) -> MlflowTracking:
        return MlflowTracking(uri=mlflow_url, experiment=request.node.name)

    def read_run(self, settings: TrackerSettings, folder: Path, trial: TrackedTrial) -> SeenRun:
        from hpo.tracking.mlflow.client import MlflowClient

        assert isinstance(settings, MlflowTracking)
        client = MlflowClient(settings.uri)
        experiment = client.get_experiment_by_name(settings.experiment).experiment_id
        (run,) = client.search_runs([experiment], f"tags.`hpo.run_id` = '{trial.run_id}'")
        histories = {name: client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
        files = [file.path for place in ("", "predictions") for file in client.list_artifacts(run.info.run_id, place)]
        return SeenRun(
            points={
                name: sorted((entry.step, entry.value) for entry in history) for name, history in histories.items()
            },
            params=run.data.params,
            text=" ".join(run.data.tags.values()),
            images=sum(path.endswith(".png") for path in files),
        )
