"""Trials that train the best configs of a study again, each with a seed of its own: no search backend sees them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from optuna.trial import FrozenTrial, TrialState, create_trial

from hpo.search.backend import ActiveTrial
from hpo.search.recorded import RecordedTrial, record_params
from hpo.spaces import Config
from hpo.studies import ActiveStudy, TrialLedger, distribution, list_runs
from hpo.studies.record.confirmation import is_asked_for
from hpo.studies.store.ledger import FIXED

if TYPE_CHECKING:
    from hpo.studies.store.attempts import ClaimedTrial


class ConfirmingTrial(RecordedTrial):
    """A trial that confirms another one: its config is that one's, its seed comes from its own number, as any trial's.

    It is not pruned: it shall tell what the config comes to, whatever others do.

    Attributes:
        confirms: see `TrialLedger.confirms`.
    """

    def __init__(self, study: ActiveStudy, claimed: ClaimedTrial) -> None:
        """Begin an attempt; see `RecordedTrial`."""
        trial = claimed.trial
        values = {**trial.system_attrs.get(FIXED, {}), **study.spec.space.snap(trial.params)}
        params = study.spec.space.fill(lambda parameter: values[parameter.name])[1]
        record_params(study, claimed, params)  # a space that has changed may have given it some
        super().__init__(study, claimed, params, lambda trial: False)
        self.confirms: dict[str, Any] = self.ledger.confirms or {}

    @cached_property
    def config(self) -> Config:
        """The config with a single training: repeats are trials of their own here, and none of them is chosen."""
        config = self._spec.config(self.params)
        return replace(config, training=config.training.model_copy(update={"repeats": 1}))


def find_confirmed(trial: ActiveTrial) -> dict[str, Any] | None:
    """Find what a trial confirms, see `TrialLedger.confirms`; None for a trial of the search."""
    return trial.confirms if isinstance(trial, ConfirmingTrial) else None


def enqueue_confirming(study: ActiveStudy, trials: list[int], seeds: int, folds: int | None) -> list[int]:
    """Have trials be confirmed: make the trials that are not there yet, and ask for those that have not ended.

    Args:
        study: whose trials they are.
        trials: the numbers of complete trials of its space.
        seeds: with how many seeds each config is trained.
        folds: into how many folds training and validation images are split; None to keep the study's own split.

    Returns:
        The numbers of the trials that are still to be trained.
    """
    study.ledger.confirmation = {"trials": trials, "seeds": seeds, "folds": folds}
    known = {parameter.name: distribution(parameter) for parameter in study.spec.space.parameters()}

    def make_missing() -> list[FrozenTrial]:
        there = study.frozen_trials(confirming=True)
        runs = [TrialLedger(trial.user_attrs).confirms for trial in there]
        return [
            create_trial(
                state=TrialState.WAITING,
                params=there[number].params,
                distributions={name: known[name] for name in there[number].params},
                user_attrs=changes,
            )
            for number in trials
            for seed, fold in list_runs(seeds, folds)
            if (confirms := {"trial": number, "seed": seed, "folds": folds, "fold": fold}) not in runs
            for changes in [_attributes_of(confirms)]
        ]

    study.storage.enqueue(make_missing)
    request = study.ledger.confirmation
    return [
        trial.number
        for trial in study.frozen_trials(confirming=True)
        if (confirms := TrialLedger(trial.user_attrs).confirms) is not None
        and is_asked_for(confirms, request)
        and not trial.state.is_finished()
    ]


def _attributes_of(confirms: dict[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    TrialLedger({}, attributes.__setitem__).confirms = confirms
    return attributes
