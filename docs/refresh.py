"""Writes what follows from the code: `search_spaces/schema.json`, and `docs/language.md` below its introduction."""

from pathlib import Path

from language_reference import refresh_page

from hpo.spaces import json_schema, schema_text
from hpo.spaces.schema.document import full_schema

ROOT = Path(__file__).resolve().parent.parent
schema = json_schema(built_in_only=True)
(ROOT / "search_spaces" / "schema.json").write_text(schema_text(schema), encoding="utf-8")
page = ROOT / "docs" / "language.md"
page.write_text(refresh_page(page.read_text(encoding="utf-8"), full_schema(built_in_only=True)), encoding="utf-8")
