"""Hyperband as KerasTuner's oracle decides it: trials pruned at the end of a round go on where they are promoted."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import keras_tuner
import optuna
from keras_tuner.engine.trial import Trial, TrialStatus
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from hpo.search.backend import NoTrial
from hpo.search.keras_tuner.brackets import Brackets
from hpo.search.keras_tuner.samplers import OracleSampler, score_direction
from hpo.search.keras_tuner.settings import HyperbandOracle
from hpo.search.optuna.pruning.pruners import most_epochs
from hpo.search.optuna.search import OptunaSearch
from hpo.search.recorded import RecordedTrial
from hpo.studies import ActiveStudy, TrialLedger
from hpo.studies.files.checkpoints import checkpoint_numbers
from hpo.studies.store.stored import state_of


@dataclass(frozen=True, slots=True)
class Rung:
    """Where a trial is: in a round of a bracket, both counted from 0."""

    bracket: int
    round: int


class RungPruner(BasePruner):
    """Prunes a trial when it has had the epochs of its round; in the last one it runs to its end."""

    def __init__(self, brackets: Brackets) -> None:
        self._brackets = brackets

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial is at the end of its round."""
        rung = _rung_of(trial)
        return rung is not None and (trial.last_step or 0) >= self._brackets.epochs(rung.bracket, rung.round)


