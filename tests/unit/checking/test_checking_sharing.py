"""How many epochs a check foresees where trials share their first phases."""

from __future__ import annotations

import pytest

from hpo.checking import SharedEpochs, check_space
from hpo.spaces import load

SPACE = """\
study: phases
data: {dataset: digits}
model: {family: simple_cnn, depth: {choice: [1, 2]}}
training: {phases: [{epochs: 5}, {epochs: 2, learning_rate: {choice: [1e-2, 1e-3, 1e-4]}}]}
search: {share_prefixes: true}
"""


@pytest.mark.parametrize(
    ("change", "sharing"),
    [
        ("seed=0", SharedEpochs(6, 6 * 7, 2 * 5 + 6 * 2)),
        ("training.phases.0.learning_rate={float: [1e-3, 1e-2]}", SharedEpochs(100, 100 * 7, 100 * 7)),
        ("search.share_prefixes=false", None),
    ],
    ids=["shared", "none begin alike", "off"],
)
def test_random_trials_tell_how_many_epochs_are_trained_of_all(tmp_path, change, sharing):
    (tmp_path / "space.yaml").write_text(SPACE)
    assert check_space(load(tmp_path / "space.yaml", [change]), quick=True).sharing == sharing
