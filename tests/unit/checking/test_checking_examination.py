"""What building the networks of a space tells."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from hpo.checking import Findings, check_space
from hpo.errors import WorkerError
from hpo.spaces import StudySpec, load

pytestmark = pytest.mark.engine

SPACE = """\
data: {dataset: digits, image_size: 8}
model: {family: simple_cnn, depth: {int: [3, 5]}, filters: 4, dense_units: 8}
training: {epochs: 3, batch_size: 64}
search: {trials: 4}
"""


@pytest.fixture
def spec_of(tmp_path: Path):
    """`spec_of(*overrides)`: a small space of which little is sound, changed."""
    path = tmp_path / "space.yaml"
    path.write_text(SPACE)
    return lambda *overrides: load(path, overrides)


def findings_of(spec: StudySpec) -> Findings:
    """As in the process that does it for `hpo check`."""
    from hpo.checking.examination import examine

    return examine(spec, lambda doing: None, seconds=0.1)


def test_classes_that_there_are_not_are_told_and_those_that_there_are_can_be_timed(spec_of):
    sound = ("model.depth=1", "training.metrics=[top_k_accuracy]")
    findings = findings_of(spec_of(*sound, 'training.class_weights={"3": 2}'))
    assert (findings.broken, findings.problems) == ((), ())
    (part,) = findings_of(spec_of(*sound, "training.class_weights={three: 2}")).broken
    assert "training.class_weights: classes are weighted by their names. Received 'three'. The classes are 0" in str(
        part
    )
    (part,) = findings_of(spec_of(*sound, "training.top_k={choice: [3, 10]}")).broken
    assert "training.top_k" in str(part)
    assert "Received 10 for 10 classes" in str(part)


def test_weights_of_a_file_that_do_not_fit_a_network_are_told_for_the_configs_that_start_from_them(spec_of, tmp_path):
    with h5py.File(tmp_path / "one.weights.h5", "w") as file:
        layer = file.create_group("layers/dense/vars")
        layer.attrs["name"] = "dense"
        layer["0"] = [1.0]
    (part,) = findings_of(
        spec_of("model.depth=1", f"model.weights={{choice: {{{tmp_path}/one.weights.h5: , none: }}}}")
    ).broken
    assert part.text.endswith("one.weights.h5")
    assert "without layer block1_convolution. Give the file of a network" in part.reason


def test_a_constant_image_size_is_told_where_larger_images_would_mend_it(spec_of):
    (part,) = findings_of(spec_of()).broken
    assert part.text == "depth >= 4 with image_size 8"
    assert part.share == pytest.approx(2 / 3, abs=0.05)


def test_a_constant_image_size_is_not_told_where_the_data_set_decides_it(spec_of):
    (part,) = findings_of(spec_of("data={dataset: digits}")).broken
    assert part.text == "depth >= 4"


def test_where_nothing_is_sound_every_config_is_broken_and_nothing_has_a_cost(spec_of):
    findings = findings_of(spec_of("model.depth={int: [6, 8]}"))
    assert [part.text for part in findings.broken] == ["every config with image_size 8"]
    assert (findings.costs, findings.times) == (None, None)


def test_configs_that_constraints_leave_out_are_not_broken(spec_of):
    findings = findings_of(spec_of('constraints=["depth <= 3"]'))
    assert findings.is_sound
    assert findings.feasible == pytest.approx(1 / 3, abs=0.05)


def test_a_constraint_on_costs_is_told_with_its_share(spec_of):
    limit = 'constraints=["parameters <= 2000", "depth <= 3"]'
    findings = findings_of(spec_of("model.filters={choice: [4, 8]}", limit))
    assert {item.text: item.share for item in findings.constraints}["parameters <= 2000"] == pytest.approx(0.5, abs=0.2)
    assert findings.costs is not None
    assert findings.costs.parameters.largest.value <= 2000
    assert findings.costs.parameters.largest.params == {"depth": 3, "filters": 4}


def test_constraints_that_no_network_meets_break_the_space(spec_of):
    findings = findings_of(spec_of('constraints=["parameters < 10"]', "model.depth={int: [1, 3]}"))
    assert findings.feasible == 0
    assert not findings.is_sound
    assert (findings.costs, findings.times) == (None, None)


def test_constraints_that_no_config_meets_break_the_space_of_a_grid(spec_of):
    findings = findings_of(spec_of('constraints=["depth > 8"]', "search.sampler=grid"))
    assert (findings.tried, findings.feasible, findings.is_sound) == (0, 0, False)


def test_a_constraint_on_costs_that_only_a_corner_meets_leaves_something(spec_of):
    rare = ("model.dropout={float: [0.0, 0.5]}", 'constraints=["parameters <= 2000", "dropout <= 0.0001"]')
    findings = findings_of(spec_of("model.depth=2", *rare))
    assert findings.is_sound
    assert findings.feasible is not None
    assert 0 < findings.feasible < 0.01
    assert findings.costs is not None


def test_model_options_that_another_choice_makes_idle_are_found(spec_of):
    filters = "model.filters={choice: [[4, 4, 4], [4, 4, 8]]}"
    idle = findings_of(spec_of(filters, "model.depth={int: [2, 3]}")).idle
    assert [str(item) for item in idle] == ["filters cannot matter where depth = 2"]


def test_what_is_done_to_images_before_they_reach_the_model_matters(spec_of):
    policy = "{randaugment: {magnitude: {float: [3, 9]}}, mixup: {alpha: {float: [0.1, 1]}}}"
    assert findings_of(spec_of(f"data.augmentation={policy}", "training.epochs=1")).idle == ()


def test_freezing_layers_without_weights_cannot_matter(spec_of):
    vgg16 = "model={family: vgg16, weights: none, frozen_layers: {int: [17, 19]}, dense_units: 8}"
    idle = findings_of(spec_of(vgg16, "data.image_size=32", "training.epochs=1")).idle
    assert [str(item) for item in idle] == ["frozen_layers: all values >= 18 are the same"]


def test_what_needs_more_memory_than_the_device_has_is_told_and_is_not_broken(spec_of, monkeypatch: pytest.MonkeyPatch):
    from hpo.checking import examination

    monkeypatch.setattr(examination, "device_memory", lambda *asked: 1_000_000)
    findings = findings_of(spec_of("model.depth=2", "training.batch_size={choice: [16, 64, 256]}"))
    assert findings.is_sound
    assert findings.costs is not None
    assert findings.costs.memory.largest.value > 1_000_000
    assert [part.text for part in findings.costs.too_large] == ["batch_size = 256"]


def test_engines_that_take_more_memory_than_estimated_are_told_where_that_matters(
    spec_of, monkeypatch: pytest.MonkeyPatch
):
    from hpo.checking import examination

    monkeypatch.setattr(examination, "describe_device", lambda engine: "cpu")
    spec = spec_of("model.depth=2", "training.batch_size={choice: [16, 64]}", "engine=jax")
    notes = {}
    for memory in (1_000_000, 10_000_000):
        monkeypatch.setattr(examination, "device_memory", lambda *asked, memory=memory: memory)
        findings = findings_of(spec)
        assert findings.costs is not None
        assert findings.costs.too_large == ()
        assert 1_000_000 / 3 < findings.costs.memory.largest.value < 1_000_000
        notes[memory] = [note for note in findings.notes if "times the estimated memory" in note]
    assert notes[10_000_000] == []
    (note,) = notes[1_000_000]
    assert note.startswith("jax takes up to 2.6 times the estimated memory")


def test_images_that_are_too_many_are_left_to_the_first_run(spec_of, monkeypatch: pytest.MonkeyPatch):
    from hpo.checking import reading
    from hpo.data.sets.digits import Digits

    def unread(self: Digits, seed: int) -> None:
        raise AssertionError("the images were read")

    spec = spec_of("model.depth=2", "data.image_size={choice: [8, 16]}")
    monkeypatch.setattr(reading, "MOST_IMAGES", 1_000)
    monkeypatch.setattr(Digits, "load", unread)
    assert findings_of(spec).notes == (
        "the images of the data set digits are too many to be read here; the first run would find damaged ones",
    )


def test_images_are_read_once_whatever_sizes_and_uses_there_are(spec_of, monkeypatch: pytest.MonkeyPatch):
    from hpo.data.sets.digits import Digits

    read: list[int | None] = []
    load_images = Digits.load
    monkeypatch.setattr(Digits, "load", lambda self, seed: read.append(self.image_size) or load_images(self, seed))
    uses = ("data.image_size={choice: [8, 16]}", "data.normalization={choice: [unit, none]}")
    assert findings_of(spec_of("model.depth=2", *uses)).notes == ()
    assert len(read) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("os.kill(os.getpid(), 9)", r"died \(signal 9, SIGKILL; the machine may be out of memory\): .+"),
        ("print('hello', flush=True); os._exit(7)", r"exited with status 7: the last that it wrote: .+"),
    ],
)
def test_an_end_of_the_process_is_told_with_what_can_be_done(spec_of, tmp_path: Path, body: str, message: str):
    (tmp_path / "ending.py").write_text(f"import os\n\n\ndef build(config, shape, classes):\n    {body}\n")
    spec = spec_of(f"model={{family: '{tmp_path}/ending.py:build', width: {{int: [1, 4]}}}}")
    rule = rf"^hpo check: the process that builds the networks {message}\. `hpo check --quick` says what can be said"
    with pytest.raises(WorkerError, match=rule):
        check_space(spec)
