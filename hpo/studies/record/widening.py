"""A study goes on in another space: which of its trials lie in it, and what becomes of those that do not."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpo.spaces import Params, StudySpec, Tree
from hpo.spaces.change.adoption import adopt, rule_out
from hpo.spaces.change.changes import Change, list_changes
from hpo.spaces.change.matching import Misfit
from hpo.spaces.change.refusals import list_refusals
from hpo.studies.record.active import ActiveStudy
from hpo.studies.record.conflicts import refused_change, spec_differences
from hpo.studies.record.creation import begin_anew
from hpo.studies.record.record import state_of
from hpo.studies.record.tried import TriedConfigs
from hpo.studies.record.weights import copy_weights
from hpo.studies.store.ledger import (
    CONSTRAINT,
    FIXED,
    NSGA2_GENERATION,
    NSGA2_PARENTS,
    StudyLedger,
    TrialLedger,
)
from hpo.studies.store.rewriting import Rewritten, rewrite

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_TRAINABLE = "it was ruled out before training, which no constraint does now"


@dataclass(frozen=True, slots=True)
class Widened:
    """What a change of its space has done to a study.

    Attributes:
        changes: what is not as it was.
        kept: the trials that lie in the new space, by number.
        outside: those that do not, and why.
    """

    changes: list[Change]
    kept: list[int] = field(default_factory=list)
    outside: dict[int, Misfit] = field(default_factory=dict)


def adopt_spec(study: ActiveStudy, spec: StudySpec) -> Widened | None:
    """Have a study go on with another file; what has changed if its space has.

    Its budget rises to the file's. See `widen_study` for what is held and raised; where nothing was trained yet, the
    file is followed in what would be refused as well.
    """
    if not study.has_begun and list_refusals(study.spec, spec):
        begin_anew(study, spec)
        return None
    widened = None
    if spec_differences(study.spec, spec):
        copy_weights(spec, study.address)
        widened = widen_study(study, spec)
        study.reload()
    else:
        study.set_document(spec)
    study.raise_budget_to(spec)
    return widened


def widen_study(study: ActiveStudy, spec: StudySpec) -> Widened:
    """Have a study search another space, and keep every trial that the new space holds, whatever became of it.

    A trial that lies outside keeps number, state, values and history. Its parameters are put aside, where nothing but
    reports looks for them; they come back with a later change into a space that holds it. One that waited has failed.

    The study's folder has to be locked, and no trial may run. The change is made as a whole or, if the process dies,
    not at all.

    Args:
        study: the study; of no use afterwards, since it remembers trials. Open it anew.
        spec: of the same name, with a space of its own.

    Raises:
        StudyConflictError: something differs that all trials of a study have in common.
    """
    refused = list_refusals(study.spec, spec)
    if refused:
        raise refused_change(study.name, refused)
    judged = [_judge(trial, study.spec, spec) for trial in study.frozen_trials()]
    enqueued = _starts_to_enqueue(judged, study.spec, spec)
    user_attrs: dict[str, Any] = {}
    StudyLedger({}, user_attrs.__setitem__).change_spec(spec.to_json(), len(judged) + len(enqueued))
    rewrite(
        study.engine,
        study.optuna_study._study_id,
        parameters=spec.space.parameters(),
        trials=[each.rewritten for each in judged],
        enqueued=enqueued,
        user_attrs=user_attrs,
        system_attrs=dict.fromkeys(key for key in _system_attrs(study) if key.startswith(NSGA2_PARENTS)),
    )
    return Widened(
        list_changes(study.spec, spec),
        [each.number for each in judged if each.outside is None],
        {each.number: each.outside for each in judged if each.outside is not None},
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """A trial, where it lies, and what is to be written."""

    number: int
    rewritten: Rewritten
    outside: Misfit | None = None


def _judge(trial: FrozenTrial, old: StudySpec, new: StudySpec) -> _Judged:
    params, tree = _params_and_config(trial, old)
    found = adopt(tree, params, new.space)
    is_ruled_out = state_of(trial) == "infeasible"
    excesses: dict[str, float] = {}
    if not isinstance(found, Misfit) and tree is not None:
        measures = TrialLedger(trial.user_attrs).measures
        excesses = new.excesses(found, measures)
        broken = rule_out(new, found, measures)
        if broken is not None and not is_ruled_out:
            found = broken
        elif broken is None and is_ruled_out:
            found = Misfit(_TRAINABLE, _TRAINABLE)
    if isinstance(found, Misfit):
        return _put_aside(trial, params, tree, found)
    user_attrs: dict[str, Any] = {}
    ledger = TrialLedger({}, user_attrs.__setitem__)
    ledger.outside = None
    if is_ruled_out:
        ledger.set_broken(excesses)
    system_attrs: dict[str, Any] = {key: None for key in trial.system_attrs if key.startswith(CONSTRAINT)}
    system_attrs |= {f"{CONSTRAINT}{text}": excess for text, excess in excesses.items()}
    if NSGA2_GENERATION in trial.system_attrs:
        system_attrs[NSGA2_GENERATION] = 0  # all trials that are kept are the first parents in the new space
    if _waits(trial) and (tree is None or not trial.params):  # what is known of it is what it shall have when it begins
        system_attrs[FIXED], found = found, {}
    return _Judged(trial.number, Rewritten(trial._trial_id, found, user_attrs, system_attrs))


def _put_aside(trial: FrozenTrial, params: Params, tree: Tree | None, outside: Misfit) -> _Judged:
    user_attrs: dict[str, Any] = {}
    ledger = TrialLedger({}, user_attrs.__setitem__)
    ledger.outside = {"params": params, "config": tree, "reason": outside.reason}
    if _waits(trial):
        ledger.cause = f"outside: {outside.reason}"
    return _Judged(trial.number, Rewritten(trial._trial_id, {}, user_attrs, fails=_waits(trial)), outside)


def _params_and_config(trial: FrozenTrial, spec: StudySpec) -> tuple[Params, Tree | None]:
    """A trial's parameters and its config; no config where some of its parameters are not drawn yet."""
    outside = TrialLedger(trial.user_attrs).outside
    if outside is not None:
        return outside["params"], outside["config"]
    fixed = trial.system_attrs.get(FIXED, {}) if _waits(trial) else {}
    params = spec.space.snap({**fixed, **trial.params})
    try:
        return params, spec.space.tree(params)
    except KeyError:
        return params, None


def _system_attrs(study: ActiveStudy) -> dict[str, Any]:
    found: dict[str, Any] = study.optuna_storage.get_study_system_attrs(study.optuna_study._study_id)
    return found


def _waits(trial: FrozenTrial) -> bool:
    return not trial.state.is_finished()


def _starts_to_enqueue(judged: Iterable[_Judged], old: StudySpec, new: StudySpec) -> list[Params]:
    """What the new file starts from, without what the old one did, and without the configs of the trials there are."""
    configs = TriedConfigs(new.space)
    tried = set()
    for each in judged:
        with suppress(KeyError):  # not all of its parameters are known
            tried.add(configs.key({**(each.rewritten.system_attrs.get(FIXED) or {}), **each.rewritten.params}))
    return configs.worth_starting([params for params in new.start_from if params not in old.start_from], tried)
