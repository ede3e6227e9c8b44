"""Trials that begin alike train that once: the same curves, to the last bit, whichever of them has trained it."""

from __future__ import annotations

import pytest

import hpo
from hpo.studies import StudyRecord, TrialLedger

pytestmark = pytest.mark.engine

SPACE = """\
study: {name}
data: {{dataset: digits}}
model: {{family: simple_cnn, depth: 1, filters: 2, dense_units: 4, dropout: 0.2}}
training:
  batch_size: 256
  phases: [{{epochs: 2, optimizer: adam}}, {{epochs: 1, learning_rate: {{choice: [0.01, 0.1]}}}}]
search: {{sampler: grid, pruner: none, share_prefixes: true}}
start_from: [{{phases.1.learning_rate: {first}}}]
"""


def curves(study):
    trials = StudyRecord(study.address).frozen_trials()
    return {trial.params["phases.1.learning_rate"]: TrialLedger(trial.user_attrs).history for trial in trials}


def test_trials_train_their_first_phase_once_and_have_the_curves_that_they_have_alone(tmp_path, thread_launcher):
    studies = []
    for name, first in (("one", 0.01), ("other", 0.1)):
        space = tmp_path / f"{name}.yaml"
        space.write_text(SPACE.format(name=name, first=first))
        studies.append(hpo.run(space, studies=tmp_path, launcher=thread_launcher, quiet=True))
    assert curves(studies[0]) == curves(studies[1])
    assert [[trial.params for trial in study.trials()] for study in studies] == [
        [{"phases.1.learning_rate": rate} for rate in rates] for rates in ([0.01, 0.1], [0.1, 0.01])
    ]
    for study in studies:
        assert study.costs.epochs == 2 + 1 + 1
        assert [len(curve["loss"]) for curve in curves(study).values()] == [3, 3]
        assert [trial.get("prefix") for trial in study.trials()] == [None, {"trial": 0, "epochs": 2}]
        assert study.folder.checkpoint_store.sizes() == {}
