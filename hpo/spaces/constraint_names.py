"""What constraints call the values of a config: parameters by their names, constants by their paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from hpo.spaces.parameters import Choice, Float, Int, Parameter, Repeat, Template, Tree, Value
from hpo.spaces.search_space import SearchSpace
from hpo.spaces.source import ScalarValue

Path = tuple[str, ...]
KnownNames = Mapping[str, "Parameter | Sequence[ScalarValue]"]
"""What a name stands for: a parameter, or a constant with every value that it has in some config."""


def values_by_name(tree: Tree, params: Mapping[str, ScalarValue]) -> dict[str, ScalarValue]:
    """A config's values, as constraints call them: parameters by their names, constants by path.

    A constant's section may be left out where no other section has such a path.
    """
    paths = dict(_leaves(tree, ()))
    short = Counter(path[1:] for path in paths)
    return {
        **{".".join(path[1:]): value for path, value in paths.items() if short[path[1:]] == 1 and len(path) > 1},
        **{".".join(path): value for path, value in paths.items()},
        **params,
    }


def known_names(space: SearchSpace) -> KnownNames:
    """The names that constraints may use: every one that `values_by_name` gives, for any config of the space.

    A parameter may be called by its whole path too; `Parameter.name` is what `values_by_name` knows.
    """
    parameters: dict[Path, Parameter] = {}
    constants: dict[Path, list[ScalarValue]] = {}
    for path, item in _paths(space.template, ()):
        if isinstance(item, Int | Float | Choice):
            parameters.setdefault(path, item)
        else:
            constants.setdefault(path, []).append(item)
    all_paths: dict[Path, Parameter | Sequence[ScalarValue]] = {**constants, **parameters}
    short = Counter(path[1:] for path in all_paths)
    found = {".".join(path[1:]): each for path, each in all_paths.items() if short[path[1:]] == 1 and len(path) > 1}
    found |= {".".join(path): each for path, each in all_paths.items()}
    return found | {parameter.name: parameter for parameter in space.parameters()}


def _paths(template: Template, path: Path) -> Iterator[tuple[Path, Parameter | ScalarValue]]:
    match template:
        case Choice():
            yield path, template
            for alternative in template.alternatives:
                yield from _paths(alternative.content, path)
        case Repeat():
            if not isinstance(template.count, int):
                yield path, template.count
            yield from _paths(template.items, path)
        case Mapping():
            for key, item in template.items():
                yield from _paths(item, (*path, key))
        case tuple():
            for index, item in enumerate(template):
                yield from _paths(item, (*path, str(index)))
        case _:
            yield path, template


def _leaves(value: Value, path: Path) -> Iterator[tuple[Path, ScalarValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, str(index)))
    else:
        yield path, value
