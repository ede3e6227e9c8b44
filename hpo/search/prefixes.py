"""The phases with which several trials begin, and who trains them: one trial, from whose checkpoint the others go on.

A trial waits for another one only before it takes on anything itself, so no two ever wait for each other. Who trains
what is kept with the attempt: a trial that is not running any more, or runs in another attempt, holds nobody up.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import replace

from optuna.trial import TrialState

from hpo.search.backend import ActiveTrial
from hpo.search.confirming import find_confirmed
from hpo.search.seeding import list_shared, training_seed
from hpo.studies import ActiveStudy, Checkpoint, StudyLedger, TrialLedger

_log = logging.getLogger("hpo.search")


class SharedPrefixes:
    """What a trial shares of its training with others: its first phase, its first two, and so on, but not all.

    Nothing where the study shares nothing, and for trials that confirm others: those ask what another seed gives.

    Attributes:
        seed: of the trial: that of all which begin with its first phase, where it may share that, else its own.
    """

    def __init__(self, study: ActiveStudy, trial: ActiveTrial, environment: Mapping[str, object]) -> None:
        """Tell which trainings begin in the same way, to the last bit.

        Args:
            study: whose trial it is.
            trial: the trial.
            environment: what digits depend on besides; see `deciding_environment`.
        """
        self._study, self._trial = study, trial
        self._files = study.files.prefixes
        keys = list_shared(study.spec, trial.config, confirms=find_confirmed(trial) is not None)
        self.seed = training_seed(study.spec.seed, trial.number, keys)
        parts = [self.seed, trial.accumulation_steps, dict(environment)]
        self._keys = [hashlib.sha256(json.dumps([key, *parts]).encode()).hexdigest()[:32] for key in keys]
        self._awaited: int | None = None

    def count_trained(self) -> int:
        """Count the first phases that some trial has trained, and that are kept."""
        return next((phases for phases in range(len(self._keys), 0, -1) if self._files.has(self._keys[phases - 1])), 0)

    def read(self, phases: int) -> Checkpoint | None:
        """Read the checkpoint after so many phases; see the port, `hpo.training.outcome.Prefixes`."""
        matches = self._files.read(self._keys[phases - 1])
        if matches is None:
            return None
        number, checkpoint = matches
        return replace(checkpoint, about={**checkpoint.about, "trial": number})

    def save(self, phases: int, checkpoint: Checkpoint) -> None:
        """Keep the checkpoint after so many phases for other trials; there is nothing to share after the last one."""
        if phases <= len(self._keys):
            self._files.save(self._keys[phases - 1], self._trial.number, checkpoint)

    def take_on(self, phases: int) -> bool:
        """Take on to train the phases after the first so many; False where another trial does that, and runs."""
        if phases == len(self._keys):
            return True
        self._study.reclaim(is_patient=True)
        number, keys = self._trial.number, self._keys[phases:]

        def change(ledger: StudyLedger) -> int | None:
            running = self._study.optuna_study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            attempts = {trial.number: TrialLedger(trial.user_attrs).attempts for trial in running}
            trainers = {
                key: trainer
                for key, trainer in ledger.prefixes.items()
                if trainer[0] != number and attempts.get(trainer[0]) == trainer[1]
            }
            if keys[0] in trainers:
                return trainers[keys[0]][0]
            ledger.prefixes = {**trainers, **{key: [number, self._trial.attempt] for key in keys}}
            return None

        trainer = self._study.change_ledger(change)
        if trainer not in (None, self._awaited):
            _log.info("trial %d waits for trial %d, which trains the phases that both begin with", number, trainer)
        self._awaited = trainer
        return trainer is None
