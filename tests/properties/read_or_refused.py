"""What holds of any file: it is read, or refused with an error that hpo raises on purpose."""

from __future__ import annotations

from pathlib import Path

from hpo.errors import SpaceError, UserError
from hpo.spaces import load, parse_spec


def assert_read_or_refused(file: Path, content: bytes, *changes: str) -> bool:
    """Write a file and load it; says whether it was read."""
    file.write_bytes(content)
    try:
        spec = load(file, changes)
    except SpaceError as error:
        assert_told(error)
        return False
    except UserError as error:
        assert_not_read(error)
        return False
    assert parse_spec(spec.to_json(), "study") == spec
    for _, params in spec.space.corners():
        spec.config(params)
    return True


def assert_told(error: SpaceError) -> None:
    """Every problem has a rule and a place, in the order of the file."""
    assert error.faults
    assert all(problem.rule for problem in error.faults)
    places = [problem.place for problem in error.faults if problem.place is not None]
    assert places == sorted(places)
    assert all(place.line >= 1 and place.column >= 1 for place in places)


def assert_not_read(error: UserError) -> None:
    """The one mistake that has no place: the file is no text."""
    assert "a space file is a text file that can be read" in str(error)
