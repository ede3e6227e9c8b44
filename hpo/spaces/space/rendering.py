"""Plain values back to YAML that a person would write."""

from __future__ import annotations

import io
import json
import re

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from hpo.shown import is_readable, readable
from hpo.spaces.space.parameters import KINDS, Tree, Value

_LINE = 100


def to_yaml(tree: Tree) -> str:
    """The tree as YAML text; reading it back gives an equal tree. Mappings and lists of constants stay on one line."""
    yaml = YAML()
    yaml.width = 120
    stream = io.StringIO()
    yaml.dump(_style(tree, depth=0), stream)
    return readable(stream.getvalue(), lines=True)  # escapes that YAML has in double quotes as well


def _style(value: Value, depth: int) -> object:
    if isinstance(value, dict):
        mapping = CommentedMap((_style(key, depth), _style(item, depth + 1)) for key, item in value.items())
        if depth > 1 and _is_short(value):
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list):
        sequence = CommentedSeq(_style(item, depth + 1) for item in value)
        if _is_short(value):
            sequence.fa.set_flow_style()
        return sequence
    if isinstance(value, str) and (not is_readable(value) or value.startswith("?")):
        return DoubleQuotedScalarString(
            value
        )  # ruamel.yaml 0.19 reads its other styles of these back as something else
    return value


def _is_short(value: Value) -> bool:
    """Is a parameter, or holds constants only, or one level of them, and fits a line."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    nested = any(isinstance(item, dict | list) for item in items)
    simple = not nested or (isinstance(value, dict) and (len(value) == 1 or any(kind in value for kind in KINDS)))
    return simple and len(str(value)) < _LINE


def flow(value: Value) -> str:
    """A plain value as YAML on one line."""
    match value:
        case str():
            return to_yaml({"text": value}).removeprefix("text: ").rstrip("\n")
        case list():
            return f"[{', '.join(map(flow, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {flow(item)}'.rstrip() for key, item in value.items())}}}"
        case float():
            return re.sub(r"e([+-])0+(?=\d)", r"e\1", repr(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else json.dumps(value)
