"""From pydantic's JSON Schema of a section to the language's: spellings that it does not know, and parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from pydantic.json_schema import models_json_schema

from hpo.spaces.schema.parameters import (
    COMMON,
    CONSTANT,
    DEFINITIONS,
    NOTHING,
    Schema,
    choice,
    float_range,
    int_range,
    one_key,
    repeat,
)
from hpo.spaces.schema.wording import default_text, unwrap, values_text
from hpo.spaces.sections.section import Section

_NULL: Schema = {"type": "null"}
_WITH_PARAMETERS = "_with_parameters"
_ANNOTATIONS = ("title", "description", "default")


class Values:
    """Schemas of values; those of sections gather in `definitions`.

    Where a value may be a parameter, so may every value below it. A section stands in `definitions` up to three times:
    as a constant, `..._with_parameters`, and `..._over_base`: a file that starts from another one leaves keys to it,
    and drops those that it names with nothing after them.
    """

    def __init__(self, sections: Iterable[type[Section]]) -> None:
        references, schema = models_json_schema(
            [(section, "validation") for section in sections], ref_template="{model}"
        )
        self.definitions: dict[str, Schema] = dict(COMMON)
        self._names = {section: str(reference["$ref"]) for (section, _), reference in references.items()}
        self._raw: dict[str, Schema] = schema["$defs"]

    def raw(self, section: type[Section]) -> Schema:
        """What pydantic says of a section."""
        return self._raw[self._names[section]]

    def section(
        self, section: type[Section], *, variable: bool, over_base: bool = False, constant: Collection[str] = ()
    ) -> Schema:
        """A section, or nothing; it may be a parameter if `variable`, and so may its keys that are not `constant`."""
        name = self._names[section]
        mapping = self._section(name, variable=variable, constant=constant)
        parameters = [self._choice([{"$ref": name}, _NULL])] if variable else []
        return any_of([self.over_base(mapping) if over_base else mapping, _NULL, *parameters])

    def options(self, section: type[Section], name_key: str, variable: Collection[str] | None) -> Schema:
        """A reference to the options of a registered name: a section open to other keys, `name_key` left out.

        Args:
            section: its class.
            name_key: `family` or `dataset`.
            variable: the keys that may be parameters; None for all.
        """
        raw = self.raw(section)
        keys = [key for key in raw["properties"] if key != name_key]
        name = f"{self._names[section]}{'' if variable == () else _WITH_PARAMETERS}"
        return self.define(name, lambda: self._keys(raw, keys, keys if variable is None else variable))

    def over_base(self, section: Schema) -> Schema:
        """A section as a file has it that starts from another one.

        Keys may be left to the base, and one with nothing after it drops the base's.
        """
        name = section["$ref"].removeprefix(DEFINITIONS)

        def make() -> Schema:
            whole = {key: rule for key, rule in self.definition(section).items() if key != "required"}
            return {**whole, "properties": {key: any_of([rule, _NULL]) for key, rule in whole["properties"].items()}}

        return self.define(f"{name}_over_base", make)

    def value(self, raw: Schema, *, variable: bool) -> Schema:
        """What may stand where pydantic expects `raw`, with what editors show of it."""
        alternatives = list(_alternatives(raw))
        forms = [form for alternative in alternatives for form in self._forms(alternative, variable=variable)]
        parameters = self._parameters(alternatives) if variable else []
        return {**_annotations(raw, any_of(forms), self._raw), **any_of([*forms, *parameters])}

    def define(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to a definition, which is made the first time that it is asked for."""
        if name not in self.definitions:
            self.definitions[name] = {}  # a section may hold itself
            self.definitions[name] = make()
        return {"$ref": f"{DEFINITIONS}{name}"}

    def definition(self, reference: Schema) -> Schema:
        """What a reference to a definition leads to."""
        return self.definitions[reference["$ref"].removeprefix(DEFINITIONS)]

    def _section(self, name: str, *, variable: bool, named: bool = False, constant: Collection[str] = ()) -> Schema:
        """A closed section; one that is `named` stands below its name, and may be left empty."""
        raw = self._raw[name]
        keys = [key for key in raw["properties"] if not (named and key == "name")]
        kind = ["object", "null"] if named and not raw.get("required") else "object"

        def make() -> Schema:
            rules = self._keys(raw, keys, [key for key in keys if key not in constant] if variable else ())
            return {"type": kind, **rules, "additionalProperties": raw.get("additionalProperties", True)}

        return self.define(f"{name}{_WITH_PARAMETERS if variable else ''}", make)

    def _keys(self, raw: Schema, keys: Iterable[str], variable: Collection[str]) -> Schema:
        properties = {key: self.value(raw["properties"][key], variable=key in variable) for key in keys}
        required = [key for key in raw.get("required", ()) if key in properties]
        rules: Schema = {"required": required} if required else {}
        if raw.get("additionalProperties") is True:  # a section of somebody's own code takes keys that we do not know
            rules["additionalProperties"] = True if set(properties) <= set(variable) else CONSTANT
        return {"description": unwrap(raw.get("description", "")), "properties": properties, **rules}

    def _forms(self, alternative: Schema, *, variable: bool) -> list[Schema]:
        """The ways to write one of pydantic's alternatives, other than as a parameter."""
        if "discriminator" in alternative:
            options = self._options_by_name(alternative, variable=variable)
            if variable:  # the options may be a choice too, where they do not themselves belong to an alternative
                constants = self._options_by_name(alternative, variable=False)
                options = {name: self._or_choice(section, constants[name]) for name, section in options.items()}
            words = [name for name, target in _mapping(alternative).items() if not self._raw[target].get("required")]
            descriptions = [unwrap(self._raw[_mapping(alternative)[name]].get("description", "")) for name in words]
            return [{"enum": words, "markdownEnumDescriptions": descriptions}, one_key(options)]
        if "$ref" in alternative:
            return [self._section(alternative["$ref"], variable=variable)]
        for below in ("items", "additionalProperties"):  # of a list, or of a mapping with keys of any name
            if isinstance(alternative.get(below), dict):
                return [{**alternative, below: self.value(alternative[below], variable=variable)}]
        return [alternative]

    def _options_by_name(self, union: Schema, *, variable: bool) -> dict[str, Schema]:
        """What may follow each name of a union of named sections."""
        return {name: self._section(target, variable=variable, named=True) for name, target in _mapping(union).items()}

    def _or_choice(self, options: Schema, constant: Schema) -> Schema:
        choices = choice(constant | {"minProperties": 1}, {})
        return {"type": self.definition(options)["type"], "anyOf": [options, choices]}

    def _parameters(self, alternatives: Sequence[Schema]) -> list[Schema]:
        """The parameters that may stand for any of these alternatives."""
        forms: list[Schema] = []
        for alternative in alternatives:
            if alternative.get("type") in ("integer", "number"):
                ranges = (int_range(alternative), float_range(alternative) if alternative["type"] == "number" else None)
                forms += [schema for schema in ranges if schema is not None]
            elif alternative.get("type") == "array":
                forms.append(repeat(self.value(alternative.get("items", {}), variable=True), alternative))
        return [*forms, self._choice(alternatives)]

    def _choice(self, alternatives: Sequence[Schema]) -> Schema:
        forms = [form for alternative in alternatives for form in self._forms(alternative, variable=False)]
        items = any_of(forms)
        if any("$ref" in form or "properties" in form for form in forms):
            items = {**items, "minProperties": 1}
        named: dict[str, Schema] = {}
        is_open = False
        for alternative in alternatives:
            is_open = is_open or (alternative.get("type") == "string" and "enum" not in alternative)
            named |= self._openings(alternative)
        return choice(items, named, NOTHING if is_open else None)

    def _openings(self, alternative: Schema) -> dict[str, Schema]:
        """What may follow each name in a choice among named alternatives; the name and it make one of the values."""
        if "discriminator" in alternative:
            return self._options_by_name(alternative, variable=True)
        if "enum" in alternative:
            return {word: NOTHING for word in alternative["enum"] if isinstance(word, str)}
        if "$ref" not in alternative:
            return {}
        raw = self._raw[alternative["$ref"]]
        openings: dict[str, Schema] = {}
        for key, value in raw["properties"].items():
            forms = [form for alternative in _alternatives(value) for form in self._forms(alternative, variable=True)]
            mappings = [{**form, "minProperties": 1} for form in forms if "$ref" in form or "properties" in form]
            if mappings and set(raw.get("required", [])) <= {key}:
                openings[key] = any_of(mappings)
        return openings


