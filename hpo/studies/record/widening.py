"""A study goes on in another space: which of its trials lie in it, and what becomes of those that do not."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hpo.errors import StudyBusyError
from hpo.spaces import Config, Params, StudySpec, Tree, read_config
from hpo.spaces.change.adoption import adopt, rule_out
from hpo.spaces.change.changes import Change, list_changes
from hpo.spaces.change.matching import Misfit
from hpo.spaces.change.refusals import list_refusals
from hpo.studies.record.active import ActiveStudy
from hpo.studies.record.conflicts import refuse_common_change, spec_differences
from hpo.studies.record.creation import begin_anew
from hpo.studies.record.tried import TriedConfigs
from hpo.studies.record.weights import copy_weights, list_best_configs
from hpo.studies.store.ledger import (
    CONSTRAINT,
    FIXED,
    MEMORY,
    NSGA2_GENERATION,
    NSGA2_PARENTS,
    StudyLedger,
    TrialLedger,
    is_confirming,
)
from hpo.studies.store.rewriting import TrialUpdate, rewrite
from hpo.studies.store.stored import StoredTrial, state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_TRAINABLE = "it was ruled out before training, which no constraint does now"


@dataclass(frozen=True, slots=True)
class SpaceChange:
    """What a change of its space has done to a study.

    Attributes:
        changes: what is not as it was.
        inside: the trials that lie in the new space, by number.
        outside: those that do not, and why.
    """

    changes: list[Change]
    inside: list[int]
    outside: dict[int, Misfit]


def adopt_spec(study: ActiveStudy, spec: StudySpec) -> SpaceChange | None:
    """Have a study go on with another file; what has changed if its space has.

    Its budget rises to the file's. See `change_space` for what is held and raised; where nothing was trained yet, the
    file is followed in what would be refused as well.

    Raises:
        StudyBusyError: its space is to change, and somebody has joined in the work.
    """
    spec = spec.following(study.spec) if study.has_begun else spec
    if spec_differences(study.spec, spec) and study.place.is_joined():
        raise StudyBusyError(
            f"study {study.name}: its space changes while nobody else works on it. Received a study that others have "
            f"joined by `hpo worker`. Pause them first: hpo pause {study.address.argument}"
        )
    if not study.has_begun and list_refusals(study.spec, spec):
        begin_anew(study, spec)
        return None
    change = None
    if spec_differences(study.spec, spec):
        copy_weights(spec, study.address)
        change = change_space(study, spec)
        study.reload()
    else:
        study.set_document(spec)
    study.raise_budget_to(spec)
    return change


def change_space(study: ActiveStudy, spec: StudySpec) -> SpaceChange:
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
        StudyBusyError: a trial runs.
    """
    refusals = list_refusals(study.spec, spec)
    if refusals:
        raise refuse_common_change(study.name, refusals)
    trials = study.frozen_trials(confirming=True)
    judgements = [_judge(trial, study.spec, spec) for trial in trials]
    updates = [update for update, _ in judgements]
    best_configs = [] if spec.earlier_studies == study.spec.earlier_studies else list_best_configs(spec, study.address)
    enqueued = _starts_to_enqueue(updates, study.spec, spec, best_configs)
    user_attrs: dict[str, Any] = {}
    ledger = StudyLedger({}, user_attrs.__setitem__)
    ledger.change_spec(spec.to_json(), len(trials) + len(enqueued))
    if spec.search.choices != study.spec.search.choices:
        ledger.has_rounds = False  # no other search goes on with them
    study_id = study.optuna_study._study_id
    system_attrs = study.optuna_storage.get_study_system_attrs(study_id)
    rewrite(
        study.storage,
        study_id,
        parameters=spec.space.parameters(),
        trials=updates,
        enqueued=enqueued,
        user_attrs=user_attrs,
        system_attrs=dict.fromkeys(key for key in system_attrs if key.startswith(NSGA2_PARENTS)),
    )
    outside = {
        trial.number: misfit
        for trial, (_, misfit) in zip(trials, judgements, strict=True)
        if misfit is not None and not is_confirming(trial.user_attrs)
    }
    inside = [trial.number for trial in trials if trial.number not in outside and not is_confirming(trial.user_attrs)]
    return SpaceChange(list_changes(study.spec, spec), inside, outside)