class HyperbandSearch:
    """A `SearchBackend` of KerasTuner's `HyperbandOracle`, which is told how far trials are before each decision.

    A trial keeps its number and its params in all rounds. One that failed leaves its place in the first round to
    another; KerasTuner would promote one less for it.
    """

    def __init__(self, study: ActiveStudy, worker: str, settings: HyperbandOracle) -> None:
        """Begin to search; see `hpo.search.open_backend`."""
        self._study, self._worker, self._settings = study, worker, settings
        self._brackets = Brackets(most_epochs(study.spec), settings.factor)
        sampler = OracleSampler(study.spec, keras_tuner.oracles.RandomSearchOracle, OracleSampler.attempts)
        self._unused = keras_tuner.HyperParameters()
        self._unused.Float("unused", 0.0, 1.0)  # without one, the oracle takes the space for exhausted
        self._new = OptunaSearch(study, worker, sampler, RungPruner(self._brackets))

    def ask(self, trials: int | None = None) -> RecordedTrial | NoTrial | None:
        """Take on the next trial: one that waits, a promoted one, or a new one; see the port."""
        is_told = self._study.ledger.claimable is not None  # which trials run again, and no others
        while not (is_told or self._study.budget.is_over):
            others = self._study.optuna_study.get_trials(deepcopy=False)
            states = {trial.state.name for trial in others}
            decision = self._decide(others)
            if isinstance(decision, NoTrial) and "WAITING" not in states:
                return decision
            number, rung = (None, Rung(0, 0)) if isinstance(decision, NoTrial) else decision or (None, None)
            if number is not None and "WAITING" not in states:
                claimed = self._study.claim_pruned(self._worker, number)
                trial = None if claimed is None else self._new.take_on(claimed)
                if trial is None or rung is None:  # another worker has it
                    continue
                self._place(trial, rung)
                return trial
            begun = _count_begun(others)  # whoever begins another trial meanwhile changes what is to be decided
            limit = begun + 1 if trials is None else min(trials, begun + 1)
            trial = self._new.ask(limit) if rung is not None or "WAITING" in states else None
            if trial is None and _count_begun(self._study.optuna_study.get_trials(deepcopy=False)) != begun:
                continue
            if trial is not None:
                if trial.ledger.rung is None:  # else it has waited
                    self._place(trial, rung if rung is not None and number is None else Rung(0, 0))
                return trial
            if "RUNNING" in states:  # what runs may be promoted, or wait again
                return NoTrial("idle")
            self._study.ledger.has_rounds = False
            if rung is None:
                self._study.ledger.end = "hyperband has run all of its brackets"
                self._study.ledger.is_exhausted = True
            return None
        if not is_told:
            self._study.ledger.has_rounds = False  # the brackets end where they are
        return self._new.ask(trials)

    def _place(self, trial: RecordedTrial, rung: Rung) -> None:
        if not self._study.ledger.has_rounds:
            self._study.ledger.has_rounds = True
        epochs = self._brackets.epochs(rung.bracket, rung.round)
        trial.set_rung({"bracket": rung.bracket, "round": rung.round, "epochs": epochs})

    def _decide(self, others: list[FrozenTrial]) -> tuple[int | None, Rung] | NoTrial | None:
        """Have the oracle decide: the number of a trial to promote, or None for a new one, and where it belongs.

        Returns:
            No trial for the moment, or None where all is done.
        """
        brackets, settings = self._brackets, self._settings
        oracle = keras_tuner.oracles.HyperbandOracle(
            objective=score_direction(self._study.spec.objective),
            max_epochs=brackets.max_epochs,
            factor=brackets.factor,
            hyperband_iterations=settings.iterations,
            hyperparameters=self._unused,
            seed=1,  # what it draws is not used
        )
        placed: dict[int, list[FrozenTrial]] = defaultdict(list)
        for trial in others:
            rung = _rung_of(trial)
            if rung is not None and state_of(trial) not in ("infeasible", "failed"):
                placed[rung.bracket].append(trial)
        last = max(placed, default=0)
        states = [self._state(bracket, placed[bracket], oracle) for bracket in range(last + 1)]
        self._remove_checkpoints(placed)
        oracle._brackets = list(states)
        oracle._current_iteration = last // brackets.count
        oracle._current_bracket = brackets.halvings(last)
        proposal = oracle.populate_space("next")
        if proposal["status"] == TrialStatus.IDLE:
            return NoTrial("idle")
        if proposal["status"] == TrialStatus.STOPPED:
            return None
        if len(oracle._brackets) and oracle._brackets[-1] not in states:
            return None, Rung(last + 1, 0)
        places = (
            (place["past_id"], Rung(bracket, round_))
            for bracket, state in enumerate(states)
            for round_, places in enumerate(state["rounds"])
            for place in places
            if place["id"] == "next"
        )
        past, rung = next(places)
        return None if past is None else int(past.partition("/")[0]), rung

    def _state(self, bracket: int, trials: list[FrozenTrial], oracle: keras_tuner.Oracle) -> dict[str, Any]:
        """Give a bracket as the oracle keeps it, and tell it of the trials at the end of each round."""
        halvings = self._brackets.halvings(bracket)
        rounds: list[list[dict[str, str | None]]] = [[] for _ in range(halvings + 1)]
        for trial in trials:
            rung = _rung_of(trial)
            assert rung is not None  # noqa: S101 - so they were chosen
            reached = halvings if trial.state.name == "COMPLETE" else rung.round  # it may end early in any round
            for round_ in range(reached + 1):
                identifier = f"{trial.number}/{round_}"
                epochs = self._brackets.epochs(bracket, round_)
                is_over = round_ < rung.round or trial.state.is_finished()
                told = Trial(oracle.hyperparameters, identifier, TrialStatus.RUNNING)
                if is_over:
                    told.status, told.score = TrialStatus.COMPLETED, self._score(trial, epochs)
                else:
                    oracle.ongoing_trials[identifier] = told
                oracle.trials[identifier] = told
                past = f"{trial.number}/{round_ - 1}" if round_ else None
                rounds[round_].append({"past_id": past, "id": identifier})
        return {"bracket_num": halvings, "rounds": rounds}

    def _remove_checkpoints(self, placed: dict[int, list[FrozenTrial]]) -> None:
        """Remove the checkpoints of trials whose next round has come to its end without them."""
        kept = set(checkpoint_numbers(self._study.files.checkpoint_store))
        for bracket, trials in placed.items():
            rounds = Counter(  # a trial that still runs may fail, and leave its place to another
                round_
                for trial in trials
                if (rung := _rung_of(trial))
                for round_ in range(rung.round + trial.state.is_finished())
            )
            for trial in trials if kept else ():
                rung = _rung_of(trial)
                if rung is None or trial.state.name != "PRUNED" or trial.number not in kept:
                    continue
                following = rung.round + 1
                if rounds[following] >= self._brackets.size(bracket, following):
                    self._study.files.checkpoints(trial.number, 0).remove()

    def _score(self, trial: FrozenTrial, epochs: int) -> float:
        """Give the best value of the first epochs; of a trial that reported none, the one that it ended with."""
        choose = max if self._study.spec.objective.direction == "maximize" else min
        values = [value for epoch, value in trial.intermediate_values.items() if epoch <= epochs]
        return choose(values or trial.values)


def _count_begun(trials: list[FrozenTrial]) -> int:
    """Count the trials that a budget counts."""
    return sum(trial.state.name != "WAITING" and state_of(trial) != "infeasible" for trial in trials)


def _rung_of(trial: FrozenTrial) -> Rung | None:
    rung = TrialLedger(trial.user_attrs).rung
    return None if rung is None else Rung(rung["bracket"], rung["round"])
