"""The one form of a section: what is rewritten, what is remembered of the file, and what stays as it is."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces.sections.canonical import rewrite_sections, rewrite_tree
from hpo.spaces.text.source import Node, Table, parse, plain_value


def model(text: str) -> Node:
    return rewrite_sections(parse(f"model: {text}\n", "r.yaml")).entries["model"]


@pytest.mark.parametrize(
    "text",
    [
        "vgg16",
        "{vgg16: }",
        "{vgg16: {}}",
        "{vgg16: {dropout: 0.5}}",
        "{vgg16: {family: vgg16}}",
        "{net: {family: vgg16, dropout: 0.5}}",
        "{family: vgg16, dropout: 0.5}",
    ],
)
def test_a_section_is_read_with_its_family_and_written_as_it_was(text):
    section = model(text)
    assert isinstance(section, Table)
    assert section.entries["family"].value == "vgg16"
    assert set(section.entries) <= {"family", "dropout"}
    assert plain_value(section) == plain_value(parse(f"model: {text}\n", "r.yaml"))["model"]


def test_options_keep_their_places_and_a_hidden_name_has_that_of_its_label():
    section = model("{vgg16: {dropout: 0.5}}")
    assert (section.place.column, section.key_places["family"].column) == (16, 9)
    assert section.key_places["dropout"].column == 17


@pytest.mark.parametrize("text", ["{dropout: 0.5}", "{augmentation: {shift: 0.1}}", "{}", "3", "[vgg16]", "{vgg16: 3}"])
def test_what_does_not_say_what_it_is_stays_as_it_is(text):
    assert model(text) == parse(f"model: {text}\n", "r.yaml").entries["model"]


@pytest.mark.parametrize(
    "text",
    [
        "{choice: [vgg16, {vgg16: {dropout: 0.5}}, {net: {family: vgg16}}, {family: vgg16, dropout: 0.1}]}",
        "{choice: {vgg16: , small: {family: vgg16}, simple_cnn: {}}}",
        "{vgg16: {choice: [{dropout: 0.1}, {dropout: 0.2}, null]}}",
        "{net: {choice: [{family: vgg16}, {family: simple_cnn}]}}",
        "{simple_cnn: {choice: {blocks: {a: 1}, head: {a: {int: [1, 2]}}}}}",
    ],
)
def test_every_alternative_is_a_section(text):
    node = model(text)
    alternatives = node.entries["choice"]
    sections = alternatives.entries.values() if isinstance(alternatives, Table) else alternatives.items
    assert all("family" in section.entries for section in sections)
    assert plain_value(node) == plain_value(parse(f"model: {text}\n", "r.yaml"))["model"]
    again = rewrite_sections(rewrite_sections(parse(f"model: {text}\n", "r.yaml"))).entries["model"]
    assert again == node


def test_a_config_that_an_earlier_version_stored_is_brought_into_the_one_form():
    stored = {"data": "digits", "model": {"vgg16": {"dropout": 0.5, "weights": None}}, "training": {"epochs": 3}}
    assert rewrite_tree(stored) == {
        "data": {"dataset": "digits"},
        "model": {"family": "vgg16", "dropout": 0.5, "weights": None},
        "training": {"epochs": 3},
    }


def test_a_choice_below_a_name_has_its_name_and_its_categories_from_the_file(read):
    spec = read("data: digits\nmodel: {simple_cnn: {choice: [{depth: 1}, {depth: 2}]}}\n")
    (choice,) = spec.space.parameters()
    assert (choice.name, choice.categories) == ("simple_cnn", ('{"depth": 1}', '{"depth": 2}'))
    assert spec.config({"simple_cnn": '{"depth": 2}'}).tree["model"] == {"family": "simple_cnn", "depth": 2}


@pytest.mark.parametrize("constraint", ["simple_cnn.dropout < 0.5", "model.simple_cnn.dropout < 0.5"])
def test_constraints_call_constants_by_the_label(read, constraint):
    text = "data: digits\nmodel: {simple_cnn: {dropout: 0.25}}\n"
    assert read(f"{text}constraints: ['{constraint}']\n").admits({})
    with pytest.raises(SpaceError, match="is about the file's own names"):
        read(f"{text}constraints: ['dropout < 0.5']\n")


@pytest.mark.parametrize(
    ("model", "change", "document"),
    [
        ("simple_cnn", "model.dropout=0.5", {"family": "simple_cnn", "dropout": 0.5}),
        ("{simple_cnn: }", "model.dropout=0.5", {"simple_cnn": {"dropout": 0.5}}),
        ("{simple_cnn: {depth: 2}}", "model.simple_cnn.dropout=0.5", {"simple_cnn": {"depth": 2, "dropout": 0.5}}),
        ("{simple_cnn: {depth: 2}}", "dropout=0.5", None),
        ("{simple_cnn: {depth: 2}}", "depth=1", {"simple_cnn": {"depth": 1}}),
        ("{simple_cnn: {depth: 2}}", "model.family=deep_cnn", {"simple_cnn": {"family": "deep_cnn", "depth": 2}}),
        ("{net: {family: simple_cnn, depth: 2}}", "net.depth=1", {"net": {"family": "simple_cnn", "depth": 1}}),
        ("{simple_cnn: {depth: 2}}", "model.simple_cnn={dropout: 0.5}", {"simple_cnn": {"dropout": 0.5}}),
    ],
)
def test_a_change_may_leave_the_label_out(read, model, change, document):
    text = f"data: digits\nmodel: {model}\n"
    if document is None:
        with pytest.raises(SpaceError, match=r"Write model\.dropout"):
            read(text, change)
    else:
        assert read(text, change).document["model"] == document


def test_an_alternative_below_a_name_is_no_name_again(read):
    with pytest.raises(SpaceError, match="a model family is named by a word"):
        read("data: digits\nmodel: {simple_cnn: {choice: {family: {filters: 3}, depth: {a: 1}}}}\n")
