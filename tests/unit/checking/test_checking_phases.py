"""What a check says of trainings in phases: times that add up, the memory of the worst, what cannot matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.checking import Findings
from hpo.spaces import StudySpec, load

pytestmark = pytest.mark.engine

SPACE = """\
data: digits
model: {family: simple_cnn, depth: 2, filters: 4, dense_units: 8}
training: {batch_size: 64, phases: [{epochs: 2, frozen_layers: all}, {epochs: 3}]}
search: {trials: 4}
"""


@pytest.fixture
def spec_of(tmp_path: Path):
    """`spec_of(phases, *overrides)`: a small space with these phases."""
    path = tmp_path / "space.yaml"
    path.write_text(SPACE)
    return lambda phases, *overrides: load(path, (f"training.phases={phases}", *overrides))


def findings_of(spec: StudySpec) -> Findings:
    from hpo.checking.examination import examine

    return examine(spec, lambda doing: None, seconds=0.1)


def test_a_trial_takes_the_time_of_all_its_phases(spec_of):
    findings = findings_of(spec_of("[{epochs: 100, frozen_layers: all}, {epochs: {int: [100, 500]}}]"))
    assert findings.is_sound
    assert findings.times is not None
    # 600 epochs to 200, and two beginnings in each.
    assert 1.2 < findings.times.trial.largest.value / findings.times.trial.smallest.value < 3
    assert findings.times.trial.largest.params == {"phases.1.epochs": 500}


def test_what_freezes_the_same_layers_cannot_matter_and_neither_does_what_every_phase_says_itself(spec_of):
    # The last two of the nine layers of the base, activation and pooling, have nothing to train.
    findings = findings_of(
        spec_of(
            "[{epochs: 2, frozen_layers: {choice: [7, 8, all]}}, {epochs: 2, frozen_layers: 0, learning_rate: 0.1}]",
            "model.frozen_layers={int: [0, 5]}",
        )
    )
    assert {str(idle) for idle in findings.idle} == {
        "frozen_layers cannot matter",
        "phases.0.frozen_layers cannot matter",
    }


def test_what_a_phase_freezes_matters_where_it_has_weights(spec_of):
    findings = findings_of(spec_of("[{epochs: 2, frozen_layers: {choice: [0, 2]}}, {epochs: 2}]"))
    assert findings.idle == ()


def test_a_phase_that_freezes_more_than_there_is_is_broken(spec_of):
    (part,) = findings_of(spec_of("[{epochs: 2}, {epochs: 2, frozen_layers: {choice: [1, 99]}}]")).broken
    assert part.text == "phases.1.frozen_layers = 99"


def test_memory_is_that_of_the_phase_that_takes_the_most(spec_of):
    frozen = findings_of(spec_of("[{epochs: 1, frozen_layers: all}]"))
    both = findings_of(spec_of("[{epochs: 1, frozen_layers: {choice: [all, 0]}}, {epochs: 1, frozen_layers: all}]"))
    assert frozen.costs is not None
    assert both.costs is not None
    assert both.costs.memory.smallest.value == frozen.costs.memory.largest.value < both.costs.memory.largest.value


LINEAR = """\
import keras

def build(config, shape, classes):
    layers = [keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input(shape), *layers])
"""


def test_learning_rates_need_weights_in_base_and_head(spec_of, tmp_path: Path):
    rates = "training.learning_rates={base: 0.001, head: 0.01}"
    assert findings_of(spec_of("[{epochs: 1, frozen_layers: all}, {epochs: 1}]", rates)).is_sound
    (tmp_path / "linear.py").write_text(LINEAR)
    own = f"model={{family: '{tmp_path}/linear.py:build'}}"
    (part,) = findings_of(spec_of("[{epochs: 1}]", rates, own)).broken
    assert "training.learning_rates needs weights in base and head" in part.reason
    assert "whose base has none. Write training.learning_rate." in part.reason
    some = "[{epochs: 1}, {choice: [{epochs: 1}, {epochs: 1, learning_rates: {base: 0.1, head: 0.2}}]}]"
    (part,) = findings_of(spec_of(some, own)).broken
    assert part.text.startswith("phases.1 = ")
    assert "learning_rates" in part.text
