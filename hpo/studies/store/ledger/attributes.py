"""Attributes of a study or a trial as properties of a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")
SetAttribute = Callable[[str, Any], object]
"""Writes one attribute; None in place of a value means that there is none."""


def refuse(key: str, value: object) -> NoReturn:
    """Take the place of what writes attributes, where they are only read."""
    raise TypeError(f"a ledger that is only read does not take {key}")


class Ledger:
    """Attributes of one study or trial, by their names."""

    def __init__(self, attributes: Mapping[str, Any], set_attribute: SetAttribute = refuse) -> None:
        """Read attributes, and write by `set_attribute`; what is written is not read from this object."""
        self.attributes = attributes
        self.set_attribute = set_attribute


class Attribute(Generic[T]):
    """One attribute, read and set as a property of a ledger."""

    def __init__(self, key: str, default: T) -> None:
        self._key = key
        self._default = default

    def __get__(self, ledger: Ledger, owner: type[Ledger]) -> T:
        value: T | None = ledger.attributes.get(self._key)
        return self._default if value is None else value

    def __set__(self, ledger: Ledger, value: T) -> None:
        ledger.set_attribute(self._key, value)


class Entries:
    """Attributes of one kind, each under an id of its own."""

    def __init__(self, ledger: Ledger, kind: str) -> None:
        self._ledger = ledger
        self._prefix = f"{kind}:"

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Give ids, in their order, and values."""
        attributes = self._ledger.attributes
        for key in sorted(key for key in attributes if key.startswith(self._prefix)):
            if attributes[key] is not None:
                yield key.removeprefix(self._prefix), attributes[key]

    def __setitem__(self, identifier: object, value: object) -> None:
        self._ledger.set_attribute(f"{self._prefix}{identifier}", value)
