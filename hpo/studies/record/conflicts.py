"""What two specs of a study differ in, and how that is said where it cannot be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hpo.errors import StudyConflictError
from hpo.spaces import StudySpec, Value
from hpo.spaces.change.adoption import at
from hpo.spaces.change.matching import find_differences
from hpo.spaces.change.refusals import Refusal
from hpo.spaces.sections.keys import KEYS
from hpo.spaces.space.parameters import KINDS
from hpo.spaces.spec.wording import Absent
from hpo.studies.address import StudyAddress

_SHOWN_DIFFERENCES = 5


def spec_differences(old: StudySpec, new: StudySpec) -> dict[str, tuple[Any, Any]]:
    """Compare two specs: what was, and is, at every place; budget, name and place of the data aside.

    Where the data lies and is kept may change: its fingerprint tells whether it is the same.
    """
    was, now = _select_compared(old), _select_compared(new)
    differences: dict[str, tuple[Any, Any]] = {}
    for path, _, _ in find_differences(was, now):
        whole = next((index for index, key in enumerate(path) if key in KINDS), len(path))
        place = path[:whole]
        differences.setdefault(".".join(place), (_plain(at(was, place)), _plain(at(now, place))))
    return differences


def refuse_change(
    address: StudyAddress, differing: Mapping[str, tuple[Any, Any]], refusals: Sequence[Refusal]
) -> StudyConflictError:
    """Give the error of running a file on a study that searches another space.

    Args:
        address: the study's.
        differing: what differs; see `spec_differences`.
        refusals: what of it the study could not take up if it was asked to.
    """
    texts = [f"{path} (was {json.dumps(old)}, is {json.dumps(new)})" for path, (old, new) in differing.items()]
    more = "; ..." if len(texts) > _SHOWN_DIFFERENCES else ""
    received = f"Received a file that differs in {'; '.join(texts[:_SHOWN_DIFFERENCES])}{more}."
    another = "give the new study another name: --set study=NAME"
    remedy = f"Go on in the new space by `hpo resume {address.argument} --space FILE`, or {another}."
    if refusals:
        remedy = f"{', '.join(dict.fromkeys(refusal.place for refusal in refusals))} cannot change; {another}."
    return StudyConflictError(f"study {address.name}: `run` goes on in the space that a study has. {received} {remedy}")


def refuse_common_change(name: str, refusals: Sequence[Refusal]) -> StudyConflictError:
    """Give the error of having a study take up what no trial of it could follow."""
    lines = [f"study {name}: what its trials have in common does not change. Received a file that differs:"]
    lines += [f"  {refusal}" for refusal in refusals]
    lines += ["  Change that back, or begin another study: hpo run --space FILE --set study=NAME"]
    return StudyConflictError("\n".join(lines))


def _select_compared(spec: StudySpec) -> dict[str, Any]:
    """Select what may not change in any study, by key, with defaults spelled out where a key has a shape."""
    own = {"objective", *spec.document}
    keys = (key for key in KEYS.values() if key.kind in ("value", "section") or key.name in own)
    return {key.name: spec.value(key) for key in keys if key.change != "ignored"}


def _plain(value: Value | Absent) -> Value:
    return None if isinstance(value, Absent) else value
