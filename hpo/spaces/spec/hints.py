"""What a file meant where it breaks a rule: another spelling, a parameter, a mapping, or a place elsewhere.

No hint leads astray: each is tried against the rule that was broken, and is given only if the rule takes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from hpo.catalog import DATASETS, Registry
from hpo.spaces.sections.options import Option, known_keys, options_of, section_at
from hpo.spaces.space.foreign_parameters import guess_parameter
from hpo.spaces.space.parameters import Value, as_whole
from hpo.spaces.space.rendering import flow
from hpo.spaces.text.source import KeyPath
from hpo.vocabulary import find_dotted_keys, find_meaning, find_synonym, suggest

_LONGEST = 100
_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_TURNED_ON = {"weights": "imagenet", "frozen_layers": "all", "precision": "mixed_float16"}
"""What `true` means where something is on or off for others, and has words here."""
_NAME_KEYS = ("name", "type", "class_name", "class", "kind")
_OPTION_KEYS = ("config", "options", "params", "kwargs")


def value_hint(section: type[BaseModel], where: KeyPath, received: object, *, may_vary: bool) -> str | None:
    """What to write in the place of a value that a section does not take.

    Args:
        section: the class that was to read it.
        where: where the value stands below it.
        received: the value.
        may_vary: whether a parameter may stand there.
    """
    holder, items = where, 0
    while holder and holder[-1].isdigit():
        holder, items = holder[:-1], items + 1
    if not holder:
        return None
    try:
        text = json.dumps(received)
    except (TypeError, ValueError, RecursionError):
        return None
    return _value_hint(section_at(section, holder[:-1]), holder[-1], items, text, may_vary)


@lru_cache(maxsize=4096)
def _value_hint(holder: type[BaseModel], key: str, items: int, received: str, may_vary: bool) -> str | None:
    option = options_of(holder).get(key)
    if option is None:
        return None
    place = ValueCheck(holder, key, items)
    value = json.loads(received)
    candidates = list(_candidates(value, option, place, may_vary=may_vary and not items))
    # Another shape whose keys are unknown is better than none: hints for the keys follow.
    for with_unknown_keys in (False, True) if isinstance(value, dict) else (False,):
        for candidate in candidates:
            if candidate not in (None, value) and place.takes(candidate, with_unknown_keys=with_unknown_keys):
                text = flow(candidate)
                return f"write {text}" if len(text) <= _LONGEST else None
    return None


class ValueCheck:
    """A key of a section, or an item of the list there."""

    def __init__(self, holder: type[BaseModel], key: str, items: int) -> None:
        self._holder, self.key, self._items = holder, key, items

    def takes(self, candidate: Value, *, with_unknown_keys: bool = False) -> bool:
        """Whether a constant, or every end of a parameter, is accepted there; see `takes_constant`."""
        constants = _constants_of(candidate)
        return all(self.takes_constant(value, with_unknown_keys=with_unknown_keys) for value in constants)

    def takes_constant(self, value: Value, *, with_unknown_keys: bool = False) -> bool:
        """Whether a constant is accepted there, apart from keys that are not known where they may be unknown."""
        for _ in range(self._items):
            value = [value]
        try:
            self._holder.model_validate({self.key: value})
        except ValidationError as error:
            errors = [error_ for error_ in error.errors() if error_["loc"][:1] == (self.key,)]
            return all(error_["type"] == "extra_forbidden" and with_unknown_keys for error_ in errors)
        except OSError:
            return False
        return True


def _constants_of(candidate: Value) -> list[Value]:
    """What stands in the place of a parameter at its ends; a constant is itself."""
    match candidate:
        case {"choice": list(items)} | {"int": list(items)} | {"float": list(items)}:
            return items
        case {"choice": dict(alternatives)}:
            return [{name: below} for name, below in alternatives.items()]
        case dict() if len(candidate) == 1:
            ((key, below),) = candidate.items()
            return [{key: value} for value in _constants_of(below)]
    return [candidate]


def _candidates(received: Any, option: Option, place: ValueCheck, *, may_vary: bool) -> Iterator[Value]:  # noqa: ANN401 - plain values
    sections, named = option.sections, option.named_sections
    words = [*named, *option.words]
    match received:
        case str():
            yield from _other_readings(received)
            yield [find_synonym(received, words) or received]
        case list() if may_vary:
            choices = list(_choice_of(received, place, words))
            yield from choices
            yield from ({key: choice} for choice in choices for key in _first_key_with(choice, sections))
        case dict():
            if may_vary and (parameter := guess_parameter(received)) is not None:
                yield parameter
            yield from _named_otherwise(received, named, usual=getattr(option.default, "name", ""), may_vary=may_vary)
            yield [received]
        case True if option.default is None:
            yield from _turned_on(option)
        case True:
            yield option.default.name if named else _TURNED_ON.get(place.key)
        case None | False:
            yield from ("none", find_synonym("none", words))
        case int() | float():
            yield from (str(received), find_synonym(str(received), words))
    for value in (received, *(_other_readings(received) if isinstance(received, str) else ())):
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            yield from _first_option(value, option, sections)


def _first_option(received: Value, option: Option, sections: list[type[BaseModel]]) -> Iterator[Value]:
    """`5` as `{patience: 5}`; of a count, as the first count of the default among several sections.

    What was read as the option that a text stands for, and refused, is meant for no other option.
    """
    if len(sections) == 1 and isinstance(received, str) and getattr(sections[0], "shorthand", None) is not None:
        return
    if len(sections) == 1:
        yield from ({key: received} for key in options_of(sections[0]))
    elif isinstance(option.default, BaseModel):
        keys = [key for key in options_of(type(option.default)) if key != "name"]
        if keys and type(getattr(option.default, keys[0])) is type(received) is int:
            yield {option.default.name: {keys[0]: received}}  # type: ignore[attr-defined]


def _first_key_with(parameter: Value, sections: list[type[BaseModel]]) -> list[str]:
    """The first key of the one section that takes a parameter."""
    if len(sections) != 1:
        return []
    keys = options_of(sections[0])
    return [key for key in keys if ValueCheck(sections[0], key, 0).takes(parameter)][:1]


def _turned_on(option: Option) -> Iterator[Value]:
    """What is meant by `true` where an option is left out by default: its first word, or its first default."""
    for section in option.sections:
        first = next(iter(options_of(section).values()), None)
        if first is not None and first.default is not None:
            yield {first.name: first.default}
    yield from option.words


def _other_readings(text: str) -> Iterator[Value]:
    """The number that stands in quotes, or what YAML 1.1 read as true or false."""
    if text.strip().lower() in _SWITCHES:
        yield _SWITCHES[text.strip().lower()]
    with suppress(ValueError):
        yield as_whole(float(text)) if "_" not in text else text
    with suppress(ValueError):
        yield float(text.strip().removesuffix("%")) / 100 if "%" in text else text
    if (size := re.fullmatch(r"\s*([0-9]+)\s*[x*]\s*\1\s*", text)) is not None:  # 32x32
        yield int(size[1])
    yield re.sub(r"([0-9])\s*([smhd])[a-z]*\s*", r"\1\2", text.strip().lower())  # 2 hours


def _choice_of(items: list[Value], place: ValueCheck, words: list[str]) -> Iterator[Value]:
    """A list as the alternatives that it was meant to be, each spelled as it is taken."""
    spelled: list[Value] = []
    for item in items:
        readings = [item]
        if isinstance(item, str):
            readings += [*_other_readings(item), find_synonym(item, words) or item]
        reading = next((option for option in readings if place.takes_constant(option)), item)
        if reading not in spelled:
            spelled.append(reading)
    if len(spelled) > 1 and not any(item is None or item == {} for item in spelled):
        yield {"choice": spelled}
    elif spelled:
        yield spelled[0]


def _named_otherwise(
    received: dict[str, Any], named: Mapping[str, type[BaseModel]], *, usual: str, may_vary: bool
) -> Iterator[Value]:
    """`{type: sgd, momentum: 0.9}` as `{sgd: {momentum: 0.9}}`, and `{momentum: 0.9}` as that too."""
    if may_vary and len(received) > 1:
        names = {find_synonym(key, named): below for key, below in received.items()}
        if None not in names and len(names) == len(received):
            yield {"choice": {str(name): below for name, below in names.items()}}
    for written, below in received.items() if len(received) == 1 else ():
        name = find_synonym(written, named)
        if name is not None and isinstance(below, int | float | str) and not isinstance(below, bool):
            own: list[Value] = [{name: {option: below}} for option in [*options_of(named[name])][1:2]]
            yield from own
    key = next((key for key in _NAME_KEYS if isinstance(received.get(key), str)), None)
    options = {name: value for name, value in received.items() if name != key}
    below = list(options.values())
    if len(options) == 1 and isinstance(below[0], dict) and options.keys() <= set(_OPTION_KEYS):
        options = below[0]
    if key is not None:
        name = find_synonym(received[key], named)
        if name is not None:
            yield {name: options} if options else name
        return
    for name, section in sorted(named.items(), key=lambda pair: (pair[0] != usual, len(pair[1].model_fields))):
        if received.keys() <= section.model_fields.keys():
            yield {name: received}


def key_hint(holder: type[BaseModel], where: KeyPath, received: object, present: Mapping[str, object]) -> str | None:
    """What a key that a section does not have was meant to be.

    Args:
        holder: the section.
        where: the key, and what leads to it below the class that was to read it all.
        received: the value.
        present: what stands beside it.
    """
    key, within = where[-1], where[-2] if len(where) > 1 else ""
    options = known_keys(holder)
    for dotted in find_dotted_keys(key):
        above, _, below = dotted.partition(".")
        if above in options and above not in present and above != within:
            return f"write {above}: {flow({below: received})}" if _is_short(received) else f"write it below {above}"  # type: ignore[dict-item]
    only = options[0] if len(options) == 1 and not isinstance(received, dict) else None
    meant = find_meaning(key, options, within) or only
    return None if meant is None else f"did you mean {meant!r}?"


def section_hint(section: type[BaseModel], received: Value) -> str | None:
    """The option that was meant where a plain value stands for a whole section: `{sampler: tpe}`."""
    name = find_synonym(received, list(options_of(section))) if isinstance(received, str) else None
    if name is not None and ValueCheck(section, name, 0).takes_constant(True):
        return f"write {flow({name: True})}"
    if isinstance(received, str | int | float) and not isinstance(received, bool):
        for key in options_of(section):
            if ValueCheck(section, key, 0).takes_constant(received):
                return f"write {flow({key: received})}"
    return None


def choice_hint(received: object, registry: Registry, name_key: str, *, is_whole: bool) -> str | None:
    """A list of names as the choice that it was meant to be: of names, of networks of one entry, or of sections.

    Args:
        received: the list.
        registry: where the names should be.
        name_key: the key below which names stand.
        is_whole: whether whole sections may stand in the place of the names.
    """
    names = list(dict.fromkeys(map(str, received))) if isinstance(received, list) else []
    registered = [find_synonym(name, registry.names()) for name in names]
    sections = [_with_network(registry, name_key, name) for name in names]
    entries = {section[name_key] for section in sections if section is not None}
    if len(names) == 1 and registered[0] is not None:
        return f"write {registered[0]}"
    if len(names) < 2:  # noqa: PLR2004 - the fewest alternatives
        return None
    if None not in registered:
        return f"write {flow({'choice': list(registered)})}"
    if None not in sections and len(entries) == 1:
        networks: Value = {"choice": [section["name"] for section in sections if section is not None]}
        return f"write {flow({name_key: entries.pop(), 'name': networks})}"
    alternatives = [name or section for name, section in zip(registered, sections, strict=True)]
    return f"write {flow({'choice': alternatives})}" if is_whole and None not in alternatives else None  # type: ignore[dict-item]


def unnamed_hint(registry: Registry, name_key: str, received: object) -> str | None:
    """A section that says by another key what it is (`{type: simple_cnn}`), or by what it holds."""
    if not isinstance(received, dict):
        return None
    key = next((key for key in _NAME_KEYS if isinstance(received.get(key), str)), None)
    rest: dict[str, Value] = {name: value for name, value in received.items() if name != key}
    named: Mapping[str, Value] | None = None
    if key is not None:
        name = find_synonym(received[key], registry.names())
        named = _with_network(registry, name_key, received[key]) if name is None else {name_key: name}
    elif registry is DATASETS and isinstance(received.get("path"), str):
        named = {name_key: "npz" if received["path"].endswith(".npz") else "folder"}
    elif len(received) == 1 and (only := next(iter(received))) in registry and isinstance(received[only], str):
        named, rest = _with_network(registry, name_key, received[only]), {}
    return None if named is None else f"write {flow({**named, **rest})}"


def member_hint(registry: Registry, name_key: str, name: str) -> str | None:
    """What a name that a registry does not list was meant to be: a listed one, or one that an entry knows by name."""
    same = find_synonym(name, registry.names())
    if same is not None:
        return f"did you mean {same!r}?"
    section = _with_network(registry, name_key, name)
    if section is not None:
        return f"write {flow(dict(section))}"
    close = suggest(name, registry.names())
    if close is not None:
        return close
    if registry is DATASETS and ("/" in name or "\\" in name) and ":" not in name:
        return f"write {flow({name_key: 'folder', 'path': name})}"
    return None


def entry_with(registry: Registry, name: str) -> tuple[str, str] | None:
    """The registered entry that has something of that name, such as a network of Keras, and what it calls it."""
    for entry in registry.built_in:
        options = options_of(registry.get(entry))
        if "name" in options and (word := find_synonym(name, options["name"].words)) is not None:
            return entry, word
    return None


def _with_network(registry: Registry, name_key: str, name: str) -> dict[str, Value] | None:
    network = entry_with(registry, name)
    return None if network is None else {name_key: network[0], "name": network[1]}


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float | bool) and len(str(value)) <= _LONGEST
