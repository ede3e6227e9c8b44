"""The schema and the parser agree: on spaces that ship, on those of these tests, and on files that are broken."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from broken_files import CORPUS
from jsonschema import Draft202012Validator

import hpo
from hpo.errors import SpaceError
from hpo.spaces import bundled_spaces, json_schema, load, schema_text
from hpo.spaces.schema.document import full_schema
from hpo.spaces.text.source import parse, plain_value

ROOT = Path(hpo.__file__).parent.parent
SCHEMA = json_schema(built_in_only=True)
FULL_SCHEMA = full_schema(built_in_only=True)
VALIDATOR = Draft202012Validator(SCHEMA)

ORDER = "JSON Schema does not compare a value with another one"
FILES = "JSON Schema does not know what lies on a disk"
NUMBERS = "JSON has no infinity"
EXPRESSIONS = "JSON Schema does not read an expression"
UNSAID = {
    "bounds exchanged": ORDER,
    "a step too large": ORDER,
    "a prior beyond the range": ORDER,
    "a prior between steps": ORDER,
    "a prior that is no alternative": ORDER,
    "an alternative in quotes as prior": ORDER,
    "a step too small": ORDER,
    "a rule about two options": ORDER,
    "epochs beside phases": ORDER,
    "a grid of numbers without end": ORDER,
    "two objectives for CMA-ES": ORDER,
    "a start that a constraint rules out": ORDER,
    "a start of which a part is ruled out": ORDER,
    "configs to start from that say two things": ORDER,
    "a list that is too short at some depths": ORDER,
    "a choice of a thousand and one": ORDER,
    "a start where nothing varies": ORDER,
    "constraints that are code": EXPRESSIONS,
    "constraints that cannot be computed": EXPRESSIONS,
    "constraints in another alphabet": EXPRESSIONS,
    "constraints in Python's own words": EXPRESSIONS,
    "constraints that could never bite": EXPRESSIONS,
    "a bound without end": NUMBERS,
    "a value that is not finite": NUMBERS,
    "a folder that is not there": FILES,
    "the folder of nobody": FILES,
    "no path at all": FILES,
    "a path that is too long": FILES,
    "a word that is nearly one": FILES,
    "a base that is missing": FILES,
    "a base that is the file": FILES,
}
"""Broken files that the schema takes, and why."""


def instance(text: str) -> object:
    return plain_value(parse(text, "r.yaml"))


def reaches_a_schema(text: str) -> bool:
    """Whether a file is YAML that an editor can hold against a schema."""
    try:
        parse(text, "r.yaml")
    except SpaceError:
        return False
    return True


REACHING = [case for case, (text, _) in CORPUS.items() if reaches_a_schema(text)]


def test_the_schema_is_one_of_its_draft():
    Draft202012Validator.check_schema(SCHEMA)


def test_every_reference_of_the_schema_leads_somewhere():
    def references(schema: object):
        if isinstance(schema, dict):
            yield from ([schema["$ref"]] if "$ref" in schema else [])
            yield from (each for below in schema.values() for each in references(below))
        elif isinstance(schema, list):
            yield from (each for below in schema for each in references(below))

    for reference in set(references(SCHEMA)):
        found = SCHEMA
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


@pytest.mark.parametrize("name", sorted(bundled_spaces()))
def test_every_space_that_ships_follows_the_schema_and_names_it(name):
    text = bundled_spaces()[name].read_text()
    VALIDATOR.validate(instance(text.replace("# path:", "path:")))
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert bundled_spaces()[name].with_name("schema.json").is_file()


def test_the_schema_that_ships_is_up_to_date():
    shipped = (ROOT / "search_spaces" / "schema.json").read_text()
    assert shipped == schema_text(SCHEMA), "run `make docs`"
    assert json.loads(shipped) == SCHEMA


def test_the_reference_of_the_language_is_up_to_date():
    page = (ROOT / "docs" / "language.md").read_text()
    reference = runpy.run_path(str(ROOT / "docs" / "language_reference.py"))
    assert reference["MARK"] in page
    assert page == reference["refresh_page"](page, FULL_SCHEMA), "run `make docs`"


RECURSIVE = SCHEMA["$defs"].keys() & FULL_SCHEMA["$defs"].keys()
"""Definitions that hold themselves: they alone keep their names."""


def as_language_servers_read(schema: dict) -> dict[str, int]:
    """Every different part of a schema, once a definition's keywords stand beside those that refer to it."""
    definitions: dict[str, dict] = schema["$defs"]
    parts: dict[str, int] = {}

    def number(value: object, inside: frozenset[str]) -> object:
        if isinstance(value, list):
            return [number(item, inside) for item in value]
        if not isinstance(value, dict):
            return value
        while (name := str(value.get("$ref", "")).removeprefix("#/$defs/")) in definitions.keys() - inside:
            value = definitions[name] | {key: rule for key, rule in value.items() if key != "$ref"}
            inside |= {name} & RECURSIVE
        part = {key: number(rule, inside) for key, rule in sorted(value.items()) if key != "$defs"}
        return parts.setdefault(json.dumps(part), len(parts))

    number(schema, frozenset())
    return parts


