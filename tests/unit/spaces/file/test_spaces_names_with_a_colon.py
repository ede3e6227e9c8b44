"""Names with a colon: `PREFIX:NAME`, and `module:function` for code of the user's own."""

from __future__ import annotations

import json
from functools import cache
from typing import Annotated, ClassVar

import pytest
from jsonschema import Draft202012Validator
from pydantic import ConfigDict, Field

from hpo.catalog import DATASETS, MODELS, Registry, UnknownNameError
from hpo.data import Dataset, Images
from hpo.errors import SpaceError
from hpo.models import ModelFamily
from hpo.spaces import json_schema, load, parse_spec

HERE = __name__


class Library(Dataset):
    """Data sets of a library."""

    dataset: Annotated[str, Field(pattern=r"^lib:.+$")]
    test: float = 0.2
    """The share that is set apart for the test."""

    def load(self, seed: int) -> Images:
        raise NotImplementedError


class OwnNetwork(ModelFamily):
    """A network of one's own."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")
    family: Annotated[str, Field(pattern=r"^.+:\w+$")]

    def build(self, shape, classes):
        raise NotImplementedError


@pytest.fixture(autouse=True)
def registries(monkeypatch: pytest.MonkeyPatch) -> tuple[Registry, Registry]:
    """Registries that have such names."""
    for registry in (DATASETS, MODELS):
        for form in list(registry.forms):
            monkeypatch.delitem(registry.forms, form)
        monkeypatch.setitem(registry.forms, "lib:NAME", f"{HERE}:Library")
    monkeypatch.setitem(MODELS.forms, "module:function", f"{HERE}:OwnNetwork")
    return DATASETS, MODELS


@cache
def schema_of_forms() -> Draft202012Validator:
    """The schema with those forms, made once: they are the same in each test."""
    return Draft202012Validator(json_schema())


@pytest.mark.parametrize(
    "model",
    [
        "'my_module:build'",
        "{family: my_module:build}",
        "{family: 'my.package:build', units: 3}",
        "{'my_module:build': {units: 3}}",
        "{'my_module:build': }",
        "{'my_module:build': {choice: [{units: 3}, {units: 4}]}}",
        "{family: 'my_module:build', frozen_layers: 2, units: {int: [1, 3]}, deep: {nested: [{choice: {a: , b: }}]}}",
        "{mine: {family: my_module:build, blocks: {repeat: {int: [1, 3]}, of: {width: {int: [1, 5]}}}}}",
        "{choice: ['my_module:build', simple_cnn]}",
        "{choice: {'my_module:build': {units: 3}, simple_cnn: }}",
        "{choice: {one: {family: 'my_module:build', units: {int: [1, 2]}}, simple_cnn: {depth: 2}}}",
        "{family: {choice: ['my_module:build', 'your_module:build']}, units: {int: [1, 3]}}",
        "{family: {choice: {'my_module:build': , 'your_module:build': }}}",
    ],
)
def test_code_of_ones_own_is_named_in_every_way_in_which_a_family_is(model, tmp_path):
    text = f"data: {{dataset: 'lib:flowers', test: 0.3}}\nmodel: {model}\n"
    (tmp_path / "own.yaml").write_text(text)
    spec = load(tmp_path / "own.yaml")
    for _, params in spec.corners():
        assert isinstance(spec.config(params).data, Library)
        assert spec.config(params).data.dataset == "lib:flowers"
    schema_of_forms().validate(spec.document)


@pytest.mark.parametrize("name", ["simple_cnn", "simple_cn"])
def test_what_has_no_colon_is_told_as_if_there_were_no_such_names(registries, name):
    _, models = registries
    known = ", ".join(models.names())
    assert ("simple_cnn" in models, "simple_cn" in models) == (True, False)
    with pytest.raises(UnknownNameError) as caught:
        models.get("simple_cn")
    assert str(caught.value) == f"a model family is one of {known}. Received 'simple_cn'. Did you mean 'simple_cnn'?"


@pytest.mark.parametrize("name", ["my_module:", ":build", "my_module:2", "my_module:build()", "lib:"])
def test_what_has_a_colon_and_no_such_form_is_told_the_forms(name, tmp_path):
    (tmp_path / "own.yaml").write_text(f"data: digits\nmodel: {{family: '{name}'}}\n")
    with pytest.raises(SpaceError, match=r"simple_cnn, vgg16.*, lib:NAME, module:function\. Received '"):
        load(tmp_path / "own.yaml")
    schema = schema_of_forms()
    assert not schema.is_valid({"data": "digits", "model": {"family": name}})


def test_a_prefix_that_is_registered_goes_before_code_of_ones_own(registries):
    _, models = registries
    assert models.get("lib:flowers").__name__ == "Library"
    assert models.get("library:flowers").__name__ == "OwnNetwork"
    assert models.get("C:/code/my_module.py:build").__name__ == "OwnNetwork"


def test_the_options_of_a_prefix_have_rules(tmp_path):
    (tmp_path / "own.yaml").write_text("data: {dataset: lib:flowers, tset: 0.2}\nmodel: simple_cnn\n")
    with pytest.raises(SpaceError, match=r"tset: the keys here are augmentation.*Did you mean 'test'"):
        load(tmp_path / "own.yaml")
    schema = schema_of_forms()
    assert not schema.is_valid({"data": {"dataset": "lib:flowers", "tset": 0.2}, "model": "simple_cnn"})
    assert not schema.is_valid({"data": {"lib:flowers": {"tset": 0.2}}, "model": "simple_cnn"})
    assert schema.is_valid({"data": {"lib:flowers": {"test": 0.2}}, "model": "simple_cnn"})


def test_a_file_takes_over_and_replaces_such_names_as_it_does_others(tmp_path):
    (tmp_path / "base.yaml").write_text(
        "data: lib:flowers\nmodel: {'my_module:build': {units: {int: [1, 9]}, rate: 1}}\n"
    )
    (tmp_path / "same.yaml").write_text("base: base.yaml\nmodel: {family: my_module:build, rate: 2}\n")
    (tmp_path / "another.yaml").write_text("base: base.yaml\nmodel: {family: your_module:build, rate: 2}\n")
    same, another = load(tmp_path / "same.yaml"), load(tmp_path / "another.yaml")
    assert same.document["model"] == {"my_module:build": {"units": {"int": [1, 9]}, "rate": 2}}
    assert another.document["model"] == {"family": "your_module:build", "rate": 2}


def test_start_from_finds_parameters_below_such_names(tmp_path):
    text = "data: digits\nmodel: {family: my_module:build, units: {int: [1, 9]}}\nstart_from: [{units: 3}]\n"
    (tmp_path / "own.yaml").write_text(text)
    assert load(tmp_path / "own.yaml").start_from == ({"units": 3},)


def test_models_lists_how_such_names_are_written(capsys):
    from hpo.cli.commands.catalog import datasets, models

    models()
    listed = capsys.readouterr().out
    assert "module:function" in listed
    assert "A network of one's own." in listed
    datasets("lib:flowers")
    assert "Data sets of a library." in capsys.readouterr().out


@pytest.fixture
def code(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "net.py").write_text("raise RuntimeError('reading a file does not run it')\n")
    return f"{tmp_path}/code/net.py:build"


@pytest.mark.parametrize(
    ("model", "expected", "parameters"),
    [
        ("code/net.py:build", "CODE", []),
        ("{family: code/net.py:build, units: {int: [1, 3]}}", {"family": "CODE", "units": {"int": [1, 3]}}, ["units"]),
        ("{code/net.py:build: }", {"code/net.py:build": {"family": "CODE"}}, []),
        (
            "{choice: {code/net.py:build: {units: {int: [1, 3]}}, simple_cnn: }}",
            {"choice": {"code/net.py:build": {"family": "CODE", "units": {"int": [1, 3]}}, "simple_cnn": None}},
            ["model", "code/net.py:build.units"],
        ),
        ("{choice: [code/net.py:build, simple_cnn]}", {"choice": ["CODE", "simple_cnn"]}, ["model"]),
        (
            "{family: {choice: {code/net.py:build: , simple_cnn: }}}",
            {"family": {"choice": {"CODE": None, "simple_cnn": None}}},
            ["family"],
        ),
        (
            "{family: 'm:build', head: {code: [code/net.py:build]}}",
            {"family": "m:build", "head": {"code": ["CODE"]}},
            [],
        ),
    ],
)
def test_a_file_of_code_is_relative_to_the_space_file_in_every_way_of_naming_it(
    code, tmp_path, model, expected, parameters
):
    (tmp_path / "own.yaml").write_text(f"data: digits\nmodel: {model}\n")
    spec = load(tmp_path / "own.yaml")
    assert spec.document["model"] == json.loads(json.dumps(expected).replace("CODE", code))
    assert [parameter.name for parameter in spec.space.parameters()] == parameters
    for _, params in spec.corners():
        assert spec.config(params).model.family in (code, "m:build", "simple_cnn")


@pytest.mark.parametrize(
    ("choice", "parameters"),
    [
        ("{wide: {units: {int: [1, 3]}}, deep: {layers: 3}}", ["code/net.py:build", "code/net.py:build.wide.units"]),
        ("[{units: 1}, {units: 2}]", ["code/net.py:build"]),
    ],
)
def test_a_file_of_code_above_a_choice_of_its_options_stays_as_it_is_written(code, tmp_path, choice, parameters):
    (tmp_path / "own.yaml").write_text(f"data: digits\nmodel: {{code/net.py:build: {{choice: {choice}}}}}\n")
    spec = load(tmp_path / "own.yaml")
    assert "family" not in json.dumps(spec.document["model"])
    assert [parameter.name for parameter in spec.space.parameters()] == parameters
    assert parse_spec(spec.to_json(), "own").space == spec.space


def test_a_file_of_code_that_is_not_there_is_told_with_its_place(tmp_path):
    (tmp_path / "own.yaml").write_text("data: digits\nmodel: {family: code/nte.py:build}\n")
    with pytest.raises(SpaceError, match=r"own.yaml:2:17 code is in a file that exists. Received 'code/nte.py:build'"):
        load(tmp_path / "own.yaml")
