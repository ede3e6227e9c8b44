"""Messages about a study that goes on in another space."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hpo.cli.terminal.output import tell, write_json
from hpo.studies import SpaceChange, StudyAddress, StudyRecord

_MOST_RULES = 5
_MOST_NUMBERS = 8


def print_change(study: StudyRecord, widened: SpaceChange, *, as_json: bool, quiet: bool) -> None:
    """Print what has changed: for people on the standard error, for programs as JSON on the standard output."""
    if as_json:
        changes = [{"kind": change.kind, "place": change.place, "text": change.text} for change in widened.changes]
        outside = {number: trial.reason for number, trial in widened.outside.items()}
        line = {"type": "SpaceChanged", "changes": changes, "kept": widened.inside, "outside": outside}
        write_json(line, indent=None)
    elif not quiet:
        for text in describe_change(study.address, widened):
            tell(text)


def describe_change(address: StudyAddress, widened: SpaceChange) -> Iterator[str]:
    """Say what has changed, how many trials are kept, and which are not, by reason."""
    yield f"Study {address.name} goes on in another space:"
    width = max((len(change.kind) for change in widened.changes), default=0)
    for change in widened.changes:
        yield f"  {change.kind:<{width}}  {change}"
    count = len(widened.inside)
    trials = "1 trial is" if count == 1 else f"{count or 'No'} trials are"
    yield f"{trials} kept{'.' if not widened.outside else f', {len(widened.outside)} put aside:'}"
    by_rule: dict[str, list[int]] = defaultdict(list)
    for number, outside in widened.outside.items():
        by_rule[outside.rule].append(number)
    for rule, numbers in list(by_rule.items())[:_MOST_RULES]:
        text = widened.outside[numbers[0]].reason if len(numbers) == 1 else rule
        yield f"  trial{'s' * (len(numbers) > 1)} {_join(numbers)}: {text}"
    if len(by_rule) > _MOST_RULES:
        yield f"  and others; `hpo trials {address.argument}` has all reasons"


def _join(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_MOST_NUMBERS]))
    return f"{shown}, ..." if len(numbers) > _MOST_NUMBERS else shown
