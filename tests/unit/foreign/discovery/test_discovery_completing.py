"""A file that names a KerasTuner model is completed by the model's hyperparameters; what it says itself stays."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hpo.errors import MissingExtraError, SpaceError, StudyNotFoundError, UserError
from hpo.foreign.discovery import Completion, discovery
from hpo.foreign.discovery.discovery import Discovery
from hpo.foreign.search import Hyperparameter, NumberRange, ParentCondition, ValueList
from hpo.spaces import StudySpec, load, parse_spec
from hpo.tuning import RunObserver, RunOptions, resume, run

IN_CNN = (ParentCondition("kind", ("cnn",)),)
FOUND = Discovery(
    (
        Hyperparameter("units", NumberRange(8, 64, True), {}),
        Hyperparameter("kind", ValueList(("mlp", "cnn")), {}),
        Hyperparameter("filters", NumberRange(4, 16, True), {}, conditions=IN_CNN),
        Hyperparameter("pool", ValueList((True, False)), {}, conditions=IN_CNN),
        Hyperparameter("loss", ValueList(("mse",)), {}),
    ),
    is_compiled=True,
    is_whole=True,
)
CNN = {"filters": {"int": [4, 16]}, "pool": {"choice": [True, False]}}


@pytest.fixture(autouse=True)
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is asked of the process that builds models; no process is started."""
    requests: list[tuple[str, str]] = []

    def discover(build: str, engine: str) -> Discovery:
        requests.append((build, engine))
        return FOUND

    monkeypatch.setattr(discovery, "discover", discover)
    return requests


@pytest.fixture
def read(tmp_path: Path):
    def read(model: str, rest: str = "", *overrides: str) -> StudySpec:
        (tmp_path / "tuned.yaml").write_text(f"data: digits\nmodel: {model}\n{rest}\n")
        return load(tmp_path / "tuned.yaml", overrides, Completion())

    return read


def below_model(spec: StudySpec) -> dict[str, object]:
    return {key: value for key, value in spec.document["model"].items() if key not in ("family", "build")}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", {}),
        (", units: 12", {"units": 12}),
        (", units: {int: [1, 9]}", {"units": {"int": [1, 9]}}),
        (", frozen_layers: 2, loss: mae", {"frozen_layers": 2, "loss": "mae"}),
        (", kind: mlp", {"kind": "mlp"}),
        (", kind: cnn", {"kind": {"cnn": CNN}}),
        (", kind: {cnn: {filters: 7}}", {"kind": {"cnn": {**CNN, "filters": 7}}}),
        (", kind: {cnn: {filters: 7, pool: false}}", {"kind": {"cnn": {"filters": 7, "pool": False}}}),
        (", kind: {choice: [cnn, mlp]}", {"kind": {"choice": {"cnn": CNN, "mlp": None}}}),
        (
            ", kind: {choice: {mlp: , cnn: {pool: true}}}",
            {"kind": {"choice": {"mlp": None, "cnn": {**CNN, "pool": True}}}},
        ),
    ],
)
def test_what_the_file_says_goes_before_what_is_found(read, given, expected):
    defaults = {"units": {"int": [8, 64]}, "kind": {"choice": {"mlp": None, "cnn": CNN}}, "loss": "mse"}
    assert below_model(read(f"{{family: keras_tuner, build: 'tuned:build'{given}}}")) == {**defaults, **expected}


@pytest.mark.parametrize(
    "model",
    [
        "{keras_tuner: {build: 'tuned:build'}}",
        "{mine: {family: keras_tuner, build: 'tuned:build'}}",
        "{choice: {mine: {family: keras_tuner, build: 'tuned:build'}, simple_cnn: }}",
        "{choice: {keras_tuner: {build: 'tuned:build'}, simple_cnn: {depth: 1}}}",
    ],
)
def test_it_is_completed_in_every_way_of_naming_it(read, requests, model):
    names = {parameter.name.rpartition(".")[2] for parameter in read(model).space.parameters()}
    assert {"units", "kind", "filters", "pool"} <= names
    assert requests == [("tuned:build", "tensorflow")]


def test_a_stored_study_and_a_best_config_need_no_discovery_to_be_the_same(read, requests):
    spec = read("{family: keras_tuner, build: 'tuned:build'}")
    again = parse_spec(spec.to_json(), "stored")
    assert again.space == spec.space
    assert len(requests) == 1
    params = {"units": 9, "kind": "cnn", "kind.cnn.filters": 5, "kind.cnn.pool": False}
    config = spec.config(params).model
    assert config.values == {"units": 9, "kind": "cnn", "filters": 5, "pool": False, "loss": "mse"}
    pasted = read("{family: keras_tuner, build: 'tuned:build', units: 9, kind: {cnn: {filters: 5, pool: false}}}")
    assert pasted.space.size == 1
    assert pasted.config({}).model == config


