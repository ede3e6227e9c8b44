"""The schema and the parser agree: on spaces that ship, on those of these tests, and on files that are broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from broken_files import CORPUS
from jsonschema import Draft202012Validator

import hpo
from hpo.errors import SpaceError
from hpo.spaces import bundled_spaces, json_schema
from hpo.spaces.reference import MARK, refreshed
from hpo.spaces.source import parse, plain_value

ROOT = Path(hpo.__file__).parent.parent
SCHEMA = json_schema(built_in_only=True)
VALIDATOR = Draft202012Validator(SCHEMA)

ORDER = "JSON Schema does not compare a value with another one"
FILES = "JSON Schema does not know what lies on a disk"
NUMBERS = "JSON has no infinity"
EXPRESSIONS = "JSON Schema does not read an expression"
UNSAID = {
    "bounds exchanged": ORDER,
    "a step too large": ORDER,
    "a step too small": ORDER,
    "a rule about two options": ORDER,
    "a grid of numbers without end": ORDER,
    "two objectives for CMA-ES": ORDER,
    "a start that a constraint rules out": ORDER,
    "constraints that are code": EXPRESSIONS,
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
    VALIDATOR.validate(instance(text))
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    assert bundled_spaces()[name].with_name("schema.json").is_file()


def test_the_schema_that_ships_is_up_to_date():
    shipped = (ROOT / "search_spaces" / "schema.json").read_text()
    assert shipped == json.dumps(SCHEMA, indent=2) + "\n", "run `make docs`"


def test_the_reference_of_the_language_is_up_to_date():
    page = (ROOT / "docs" / "language.md").read_text()
    assert MARK in page
    assert page == refreshed(page, SCHEMA), "run `make docs`"


@pytest.mark.parametrize("case", REACHING)
def test_what_the_parser_refuses_the_schema_refuses_if_it_has_words_for_it(case):
    assert VALIDATOR.is_valid(instance(CORPUS[case][0])) == (case in UNSAID)


def test_every_exception_is_about_a_broken_file():
    assert UNSAID.keys() <= set(REACHING)
