"""The reference of the language in Markdown, made from its JSON Schema."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping

from hpo.spaces.schema.parameters import DEFINITIONS, Schema, choice, float_range, int_range, repeat
from hpo.spaces.schema.wording import default_text, forms_of, values_text

MARK = "<!-- From here on: made by `make docs` from the schema. -->"
_SECTIONS = ("training", "objective", "search", "resources", "recovery", "on_oom", "tracking", "alerts")


def write_reference(schema: Schema) -> str:
    """Every key of a space file: what it may be, its bounds, its default, and what it does.

    Args:
        schema: what `json_schema` gives.
    """
    text = "\n".join(_Reference(schema).lines())
    lines = "\n".join(wrapped for line in text.splitlines() for wrapped in _wrap(line))
    return re.sub("\n{3,}", "\n\n", lines).rstrip("\n") + "\n"


def refresh_page(page: str, schema: Schema) -> str:
    """A page with its introduction, which ends at `MARK`, and below it the reference."""
    introduction, _, _ = page.partition(MARK)
    return f"{introduction}{MARK}\n\n{write_reference(schema)}"


class _Reference:
    """Walks through the schema, from the keys of a file down."""

    def __init__(self, schema: Schema) -> None:
        self._definitions: Mapping[str, Schema] = schema["$defs"]
        keys = schema["properties"] | schema["else"]["properties"]
        self._file: Schema = {"properties": keys, "required": schema["else"]["required"]}
        self._told: list[tuple[dict[str, Schema], str]] = []

    def lines(self) -> Iterator[str]:
        """The whole reference."""
        keys = self._file["properties"]
        links = {name: _anchor(name) for name in ("data", "model", *_SECTIONS)}
        yield from ("## The keys of a file", "", *self._table(self._file, links))
        yield from ("", "## Parameters", "", *_parameters())
        yield from self._registered("data")
        yield from self._registered("model")
        for name in _SECTIONS:
            section = self._section_of(keys[name]) or {}
            yield from ("", f"## `{name}`", "", section["description"], "")
            yield from self._section(section, f"{name}.", level=3)
            if name == "search":
                yield from self._other_backends(keys[name], section)

    def _other_backends(self, value: Schema, default: Schema) -> Iterator[str]:
        """The options of each search backend that a file has to name."""
        for form in forms_of(value):
            options = self._resolve(form)
            own = {
                key: entry for key, entry in options.get("properties", {}).items() if key not in ("trials", "timeout")
            }
            if own and options is not default:
                backend = own.pop("backend")["default"]
                yield from ("", f"### `backend: {backend}`", "", options["description"], "")
                yield from ("Beside `trials` and `timeout`:", "")
                yield from self._section({**options, "properties": own}, f"search.{backend}.", level=4)

    def _registered(self, name: str) -> Iterator[str]:
        """`data` or `model`: each registered name with its keys; those that all have in common are told once."""
        section = self._file["properties"][name]
        named = {form["title"]: self._resolve(form["allOf"][0]) for form in forms_of(section) if "title" in form}
        first = next(iter(named.values()))["properties"]
        common = {
            key: value
            for key, value in first.items()
            if name == "data" and all(section["properties"].get(key) == value for section in named.values())
        }
        yield from ("", f"## `{name}`", "", section["description"])
        if common:
            yield from ("", "Of every data set:", "")
            yield from self._section({"properties": common}, f"{name}.", level=3)
        for word, options in named.items():
            own = {key: value for key, value in options["properties"].items() if key not in common}
            yield from ("", f"### `{word}`", "", options["description"], "")
            yield from self._section({**options, "properties": own}, f"{word}.", level=4)

    def _section(self, section: Schema, path: str, level: int) -> Iterator[str]:
        """A section's keys, and below them those that are sections themselves, where they are not told above."""
        below = {key: sections for key, value in section["properties"].items() if (sections := self._below(value))}
        above = {key: anchor for key, sections in below.items() for known, anchor in self._told if known == sections}
        yield from self._table(section, {key: above.get(key, _anchor(f"{path}{key}")) for key in below})
        for key, sections in below.items():
            if key in above:
                continue
            self._told.append((sections, _anchor(f"{path}{key}")))
            yield from ("", f"{'#' * level} `{path}{key}`", "")
            if "" not in sections:
                yield from (section["properties"][key]["description"], "")
            for name, options in sections.items():
                yield from (f"{'#' * (level + 1)} `{name}`", "") if name else ()
                yield from (options["description"], "")
                yield from self._section(options, f"{path}{key}.{name}." if name else f"{path}{key}.", level + 2)
                yield ""

    def _below(self, value: Schema) -> dict[str, Schema]:
        """The sections that a value may be, by name; one without a name is called ``."""
        if (section := self._section_of(value)) is not None:
            return {"": section}
        for form in forms_of(value):
            if form.get("type") == "array" and (section := self._section_of(form["items"])) is not None:
                return {"": section}
            if "oneOf" in form:
                return {name: self._section_of(form) or {} for name, form in form["properties"].items()}
        return {}

    def _section_of(self, value: Schema) -> Schema | None:
        for form in forms_of(value):
            section = self._resolve(form.get("allOf", [form])[0])
            if "properties" in section and "oneOf" not in section:
                return section
        return None

    def _resolve(self, form: Schema) -> Schema:
        return self._definitions[form["$ref"].removeprefix(DEFINITIONS)] if "$ref" in form else form

    def _table(self, section: Schema, anchors: Mapping[str, str]) -> Iterator[str]:
        required: Collection[str] = section.get("required", ())
        if not section["properties"]:
            yield "It has no options of its own."
            return
        yield from ("| key | values | default | what it does |", "|---|---|---|---|")
        for key, value in section["properties"].items():
            mapping = f"[mapping]({anchors[key]})" if key in anchors else "mapping"
            values, default = values_text(value, mapping), default_text(value)
            description = " ".join(value.get("description", "").split())
            cells = (f"`{key}`", values, "required" if key in required else default, description)
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _parameters() -> Iterator[str]:
    forms = {
        "{int: [low, high]}": int_range({"type": "integer"}) or {},
        "{float: [low, high]}": float_range({"type": "number"}),
        "{choice: [...]}": choice({}, {}),
        "{repeat: count, of: item}": repeat(
            {"description": "What is repeated; each item has parameters of its own."}, {}
        ),
    }
    for written, schema in forms.items():
        (_, first), *options = schema["properties"].items()
        yield f"- `{written}`: {first['description']}"
        yield from (f"  - `{key}`: {option['description']}" for key, option in options)


def _wrap(line: str) -> list[str]:
    """A line as lines of at most 120 characters; rows of tables stay as they are."""
    if line.startswith("|"):
        return [line]
    indent = " " * (len(line) - len(line.lstrip(" -")))
    return textwrap.wrap(line, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]


def _anchor(heading: str) -> str:
    return "#" + "".join(letter for letter in heading.lower() if letter.isalnum() or letter in "_-")
