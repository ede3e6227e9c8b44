"""What every trial would meet: data that cannot be read or has changed, and code that always fails."""

from __future__ import annotations

from typing import Literal

import pytest

import hpo
from hpo.catalog import MODELS
from hpo.errors import DataError, UserError, WorkerError, WorkError
from hpo.fleet import Notice, TrialEnded, WorkerReady
from hpo.models import ModelFamily

pytestmark = pytest.mark.engine


IMAGES = """\
study: images
data: {dataset: folder, path: images, validation: 0.25}
model: {family: simple_cnn, depth: 1, filters: 2, dense_units: 0}
training: {epochs: 1, batch_size: 8, learning_rate: {float: [1e-3, 1e-1], log: true}}
search: {trials: 1, sampler: random, pruner: none}
"""


def write_image(path, shade):
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(path)


def test_what_is_found_in_the_data_is_told_and_a_study_does_not_go_on_with_data_that_changed(
    tmp_path, studies, thread_launcher
):
    (tmp_path / "images.yaml").write_text(IMAGES)
    for index in range(20):
        write_image(tmp_path / "images" / "dark" / f"{index}.png", index)
        write_image(tmp_path / "images" / "light" / f"{index}.png", 255 - index)
    write_image(tmp_path / "images" / "dark" / "copy.png", 3)
    events = []
    study = hpo.run(
        tmp_path / "images.yaml", studies=studies, launcher=thread_launcher, listen=lambda study: events.append
    )
    summary, repeated = (event.text for event in events[:2] if isinstance(event, Notice))
    assert summary == "folder: 41 images of 2 classes: 24 train, 8 validation, 9 test"
    assert "dark/copy.png (the same pixels as dark/3.png)" in repeated
    assert study.counts()["complete"] == 1

    write_image(tmp_path / "images" / "dark" / "3.png", 200)
    with pytest.raises(DataError, match="the data stays the same from trial to trial"):
        hpo.resume("images", trials=2, studies=studies, launcher=thread_launcher)
    assert len(study.trials()) == 1
    assert study.state == "paused"


def test_data_that_cannot_be_read_ends_the_run_before_a_trial(tmp_path, studies, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody answers there: no download on any machine
    path = tmp_path / "cifar.yaml"
    path.write_text("data: {dataset: cifar10}\nmodel: {family: simple_cnn, depth: {int: [1, 2]}}\n")
    events = []
    with pytest.raises(DataError, match="cifar10 is downloaded once by Keras"):
        hpo.run(path, studies=studies, workers=1, listen=lambda study: events.append)
    study = hpo.open_study("cifar", studies)
    assert study.trials() == []
    assert events == []
    assert study.state == "paused"


class BrokenFamily(ModelFamily):
    """A model family whose networks can never be built."""

    family: Literal["broken"] = "broken"
    width: int = 1

    def build(self, shape, classes):
        raise RuntimeError("the driver is gone")


def test_five_trials_in_a_row_that_fail_for_no_reason_of_their_own_end_the_run(
    tmp_path, studies, thread_launcher, monkeypatch
):
    monkeypatch.setitem(MODELS.built_in, "broken", f"{__name__}:BrokenFamily")
    path = tmp_path / "broken.yaml"
    path.write_text(
        "data: {dataset: digits}\nmodel: {family: broken, width: {int: [1, 100]}}\nsearch: {pruner: none}\n"
    )
    events = []
    with pytest.raises(WorkerError) as caught:
        hpo.run(path, studies=studies, launcher=thread_launcher, listen=lambda study: events.append)
    message = str(caught.value)
    assert message.startswith("5 trials or workers in a row failed, and not because of a config")
    assert message.endswith("The last one: error: RuntimeError: the driver is gone")
    assert [type(event) for event in events].count(WorkerReady) == 1  # the worker outlived its trials
    assert [event.cause for event in events if isinstance(event, TrialEnded)] == (
        ["error: RuntimeError: the driver is gone"] * 5
    )


def test_retry_runs_the_failed_trials_again_and_no_others(tmp_path, studies, thread_launcher, monkeypatch):
    monkeypatch.setitem(MODELS.built_in, "broken", f"{__name__}:BrokenFamily")
    path = tmp_path / "broken.yaml"
    path.write_text(
        "data: {dataset: digits}\nmodel: {family: broken, width: {int: [1, 100]}}\n"
        "training: {epochs: 1}\nsearch: {trials: 1, pruner: none}\n"
    )
    study = hpo.run(path, studies=studies, launcher=thread_launcher)
    assert [(trial.state, trial.attempts) for trial in study.trials()] == [("failed", 1)]
    small = MODELS.get("simple_cnn")(depth=1, filters=2)
    monkeypatch.setattr(BrokenFamily, "build", lambda self, shape, classes: small.build(shape, classes))
    hpo.resume("broken", trials=2, studies=studies, launcher=thread_launcher)
    study = hpo.retry("broken", studies=studies, launcher=thread_launcher)
    assert [(trial.state, trial.attempts) for trial in study.trials()] == [("complete", 2), ("complete", 1)]
    with pytest.raises(UserError, match="Received a study with no failed trial"):
        hpo.retry("broken", studies=studies, launcher=thread_launcher)


def test_a_model_that_cannot_be_kept_pauses_the_study_and_costs_no_trial(small_space, studies, thread_launcher):
    (studies / "small").mkdir(parents=True)
    (studies / "small" / "artifacts").touch()  # where the folder of models would be
    with pytest.raises(WorkError, match="models and checkpoints are kept there"):
        hpo.run(small_space, trials=1, studies=studies, launcher=thread_launcher)
    study = hpo.open_study("small", studies)
    assert (study.counts()["waiting"], study.budget.used) == (1, 0)
    (studies / "small" / "artifacts").unlink()
    assert hpo.resume("small", studies=studies, launcher=thread_launcher).counts()["complete"] == 1
