"""A change to the space of a study: the line of the file and the command that makes it, checked before it is said."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from hpo.errors import HpoError
from hpo.spaces import Value, spec_of
from hpo.spaces.change.refusals import list_refusals
from hpo.spaces.space.rendering import flow
from hpo.studies import StudyRecord, space_document

_MORE_TRIALS = 0.5
"""Of the trials so far: how many more are advised where a space is to be searched further."""
_FEWEST_MORE = 10


def describe_change(study: StudyRecord, changes: Mapping[str, Value], *, begins_anew: bool = False) -> str | None:
    """Describe the change of some values of a study's file.

    Args:
        study: whose space changes.
        changes: new values by their paths, as `--set` takes them.
        begins_anew: whether another study is better, though this one can take the change: one that leaves few trials.

    Returns:
        The lines of the file, and the command: the study goes on where its trials stay in the space, else another one
        is begun. None where no space can have these values.
    """
    overrides = [f"{path}={flow(value)}" for path, value in changes.items()]
    try:
        spec = spec_of(space_document(study), study.name, overrides, is_stored=True)
        begins_anew = begins_anew or bool(list_refusals(study.spec, spec))
    except HpoError:
        return None
    lines = "; ".join(f"{path}: {flow(value)}" for path, value in changes.items())
    options = " ".join(f"--set {shlex.quote(override)}" for override in overrides)
    argument = study.address.argument
    if not begins_anew:
        return f"Set {lines}. Type: `hpo resume {argument} {options}{_raise_budget(study)}`"
    name = f"{study.name}-2"
    return (
        f"Set {lines}, in another study, since few trials of this one can be compared with those. Type: `hpo show "
        f"{argument} --space > {name}.yaml; hpo run {name}.yaml --set study={name} {options}`"
    )


def describe_more_trials(study: StudyRecord) -> str:
    """Give the command that searches the same space further."""
    return f"Type: `hpo resume {study.address.argument}{_raise_budget(study)}`"


def _raise_budget(study: StudyRecord) -> str:
    """Give the option that leaves room for half as many trials again; nothing where the budget does."""
    used = study.budget.used
    trials = used + max(_FEWEST_MORE, round(_MORE_TRIALS * used))
    return f" --trials {trials}" if trials > study.budget.trials else ""
