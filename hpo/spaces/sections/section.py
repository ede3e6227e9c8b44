"""How a part of a file is checked: pydantic models, strict, closed and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from hpo.spaces.sections.options import options_of
from hpo.spaces.space.parameters import as_whole


class Section(BaseModel):
    """A mapping of the file whose keys and types are known; unknown keys and mere look-alikes are refused.

    `16.0` and `1e2` are whole numbers where one is asked for.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _read_whole_numbers(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: _with_whole_numbers(value) if key in _whole_fields(cls) else value for key, value in data.items()}


@cache
def _whole_fields(section: type[BaseModel]) -> frozenset[str]:
    """The keys under which whole numbers stand, and no others."""
    return frozenset(key for key, option in options_of(section).items() if {int, float} & option.types == {int})


def _with_whole_numbers(value: object) -> object:
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    return as_whole(value) if isinstance(value, float) else value


def _spell_out(value: object) -> object:
    """`name` and `{name: options}` are two spellings of one thing; pydantic gets `{name: name, **options}`."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, options),) = value.items()
        options = {} if options is None else options
        if isinstance(options, Mapping) and "name" not in options:
            return {**options, "name": name}
    raise ValueError("it is a name, or one name with its options (`NAME: {OPTION: ...}`)")


def _nothing(value: object) -> object:
    return None if value == "none" else value


Named = (Field(discriminator="name"), BeforeValidator(_spell_out))
"""Annotates a union of sections that a file chooses from by name: `adam`, or `sgd: {momentum: 0.9}`."""


class _OrNone(BeforeValidator):
    """Takes the word `none` for None, and says so in the JSON Schema."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"const": "none"}, handler(schema)]}


class Switch(BeforeValidator):
    """Takes `true` for a section without options, `false` for none, and a text or a number for the option it is of."""

    def __init__(self, shorthand: str | None = None, kind: type[str] | type[float] = str) -> None:
        """Name the option that a text, or a number, stands for; None where it stands for none."""
        kinds = (int, float) if kind is float else (str,)

        def spell_out(value: object) -> object:
            if isinstance(value, bool):
                return {} if value else None
            return {shorthand: value} if shorthand is not None and isinstance(value, kinds) else value

        super().__init__(spell_out)
        name = "number" if kind is float else "string"
        object.__setattr__(self, "shorthand_schema", [] if shorthand is None else [{"type": name}])

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe all that is taken."""
        shorthand = self.shorthand_schema  # type: ignore[attr-defined]
        return {"anyOf": [*shorthand, handler(schema), {"type": "boolean"}]}


OrNone = _OrNone(_nothing)
"""Annotates what `none` (the word) turns off."""

Share = Annotated[float, Field(gt=0, lt=1)]
"""A part of a whole, between 0 and 1, both excluded."""

Rate = Annotated[float, Field(ge=0, lt=1)]
"""A dropout rate, a momentum, a decay: from 0 to below 1."""


def plain(section: BaseModel) -> dict[str, Any]:
    """A named section's options, without its name."""
    return section.model_dump(exclude={"name"})