def _judge(trial: FrozenTrial, old: StudySpec, new: StudySpec) -> tuple[TrialUpdate, Misfit | None]:
    """Tell what is to be written of a trial, and why it lies outside, if it does."""
    params, tree = _params_and_config(trial, old)
    adopted = adopt(tree, params, new.space)
    is_ruled_out, memory = state_of(trial) == "infeasible", f"{CONSTRAINT}{MEMORY}"
    excesses: dict[str, float] = {}
    if not isinstance(adopted, Misfit) and tree is not None:
        measures = TrialLedger(trial.user_attrs).measures
        excesses = new.excesses(adopted, measures)
        broken = rule_out(new, adopted, measures)
        if broken is not None and not is_ruled_out:
            adopted = broken
        elif broken is None and is_ruled_out and memory not in trial.system_attrs:
            adopted = Misfit(_TRAINABLE, _TRAINABLE)
    user_attrs: dict[str, Any] = {}
    ledger = TrialLedger({}, user_attrs.__setitem__)
    if isinstance(adopted, Misfit):
        ledger.outside = {"params": params, "config": tree, "reason": adopted.reason}
        if _waits(trial):
            ledger.cause = f"outside: {adopted.reason}"
        return TrialUpdate(trial._trial_id, {}, user_attrs, fails=_waits(trial)), adopted
    ledger.outside = None
    if is_ruled_out:
        ledger.set_broken(excesses)
    system_attrs: dict[str, Any] = {key: None for key in trial.system_attrs if key.startswith(CONSTRAINT)}
    system_attrs |= {f"{CONSTRAINT}{text}": excess for text, excess in excesses.items()}
    if memory in trial.system_attrs:
        system_attrs[memory] = trial.system_attrs[memory]
    if NSGA2_GENERATION in trial.system_attrs:
        system_attrs[NSGA2_GENERATION] = 0  # all trials inside are the first parents in the new space
    if _waits(trial) and (tree is None or not trial.params):  # what it has is what it shall have when it begins
        system_attrs[FIXED], adopted = adopted, {}
    return TrialUpdate(trial._trial_id, adopted, user_attrs, system_attrs), None


def read_trial_config(trial: FrozenTrial | StoredTrial, spec: StudySpec) -> Config:
    """Read the config that a trial was trained with, also where the space of its study has changed since.

    Raises:
        KeyError: some of its parameters are not drawn yet.
        ConfigError: it has what this version of hpo, or this machine, does not know.
    """
    outside = TrialLedger(trial.user_attrs).outside
    if outside is None:
        return spec.config(spec.space.snap(trial.params))
    config = read_config(outside["config"])
    return replace(config, training=config.training.measuring(spec.objectives))


def _params_and_config(trial: FrozenTrial, spec: StudySpec) -> tuple[Params, Tree | None]:
    """Give a trial's parameters and its config; no config where some of its parameters are not drawn yet."""
    outside = TrialLedger(trial.user_attrs).outside
    if outside is not None:
        return outside["params"], outside["config"]
    fixed = trial.system_attrs.get(FIXED, {}) if _waits(trial) else {}
    params = spec.space.snap({**fixed, **trial.params})
    try:
        return params, spec.space.tree(params)
    except KeyError:
        return params, None


def _waits(trial: FrozenTrial) -> bool:
    return not trial.state.is_finished()


def _starts_to_enqueue(
    updates: Iterable[TrialUpdate], old: StudySpec, new: StudySpec, best_configs: Iterable[Params]
) -> list[Params]:
    """Select what the new file starts from, and the old one did not, without the configs of the trials there are."""
    configs = TriedConfigs(new.space)
    tried = set()
    for update in updates:
        with suppress(KeyError):  # not all of its parameters are known
            tried.add(configs.key({**(update.system_attrs.get(FIXED) or {}), **update.params}))
    starts = [params for params in new.start_from if params not in old.start_from]
    return configs.select_starts([*starts, *best_configs], tried)
