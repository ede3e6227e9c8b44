"""What constraints call the values of a config: parameters by their names, constants by their paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from hpo.spaces.space.parameters import Choice, Float, Int, Parameter, Repeat, Template
from hpo.spaces.space.search_space import SearchSpace
from hpo.spaces.text.source import KeyPath, ScalarValue

KnownNames = Mapping[str, "Parameter | Sequence[ScalarValue]"]
"""What a name stands for: a parameter, or a constant with every value that it has in some config."""


def values_by_name(space: SearchSpace, params: Mapping[str, ScalarValue]) -> dict[str, ScalarValue]:
    """A config's values, as constraints call them: parameters by their names, constants by path.

    A constant's section may be left out where no other section has such a path.

    Args:
        space: what the config is of.
        params: the values of its active parameters, or of some; what the others decide is left out.
    """
    paths = dict(_decided(space.template, params, ()))
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
    parameters: dict[KeyPath, Parameter] = {}
    constants: dict[KeyPath, list[ScalarValue]] = {}
    for path, item in _paths(space.template, ()):
        if isinstance(item, Int | Float | Choice):
            parameters.setdefault(path, item)
        else:
            constants.setdefault(path, []).append(item)
    all_paths: dict[KeyPath, Parameter | Sequence[ScalarValue]] = {**constants, **parameters}
    short = Counter(path[1:] for path in all_paths)
    found = {".".join(path[1:]): each for path, each in all_paths.items() if short[path[1:]] == 1 and len(path) > 1}
    found |= {".".join(path): each for path, each in all_paths.items()}
    return found | {parameter.name: parameter for parameter in space.parameters()}


def _paths(template: Template, path: KeyPath) -> Iterator[tuple[KeyPath, Parameter | ScalarValue]]:
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


def _decided(
    template: Template, params: Mapping[str, ScalarValue], path: KeyPath
) -> Iterator[tuple[KeyPath, ScalarValue]]:
    """Every leaf of the config that these values decide."""
    match template:
        case Choice():
            if template.name in params:
                yield from _decided(template.alternative(params[template.name]).content, params, path)
        case Int() | Float():
            if template.name in params:
                yield path, params[template.name]
        case Repeat(count, items):
            length = count if isinstance(count, int) else params.get(count.name, 0)
            yield from _decided(items[: int(length)], params, path)  # type: ignore[arg-type]
        case Mapping():
            for key, item in template.items():
                yield from _decided(item, params, (*path, key))
        case tuple():
            for index, item in enumerate(template):
                yield from _decided(item, params, (*path, str(index)))
        case _:
            yield path, template
