"""What every section of options has to offer, whoever registers it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import ClassVar

import pytest
from pydantic import ValidationError

from hpo.catalog import Registry
from hpo.spaces import Section


class SectionContract:
    """What data sets and model families have in common; a subclass sets `name` and the fixture `section`."""

    registry: ClassVar[Registry]
    key: ClassVar[str]
    name: ClassVar[str]
    """What the section is registered under."""

    def test_it_is_registered_under_the_name_that_it_defaults_to(self, section: Section):
        assert self.registry.get(self.name) is type(section)
        assert getattr(section, self.key) == self.name

    def test_it_says_what_it_is_and_what_each_option_does(self, section: Section):
        assert type(section).__doc__
        assert undocumented_options(type(section)) in ([], [self.key])

    def test_its_options_survive_the_way_through_a_file(self, section: Section):
        assert type(section).model_validate(section.model_dump(mode="json")) == section

    def test_unknown_options_are_refused(self, section: Section):
        with pytest.raises(ValidationError):
            type(section).model_validate({**section.model_dump(mode="json"), "colour_of_the_frame": "red"})


def undocumented_options(section: type[Section]) -> list[str]:
    """The options without a docstring below them, neither in the class nor in one that it inherits them from."""
    documented = {name for parent in section.__mro__ if parent.__module__ != "builtins" for name in _documented(parent)}
    return sorted(set(section.model_fields) - documented)


def _documented(section: type) -> set[str]:
    if not issubclass(section, Section):
        return set()
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(body, ast.ClassDef)
    return {
        above.target.id
        for above, below in zip(body.body, body.body[1:], strict=False)
        if isinstance(above, ast.AnnAssign)
        and isinstance(above.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
