"""What every section of options has to offer, whoever registers it."""

from __future__ import annotations

import ast
import inspect
import textwrap

from hpo.spaces import Section


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
