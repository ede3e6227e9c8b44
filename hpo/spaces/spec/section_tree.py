"""Which section stands where below another one: unions of named sections are entered by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel

from hpo.spaces.text.source import KeyPath


def section_at(section: type[BaseModel], where: KeyPath) -> type[BaseModel]:
    """The section at `where` below `section`; a union of named sections is entered by name."""
    members: list[type[BaseModel]] = []
    for part in where:
        if part in section.model_fields:
            members = sections_in(section.model_fields[part].annotation)
        elif not part.isdigit():  # an index leads to what the list holds
            members = [member for member in members if "name" in member.model_fields and name_of(member) == part]
        if len(members) == 1:
            section = members[0]
    return section


def sections_in(annotation: object) -> list[type[BaseModel]]:
    """The sections that a type joins."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in get_args(annotation) for found in sections_in(argument)]


def named_sections(annotation: object) -> Mapping[str, type[BaseModel]]:
    """The sections that a file chooses from by name, where a type joins such."""
    sections = sections_in(annotation)
    return {name_of(each): each for each in sections} if len(sections) > 1 else {}


def name_of(section: type[BaseModel]) -> str:
    """The name of a section that has one."""
    return str(section.model_fields["name"].default)