@pytest.mark.thorough
def test_editors_read_of_the_short_schema_what_stands_in_the_full_one():
    assert as_language_servers_read(SCHEMA) == as_language_servers_read(FULL_SCHEMA)


def test_the_schema_is_small_enough_to_be_kept_beside_the_spaces():
    assert len(schema_text(SCHEMA)) < 320_000


@pytest.mark.parametrize("case", REACHING)
def test_what_the_parser_refuses_the_schema_refuses_if_it_has_words_for_it(case):
    assert VALIDATOR.is_valid(instance(CORPUS[case][0])) == (case in UNSAID)


def test_every_exception_is_about_a_broken_file():
    assert UNSAID.keys() <= set(REACHING)


@pytest.mark.parametrize(
    "text",
    [
        "training: {optimizer: {sgd: {choice: [{momentum: 0.5}, {nesterov: true}]}}}",
        "training: {optimizer: {choice: [adam, {sgd: {momentum: 0.5}}]}}",
        "training: {early_stopping: {choice: [none, {patience: 3}]}}",
        "training: {choice: {optimizer: {sgd: {momentum: {float: [0, 0.5]}}}, early_stopping: {patience: 3}}}",
        "training: {learning_rate: {int: [1, 2]}, epochs: {int: [1, 8], log: true, step: 1}, schedule: {constant: }}",
        "training: {choice: [{epochs: 3}, null]}",
        "search: {timeout: '90'}\nobjective: [parameters, {direction: maximize}]\nconstraints: parameters < 3",
        "start_from: []\nconstraints:\nobjective:\nsearch:\ntraining:",
    ],
)
def test_a_file_may_be_written_in_unusual_ways(read, text):
    """`read` holds them against the schema."""
    assert read(f"data: digits\nmodel: simple_cnn\n{text}\n")


@pytest.mark.parametrize(
    "model",
    [
        "{mine: {family: simple_cnn, depth: 2}}",
        "{simple_cnn: {choice: [{depth: 1}, {depth: 2}]}}",
        "{choice: [simple_cnn, {vgg16: {weights: none}}, {family: simple_cnn, depth: 2}]}",
        "{choice: {vgg16: {family: vgg16, weights: none}, mine: {family: simple_cnn, depth: {int: [1, 2]}}}}",
        "{family: {choice: {simple_cnn: , vgg16: {}}}, dropout: {float: [0, 0.5]}}",
    ],
)
def test_a_model_may_be_written_in_unusual_ways(read, model):
    """`read` holds them against the schema."""
    assert read(f"data: {{dataset: digits, image_size: 32}}\nmodel: {model}\n")


@pytest.mark.parametrize(
    "text",
    [
        "vgg16.yaml\nmodel: {dropout: {float: [0, 0.4]}}\ntraining: {early_stopping: , epochs: 3}\nobjective:\n",
        "vgg16.yaml\nmodel: {family: vgg16, weights: none}\nsearch: {timeout: }\n",
        "vgg16.yaml\nmodel: {simple_cnn: {depth: 1}}\ndata: {image_size: 32}\n",
        "cifar10_simple_cnn.yaml\nmodel: {depth: {int: [1, 2]}, family: simple_cnn, block_dropout: , dropout: }\n",
    ],
)
def test_a_file_over_a_base_leaves_out_what_it_likes_and_drops_what_it_names_with_nothing_after_it(read, text):
    """`read` holds them against the schema."""
    assert read(f"base: {text}")


@pytest.mark.parametrize(
    "text",
    ["model: {depht: 3}", "model: {family: vgg16, depth: 3}", "training: {epochs: 0}", "study:", "data: {vgg16: }"],
)
def test_a_file_over_a_base_follows_the_rules(read, text):
    with pytest.raises(SpaceError):
        read(f"base: vgg16.yaml\n{text}\n")
    assert not VALIDATOR.is_valid(instance(f"base: vgg16.yaml\n{text}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "data: digits\nmodel: {family: simple_cnn, dropout: {float: [0, 1], step: 0.3}}\n",  # 0.9 is the last
        "data: digits\nmodel: {family: simple_cnn, depth: {int: [1, 20]}}\nconstraints: [depth < 3]\n",
        "data: {dataset: digits, image_size: 32}\nmodel: {simple_cnn: {family: vgg16, weights: none}}\n",
    ],
    ids=["a high that no step reaches", "a bound that a constraint keeps", "a name that is another's"],
)
def test_the_schema_is_stricter_than_the_parser_where_a_file_misleads(here, text):
    (here / "r.yaml").write_text(text)
    assert load("r.yaml")
    assert not VALIDATOR.is_valid(instance(text))
