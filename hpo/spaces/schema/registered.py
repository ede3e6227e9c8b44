"""JSON Schemas of the sections that name what they are: `data` by its data set, `model` by its family."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hpo.spaces.schema.parameters import NOTHING, Schema, choice, closed, matching, one_key
from hpo.spaces.schema.values import Values, any_of
from hpo.spaces.schema.wording import unwrap
from hpo.spaces.sections.section import Section
from hpo.spaces.space.parameters import KINDS


class Registered:
    """A section that may be a word, `{family: NAME, ...}`, `{NAME: {...}}`, `{ANY: {family: NAME, ...}}` or a choice.

    Args:
        values: gathers definitions.
        key: what names it, `family` or `dataset`.
        sections: what each name, or form of names, stands for.
        patterns: of each form, the names that have it.
        variable: the keys that may be parameters; None where the whole section may be one.
    """

    def __init__(
        self,
        values: Values,
        key: str,
        sections: Mapping[str, type[Section]],
        patterns: Mapping[str, str],
        variable: Collection[str] | None,
    ) -> None:
        self._values, self._key, self._sections, self._variable = values, key, sections, variable
        self._fixed = [name for name in sections if name not in patterns]
        self._patterns = {form: pattern for form, pattern in patterns.items() if form in sections}
        self._told = {name: unwrap(values.raw(section).get("description", "")) for name, section in sections.items()}

    def schema(self, *, over_base: bool = False) -> Schema:
        """The section in a file, or in one that starts from another."""
        forms = [*(self._without_name() if over_base else []), *self._words(over_base=over_base)]
        forms += self._spelled_out(self._variable, over_base=over_base)
        forms += self._by_name(self._variable, over_base=over_base)
        by_any_name = self._by_any_name(self._variable, over_base=over_base)
        if self._variable is not None:
            return {"anyOf": [*forms, by_any_name]}
        alternatives = {name: self._below(name, None) for name in self._fixed}
        by_form = {pattern: self._below(form, None) for form, pattern in self._patterns.items()}
        forms.append(choice(self._constant(), alternatives, self._any_spelled_out(None), by_form))
        return {"anyOf": [*forms, by_any_name], "allOf": self._fits_all_chosen(over_base=over_base)}

    def _constant(self) -> Schema:
        forms = [*self._words(), *self._spelled_out(()), *self._by_name(()), self._by_any_name(())]
        return {"anyOf": forms, "minProperties": 1}

    def _words(self, *, over_base: bool = False) -> list[Schema]:
        names = [name for name in self._fixed if over_base or not self._is_required(name)]
        by_form = [self._is(form) for form in self._patterns if over_base or not self._is_required(form)]
        return [{"enum": names, "markdownEnumDescriptions": [self._told[name] for name in names]}, *by_form]

    def _is_required(self, name: str) -> bool:
        """Whether more has to be said than the name."""
        return bool(set(self._values.raw(self._sections[name]).get("required", ())) - {self._key})

    def _is(self, name: str) -> Schema:
        """The name, or a name of that form."""
        if name in self._patterns:
            return {"type": "string", "pattern": self._patterns[name]}
        return {"const": name}

    def _any_is(self) -> Schema:
        return any_of([{"enum": self._fixed}, *map(self._is, self._patterns)])

    def _spelled_out(self, variable: Collection[str] | None, *, over_base: bool = False) -> list[Schema]:
        """`{family: NAME, ...}`, for each name."""
        return [
            {
                "title": name,
                "type": "object",
                "properties": {self._key: self._name(name, variable)},
                "required": [self._key],
                "allOf": [self._options(name, variable, over_base=over_base)],
                "unevaluatedProperties": False,
            }
            for name in self._sections
        ]

    def _any_spelled_out(self, variable: Collection[str] | None, *, over_base: bool = False) -> Schema:
        suffix = f"{'' if variable == () else '_with_parameters'}{'_over_base' if over_base else ''}"

        def make() -> Schema:
            rules = {"allOf": self._fits_all_chosen(over_base=over_base)} if variable is None else {}
            return {"anyOf": self._spelled_out(variable, over_base=over_base), **rules}

        return self._values.define(f"any_{self._key}{suffix}", make)

    def _options(self, name: str, variable: Collection[str] | None, *, over_base: bool = False) -> Schema:
        options = self._values.options(self._sections[name], self._key, variable)
        return self._values.over_base(options) if over_base else options

    def _name(self, name: str, variable: Collection[str] | None) -> Schema:
        """The name itself, or a choice among names that has it."""
        described = {"description": self._told[name]}
        if variable is not None:
            return {**described, **self._is(name)}
        return {**described, "anyOf": [self._is(name), self._choice_with(name)]}

    def _choice_with(self, name: str) -> Schema:
        listed = {"type": "array", "items": self._any_is(), "contains": self._is(name)}
        named = closed(
            dict.fromkeys(self._fixed, NOTHING),
            **matching(dict.fromkeys(self._patterns.values(), NOTHING)),
            **self._has_key(name),
            minProperties=2,
        )
        choices = {"anyOf": [{**listed, "minItems": 2, "uniqueItems": True}, named]}
        definition = f"choice_with_{name.replace(':', '_')}"
        return self._values.define(definition, lambda: closed({"choice": choices}, required=["choice"]))

    def _has_key(self, name: str) -> Schema:
        if name in self._patterns:
            return {"not": {"propertyNames": {"not": {"pattern": self._patterns[name]}}}}
        return {"required": [name]}

    def _fits_all_chosen(self, *, over_base: bool = False) -> list[Schema]:
        """The options beside a choice among names are those of each."""
        return [
            {
                "if": {"type": "object", "properties": {self._key: self._choice_with(name)}, "required": [self._key]},
                "then": {
                    "properties": {self._key: True},
                    "allOf": [self._options(name, None, over_base=over_base)],
                    "unevaluatedProperties": False,
                },
            }
            for name in self._sections
        ]

    def _below(self, name: str, variable: Collection[str] | None, *, over_base: bool = False) -> Schema:
        """What follows a name: its options, which may repeat the name."""
        return {
            "description": self._told[name],
            "type": "object" if self._is_required(name) and not over_base else ["object", "null"],
            "properties": {self._key: self._name(name, variable)},
            "allOf": [self._options(name, variable, over_base=over_base)],
            "unevaluatedProperties": False,
        }

    def _by_name(self, variable: Collection[str] | None, *, over_base: bool = False) -> list[Schema]:
        """`{NAME: {...}}`."""
        options = {name: self._below(name, variable, over_base=over_base) for name in self._sections}
        if variable is None:
            constants = {name: {**self._below(name, ()), "minProperties": 1} for name in self._sections}
            options = {
                name: {"type": section["type"], "anyOf": [section, choice(constants[name], {})]}
                for name, section in options.items()
            }
        by_form = [
            closed({}, **matching({pattern: options[form]}), minProperties=1, maxProperties=1)
            for form, pattern in self._patterns.items()
        ]
        return [one_key({name: options[name] for name in self._fixed}), *by_form]

    def _by_any_name(self, variable: Collection[str] | None, *, over_base: bool = False) -> Schema:
        """`{ANY: {family: NAME, ...}}`; where it does not look like that, editors are not to think of it."""
        by_form = [{"pattern": pattern} for pattern in self._patterns.values()]
        return {
            "if": {
                "type": "object",
                "propertyNames": {"not": any_of([{"enum": [*KINDS, self._key, *self._fixed]}, *by_form])},
                "additionalProperties": {"type": "object", "required": [self._key]},
                "minProperties": 1,
                "maxProperties": 1,
            },
            "then": {"additionalProperties": self._any_spelled_out(variable, over_base=over_base)},
            "else": False,
        }

    def _without_name(self) -> list[Schema]:
        """The keys of all names, where the base may say which it is.

        Not those of a family that takes any key: no mistake in a key would be seen any more. A file that sets some of
        them says its family again.
        """
        values_by_key: dict[str, list[Schema]] = {}
        for name in self._sections:
            options = self._options(name, self._variable, over_base=True)
            for key, value in self._values.definition(options)["properties"].items():
                values = values_by_key.setdefault(key, [])
                values += [] if value in values else [value]
        return [closed({key: any_of(values) for key, values in values_by_key.items()})]
