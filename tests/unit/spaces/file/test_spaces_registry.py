"""What other packages register can be named in a file, and what they do wrong is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hpo.catalog import DATASETS, MODELS, UnknownNameError, UnusableEntryError
from hpo.errors import SpaceError
from hpo.spaces import bundled_spaces, load
from hpo.spaces.schema.document import full_schema

PACKAGE = """\
from typing import Literal

from pydantic import BaseModel

from hpo.models import ModelFamily


class Tiny(ModelFamily):
    family: Literal["tiny"] = "tiny"
    width: int = 3

    def build(self, shape, classes):
        raise NotImplementedError


class Numbers(BaseModel):
    one: int = 1


class Odd(ModelFamily):
    family: Literal["odd"] = "odd"
    anything: list = []
    names: dict[str, int] = {}
    numbers: Numbers = Numbers()
    nested: list[list[float]] = []

    def build(self, shape, classes):
        raise NotImplementedError


class NotASection:
    pass


something = 3
"""
ENTRY_POINTS = """\
[hpo.models]
tiny = other_package:Tiny
odd = other_package:Odd
no_section = other_package:NotASection
number = other_package:something
no_attribute = other_package:Missing
no_module = other_package_that_is_not_there:Tiny
broken = other_package_broken:Tiny
simple_cnn = other_package:Tiny
"""


@pytest.fixture
def other_package(here: Path, monkeypatch: pytest.MonkeyPatch):
    """An installed package that registers model families, good and bad ones."""
    site = here / "site-packages"
    info = site / "other_package-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "other_package.py").write_text(PACKAGE)
    (site / "other_package_broken.py").write_text("raise RuntimeError('it does not work here')\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(site))
    yield MODELS
    for module in ("other_package", "other_package_broken"):
        sys.modules.pop(module, None)


def test_a_family_of_another_package_is_named_like_any_other(other_package, read):
    spec = read("data: digits\nmodel: {family: tiny, width: {int: [1, 5]}}\n")
    assert spec.config({"width": 4}).model.width == 4
    assert "tiny" in other_package.names()


def test_a_family_of_another_package_has_rules_like_any_other(other_package, read):
    with pytest.raises(
        SpaceError, match=r"r.yaml:2:23 widht: the keys of tiny are family, frozen_layers, width. Received 'widht'"
    ):
        read("data: digits\nmodel: {family: tiny, widht: 3}\n")


@pytest.mark.parametrize(
    "options",
    [
        "anything: [1, a, {int: [1, 2]}]",
        "names: {a: 1, b: {int: [1, 3]}}",
        "numbers: {one: {choice: [1, 2]}, two: 2}",
        "nested: {repeat: 2, of: {repeat: {int: [1, 2]}, of: {float: [0, 1]}}}",
        "nested: {choice: [[[1.5]], []]}",
    ],
)
def test_options_of_any_shape_may_hold_parameters(other_package, read, options):
    """`read` holds them against the schema too."""
    assert read(f"data: digits\nmodel: {{family: odd, {options}}}\n").space.parameters()


def test_the_schema_has_what_can_be_used_of_other_packages_unless_told_not_to(other_package):
    assert {"Tiny_with_parameters", "SimpleCnn"} <= full_schema()["$defs"].keys()
    assert "Tiny" not in full_schema(built_in_only=True)["$defs"]


def test_what_hpo_ships_is_not_replaced(other_package, read):
    assert type(read("data: digits\nmodel: simple_cnn\n").config({}).model).__module__ == "hpo.models.families.cnn"


@pytest.mark.parametrize("name", ["no_section", "number"])
def test_what_is_no_section_is_told_with_its_name(other_package, read, name):
    with pytest.raises(SpaceError, match=rf"a registered model family is a subclass of hpo's Section.* under '{name}'"):
        read(f"data: digits\nmodel: {{family: {name}}}\n")


@pytest.mark.parametrize(
    ("name", "cause"),
    [("no_attribute", "AttributeError"), ("no_module", "ModuleNotFoundError"), ("broken", "it does not work here")],
)
def test_what_cannot_be_imported_is_told_with_its_cause(other_package, read, name, cause):
    with pytest.raises(SpaceError) as caught:
        read(f"data: digits\nmodel: {{family: {name}}}\n")
    assert "r.yaml:2:17 family: a registered model family can be imported. Received" in str(caught.value)
    assert cause in str(caught.value)
    assert "Report it to the package that registered it." in str(caught.value)
    with pytest.raises(UnusableEntryError, match=cause):
        other_package.get(name)


def test_an_unknown_name_lists_those_that_are_known():
    with pytest.raises(
        UnknownNameError, match="a data set is one of cifar10, cifar100, digits, fashion_mnist, folder, mnist, npz"
    ) as caught:
        DATASETS.get("cifar")
    assert caught.value.fault.remedy == "did you mean 'cifar10'?"


@pytest.mark.parametrize("registry", [MODELS, DATASETS], ids=lambda registry: registry.kind)
def test_everything_that_ships_is_registered_under_its_own_name(registry):
    for name in registry.built_in:
        fields = registry.get(name).model_fields
        assert name in {info.default for key, info in fields.items() if key in ("family", "dataset")}


def test_the_registries_know_what_the_bundled_spaces_name():
    assert bundled_spaces()
    assert {"simple_cnn", "vgg16"} <= set(MODELS.names())
    assert {"cifar10", "digits", "folder"} <= set(DATASETS.names())


def test_a_name_below_another_one_that_is_no_word_is_refused(tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text("data: digits\nmodel: {mine: {family: []}}\n")
    with pytest.raises(SpaceError, match=r"a model family is named by a word\. Received \[\]"):
        load(path)
