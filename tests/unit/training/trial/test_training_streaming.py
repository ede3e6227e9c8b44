"""Trials on images that are decoded anew in every epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hpo.data import DataStore
from hpo.data.sets.folder import Folder
from hpo.training import Completed

pytestmark = pytest.mark.engine


def test_a_trial_is_the_same_whether_images_stream_or_come_from_the_cache(run, config_of, tmp_path: Path):
    random = np.random.default_rng(0)
    for name in ("dark", "bright"):
        (tmp_path / name).mkdir()
        for number in range(40):
            pixels = random.integers(0, 200, (8, 8, 1)).repeat(3, axis=2) + 55 * (name == "bright")
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / name / f"{number}.png")

    def trial(cache: str):
        data = DataStore(0).prepare(Folder(path=tmp_path, cache=cache)).trial
        assert data.train.is_slow == (cache == "stream")
        outcome = run(config_of("epochs: 3"), on=data)
        assert isinstance(outcome, Completed)
        return outcome.learned.history

    assert trial("stream") == trial("disk")
