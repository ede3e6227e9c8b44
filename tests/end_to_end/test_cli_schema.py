"""`hpo schema`, as an editor's user meets it."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator


def test_the_schema_is_printed_and_nothing_else(hpo):
    printed = hpo("schema")
    assert (printed.returncode, printed.stderr) == (0, "")
    schema = json.loads(printed.stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator(schema).validate(
        {"data": "digits", "model": {"family": "simple_cnn", "depth": {"int": [1, 3]}}}
    )


def test_the_schema_is_written_where_it_is_asked_for(hpo, tmp_path):
    written = hpo("schema", "--output", "schema.json")
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    assert (tmp_path / "schema.json").read_text() == hpo("schema").stdout


def test_a_file_that_cannot_be_written_is_told(hpo):
    refused = hpo("schema", "--output", "nowhere/schema.json")
    assert refused.returncode == 2
    assert refused.stderr.startswith("hpo: --output: it is a file that can be written. Received nowhere/schema.json:")


def test_the_help_tells_how_to_use_it(hpo):
    told = hpo("schema", "--help").stdout
    assert "hpo schema --output schema.json" in told
    assert "# yaml-language-server: $schema=schema.json" in told
