"""Follow a hint as its reader would: change the file at the place of the problem, and nowhere else."""

from __future__ import annotations

import json
import re
from typing import Any

from hpo.errors import Fault
from hpo.spaces.text.source import ListNode, Node, Table, parse, parse_value, plain_value

NAME_KEYS = {"data": "dataset", "model": "family"}


def follow(text: str, problem: Fault) -> str:
    """The file with the problem's remedy applied."""
    assert problem.remedy is not None, problem
    root = parse(text, "r.yaml")
    tree = plain_value(root)
    (*above, key), is_key = where(root, problem)
    holder = at(tree, above)
    if meant := re.fullmatch(r"did you mean '(.+)'\?", problem.remedy):
        rename(holder, key, meant[1], problem, is_key=is_key)
    elif below := re.fullmatch(r"write it below (\w+), as `(.+)`", problem.remedy):
        del holder[key]
        section = tree.setdefault(below[1], {})
        if not isinstance(section, dict):
            section = tree[below[1]] = {NAME_KEYS[below[1]]: section}
        section.update(value(f"{{{below[2]}}}"))
    elif is_key and (pair := re.fullmatch(r"write (\w+): (.+)", problem.remedy)):
        del holder[key]
        (tree if pair[1] in (*NAME_KEYS, "objective") else holder)[pair[1]] = value(pair[2])
    else:
        written = value(problem.remedy.removeprefix("write "))
        if isinstance(written, dict) and key in written:
            holder.update(written)
        else:
            holder[key] = written
    return json.dumps(tree)


def rename(holder: Any, key: Any, meant: str, problem: Fault, *, is_key: bool) -> None:
    if is_key:
        holder[meant] = holder.pop(key)
    elif isinstance(holder[key], dict):
        inner = holder[key].get("choice", holder[key])
        name = next(name for name in inner if repr(name) == problem.received)
        inner[meant] = inner.pop(name)
    else:
        holder[key] = meant


def value(text: str) -> Any:
    return plain_value(parse_value(text, "hint"))


def at(tree: Any, path: list[Any]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def where(node: Node, problem: Fault, path: tuple[Any, ...] = ()) -> tuple[tuple[Any, ...], bool]:
    """The path of what stands at the problem's place, and whether it is the key."""
    found = list(places(node, path))
    keys = [path for path, place, is_key in found if place == problem.place and is_key]
    values = [path for path, place, is_key in found if place == problem.place and not is_key]
    return (keys[0], True) if keys else (values[0], False)


def places(node: Node, path: tuple[Any, ...]) -> Any:
    if path:
        yield path, node.place, False
    if isinstance(node, Table):
        for key, below in node.entries.items():
            yield (*path, key), node.key_places[key], True
            yield from places(below, (*path, key))
    elif isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from places(item, (*path, index))