def any_of(forms: Sequence[Schema]) -> Schema:
    """One of these forms."""
    return forms[0] if len(forms) == 1 else {"anyOf": list(forms)}


def _mapping(union: Schema) -> dict[str, str]:
    sections: dict[str, str] = union["discriminator"]["mapping"]
    return sections


def _alternatives(raw: Schema) -> Iterator[Schema]:
    """What pydantic would take, unions taken apart, all words together.

    In this order: an editor words its complaint after the first where a value is like none.
    """
    flat = list(_flat(raw))
    words = [value for form in flat for value in (form.get("enum") or ([form["const"]] if "const" in form else []))]
    yield from (form for form in flat if "enum" not in form and "const" not in form and form != _NULL)
    if words:
        yield {"enum": words}
    if _NULL in flat:
        yield _NULL


def _flat(raw: Schema) -> Iterator[Schema]:
    if "anyOf" in raw:
        for form in raw["anyOf"]:
            yield from _flat(form)
    else:
        yield {key: rule for key, rule in raw.items() if key not in _ANNOTATIONS}


def _annotations(raw: Schema, constant: Schema, sections: dict[str, Schema]) -> Schema:
    """What editors show of a value, and write for it at first."""
    annotations: Schema = {}
    default = _default(raw, constant, sections)
    if default is not None:
        annotations["default"] = default
    if "description" in raw:
        text, values = unwrap(raw["description"]), values_text(constant)
        default_part = f" Default: {default_text(annotations)}." if annotations else ""
        annotations["description"] = text
        annotations["markdownDescription"] = f"{text}\n\n{values[:1].upper()}{values[1:]}.{default_part}"
    return annotations


def _default(raw: Schema, constant: Schema, sections: dict[str, Schema]) -> object:
    default = raw.get("default")
    if "discriminator" in raw and isinstance(default, dict):
        properties = sections[_mapping(raw)[default["name"]]]["properties"]
        changed = {key: value for key, value in default.items() if value != properties[key].get("default")}
        return {default["name"]: changed} if changed else default["name"]
    takes_none = any("none" in form.get("enum", ()) for form in constant.get("anyOf", [constant]))
    if "default" in raw and default is None and takes_none:
        return "none"
    return default