def test_the_rest_of_a_file_knows_the_names(read):
    rest = "start_from: [{units: 9, kind: {cnn: {filters: 5}}}]\nconstraints: ['units <= 32']"
    spec = read("{family: keras_tuner, build: 'tuned:build'}", rest)
    assert spec.start_from == ({"units": 9, "kind": "cnn", "kind.cnn.filters": 5},)
    assert spec.excesses({"units": 40, "kind": "mlp"})["units <= 32"] > 0


def test_changes_on_the_command_line_know_the_names(read):
    spec = read(
        "{family: keras_tuner, build: 'tuned:build'}", "", "kind.cnn.filters=6", "units={int: [8, 9]}", "seed=3"
    )
    assert spec.document["model"]["kind"]["choice"]["cnn"]["filters"] == 6
    assert spec.document["model"]["units"] == {"int": [8, 9]}
    assert spec.seed == 3
    with pytest.raises(SpaceError, match=r"--set unitz: .* Did you mean 'units'"):
        read("{family: keras_tuner, build: 'tuned:build'}", "", "unitz=3")


@pytest.mark.parametrize(
    ("model", "rest", "message"),
    [
        ("unit: 3", "", r":2:52 unit: the hyperparameters of tuned:build are kind, loss, units. .* Did you mean"),
        ("build: {choice: ['a:b', 'c:d']}", "", r"build: it is a constant. Received a parameter. Write two"),
        ("units: 3", "training: {learning_rate: 0.1}",
         r":3:12 training.learning_rate: tuned:build compiles its model.* Remove learning_rate here, or"),
        ("build: nonsense", "", "build: it names code, as my_module:build_model"),
        ("kind: {cnn: {filtres: 3}}", "", "filtres: the hyperparameters of .* Did you mean 'filters'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_model_is_told_with_its_place(read, model, rest, message):
    build = "" if "build" in model else "build: 'tuned:build', "
    with pytest.raises(SpaceError, match=message):
        read(f"{{family: keras_tuner, {build}{model}}}", rest)


def test_what_training_still_says_is_taken(read):
    rest = "training: {epochs: {int: [1, 3]}, batch_size: 16, early_stopping: {patience: 2}}"
    spec = read("{family: keras_tuner, build: 'tuned:build'}", rest)
    assert spec.config({"units": 8, "kind": "mlp", "epochs": 2}).training.epochs == 2


def test_where_some_may_not_have_been_found_the_file_may_name_them_and_a_run_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "discover", lambda *_: replace(FOUND, is_whole=False))
    (tmp_path / "tuned.yaml").write_text("data: digits\nmodel: {family: keras_tuner, build: 'tuned:build', deep: 2}\n")
    notes: list[str] = []
    options, observer = RunOptions(launcher="none", studies=tmp_path), RunObserver(note=notes.append)
    with pytest.raises(UserError, match="launcher: "):  # nothing is to be trained here
        run(tmp_path / "tuned.yaml", options, observer)
    with pytest.raises(StudyNotFoundError):
        resume(space=tmp_path / "tuned.yaml", options=options, observer=observer)
    assert len(notes) == 2
    assert notes[0].startswith("tuned:build may have more hyperparameters than the 5 that were found")


@pytest.mark.parametrize("name", ["choice", "family", "frozen_layers"])
def test_hyperparameters_that_a_file_cannot_hold_are_told(read, monkeypatch, name):
    discovered = Discovery((Hyperparameter(name, NumberRange(1, 2, True), {}),), is_compiled=False, is_whole=True)
    monkeypatch.setattr(discovery, "discover", lambda *_: discovered)
    with pytest.raises(SpaceError, match=rf"a hyperparameter has another name than .* Received '{name}'. Rename it"):
        read("{family: keras_tuner, build: 'tuned:build'}")


def test_without_an_engine_the_parameters_are_unknown_and_that_is_said(tmp_path, requests):
    text = "data: digits\nmodel: {family: keras_tuner, build: 'tuned:build'}\nstart_from: [{units: 3}]\n"
    (tmp_path / "tuned.yaml").write_text(text)
    completion = Completion(quick=True)
    assert load(tmp_path / "tuned.yaml", (), completion).space.parameters() == ()
    assert "which --quick leaves out" in completion.notes[0]
    assert requests == []


def test_other_files_are_left_as_they_are(read, requests):
    read("{choice: {simple_cnn: {depth: {int: [1, 2]}}, vgg16: {weights: none}}}")
    assert requests == []


def test_where_keras_tuner_is_missing_the_way_to_install_it_is_told(read, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "keras_tuner", None)  # as Python marks what cannot be imported
    with pytest.raises(MissingExtraError, match=r"pip install 'hpo\[keras-tuner\]'"):
        read("{family: keras_tuner, build: 'tuned:build'}")
