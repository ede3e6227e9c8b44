"""What constraints call the values of a config: parameters by their names, constants by their paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hpo.spaces.space.parameters import Choice, Parameter, Repeat, SectionTemplate, Template
from hpo.spaces.space.search_space import SearchSpace
from hpo.spaces.text.source import KeyPath, ScalarValue

KnownNames = Mapping[str, "Parameter | Sequence[ScalarValue]"]
"""What a name stands for: a parameter, or a constant with every value that it has in some config."""


def values_by_name(space: SearchSpace, params: Mapping[str, ScalarValue]) -> dict[str, ScalarValue]:
    """Give a config's values the names that constraints may use, see `known_names`, and some that several values have.

    Args:
        space: what the config is of.
        params: the values of its active parameters, or of some; what the others decide is left out.
    """
    constants = list(_constants(space.template, (), params))
    return {
        **{".".join(path[1:]): value for path, value in constants},
        **{".".join(path): value for path, value in constants},
        **params,
    }


def known_names(space: SearchSpace) -> KnownNames:
    """The names that constraints may use, of any config of the space.

    A parameter has its own name, and its whole path; a constant its path in the file. Its section may be left out where
    no other section has such a path.
    """
    constants: dict[str, list[ScalarValue]] = {}
    for path, value in _constants(space.template, ()):
        constants.setdefault(".".join(path), []).append(value)
    names: dict[str, Parameter | Sequence[ScalarValue]] = {**constants}
    for section, template in space.template.items():
        for parameter in SearchSpace({section: template}).parameters():
            has_section = parameter.name == section or parameter.name.startswith(f"{section}.")
            names[parameter.name if has_section else f"{section}.{parameter.name}"] = parameter
    short = {name: name.partition(".")[2] for name in names}
    counts = Counter(short.values())
    return {
        **{short[name]: meant for name, meant in names.items() if short[name] and counts[short[name]] == 1},
        **names,
        **{parameter.name: parameter for parameter in space.parameters()},
    }


def _constants(
    template: Template, path: KeyPath, params: Mapping[str, ScalarValue] | None = None
) -> Iterator[tuple[KeyPath, ScalarValue]]:
    """Every constant with its path in the file: of all configs, or of those that have these parameters."""
    below: Iterable[tuple[KeyPath, Template]] = ()
    match template:
        case Choice(name, alternatives):
            if params is not None:
                alternatives = (template.alternative(params[name]),) if name in params else ()
            below = ((path, alternative.content) for alternative in alternatives)
        case Repeat(count, items):
            if params is not None and not isinstance(count, int):
                items = items[: int(params.get(count.name) or 0)]
            below = [(path, items)]
        case SectionTemplate(paths=paths):
            below = (((*path[:1], *paths[key]), template[key]) for key in paths)
        case Mapping():
            below = (((*path, key), item) for key, item in template.items())
        case tuple():
            below = (((*path, str(index)), item) for index, item in enumerate(template))
        case None | bool() | int() | float() | str():
            yield path, template
    for below_path, item in below:
        yield from _constants(item, below_path, params)
