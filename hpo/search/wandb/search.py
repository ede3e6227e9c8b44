"""Search by a sweep of Weights & Biases: its server decides what to try, and the study records it."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial

from hpo.errors import WorkError
from hpo.search.backend import NoTrial
from hpo.search.recorded import RecordedTrial, enqueue, find_trial, record_params
from hpo.search.seeding import trial_seed
from hpo.search.wandb.agent import SweepAgent, SweepRun
from hpo.search.wandb.joining import match_sweep
from hpo.search.wandb.mapping import SweepMapping
from hpo.search.wandb.server import ServerAwayError, SweepMissingError, SweepServer
from hpo.search.wandb.sweep import raise_run_cap, settings_of
from hpo.spaces import Params
from hpo.studies import ActiveStudy, TrialLedger, TriedConfigs
from hpo.studies.store.ledger import FIXED
from hpo.training import Outcome

if TYPE_CHECKING:
    from hpo.studies.store.attempts import ClaimedTrial

PATIENCE_S = 600.0
"""How long the server is waited for, until the study pauses."""
ARRIVAL_S = 30.0
"""How long the result of a trial is waited for, until it is where the sweep learns of it."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 5.0
_TICK_S = 0.2
_TELL_EVERY_S = 20.0
"""A worker that is not heard of counts as hanging."""
_MOST_REPEATS = 100
"""So many runs in a row that repeat configs mean that the sweep has hardly any others."""
_ENDINGS = {
    "CANCELED": "its sweep was cancelled in W&B",
    "DELETED": "its sweep was deleted in W&B",
    "FINISHED": "its sweep has ended in W&B, or was stopped there",
}
_log = logging.getLogger("hpo.search")


class WandbSearch:
    """A `SearchBackend` whose worker is an agent of the study's sweep; any number of them may work on one study."""

    def __init__(self, study: ActiveStudy, worker: str) -> None:
        """Begin to search.

        Args:
            study: the study to search for, whose sweep is there (`prepare_sweep`).
            worker: who asks, as trials and the sweep record it.
        """
        sweep = study.ledger.sweep
        if sweep is None:
            raise WorkError(f"study {study.name}: whoever leads it creates its sweep. Received a study without one.")
        self._study, self._worker = study, worker
        self._is_ours = "digest" in sweep
        self._agent = SweepAgent(SweepServer(), sweep["path"], worker)
        self._tried = TriedConfigs(study.spec.space)
        self._learns = not self._is_ours or settings_of(study.spec).method == "bayes"
        self._last: int | None = None
        self._mapping: SweepMapping | None = SweepMapping(study.spec.space) if self._is_ours else None

    def ask(self, trials: int | None = None) -> WandbTrial | NoTrial | None:
        """Take on the next trial: one that waits, or what the sweep gives out next; see the port.

        Each run of the sweep becomes a trial that waits, with its parameters, and is claimed as any other: so one that
        was given out is not lost, whoever dies. A config that a trial has is not trained again: its run is recorded as
        a repeat.
        """
        self._agent.end()  # where the last trial was lost to another worker, and not told
        repeats = 0
        while True:
            claimed = self._claim(trials)
            if claimed is not None:
                return self._begin(claimed)
            if self._study.ledger.claimable is not None or not self._study.budget.remaining:
                return None
            if self._await_result():
                return NoTrial("stopped")
            run = self._await_run()
            if not isinstance(run, SweepRun):
                return run
            repeats = 0 if self._record(run) else repeats + 1
            if repeats >= _MOST_REPEATS:
                self._finish(f"the sweep gave out {repeats} configs in a row that trials have")
                return None

    def _finish(self, reason: str) -> None:
        """Have the study end, whatever is left of its budget."""
        self._study.ledger.end = reason
        self._study.ledger.is_exhausted = True

    def _claim(self, trials: int | None) -> ClaimedTrial | None:
        """Take on a trial that waits."""
        return self._study.claim(self._worker, trials, begins_new=False)

    def _is_hopeless(self, trial: FrozenTrial) -> bool:
        """Whether a trial is to end."""
        return self._agent.is_stopped

    def _begin(self, claimed: ClaimedTrial) -> WandbTrial:
        """Go on with a trial: what the file starts from may have some of its parameters, and no run of the sweep."""
        space, trial = self._study.spec.space, claimed.trial
        fixed = {**trial.system_attrs.get(FIXED, {}), **space.snap(trial.params)}
        params = space.draw(random.Random(trial_seed(self._study.spec.seed, trial.number)), fixed)
        record_params(self._study, claimed, params)
        run = TrialLedger(trial.user_attrs).run or {}
        is_run = run.get("sweep") == self._agent.path
        self._agent.begin(run["id"] if is_run else None)
        self._last = trial.number if is_run and self._learns else None
        return WandbTrial(self._study, claimed, params, self._agent, self._is_hopeless)

    def _record(self, run: SweepRun) -> bool:
        """Have a run wait as a trial; False where it repeats one."""
        draw = self._mapping_now().read(run.args)
        values = {name: arg.get("value") for name, arg in run.args.items()}
        entry = {"id": run.id, "sweep": self._agent.path, "args": values, "inactive": list(draw.inactive)}
        if enqueue(self._study, draw.params, {"run": entry}, self._tried):
            return True
        number = find_trial(self._study, draw.params, self._tried)
        if number is None:
            return True
        trial = self._study.frozen_trials(confirming=True)[number]
        if (TrialLedger(trial.user_attrs).run or {}).get("id") == run.id:
            return True  # it was made, and the answer of the database was lost
        self._study.ledger.add_duplicate_run(entry, number)
        _log.info("run %s of the sweep has the config of trial %d, and its result", run.id, number)
        return False

    def _mapping_now(self) -> SweepMapping:
        """What the sweep calls the parameters, which of one that others have made is read once."""
        if self._mapping is None:
            spec, path = self._study.spec, self._agent.path
            self._mapping = SweepMapping(spec.space, match_sweep(spec, self._agent.server.read(path).config, path))
        return self._mapping

    def _await_result(self) -> bool:
        """Wait until the result of the last trial is where the sweep learns of it; whether the work here is to end.

        `wandb.agent` waits as well: a run is sent to its end before the next is asked for.
        """
        end, number = time.monotonic() + ARRIVAL_S, self._last
        self._last = None
        while number is not None and self._study.ledger.tracked.get(number, {}).get("wandb", {}).get("state") is None:
            if time.monotonic() > end:  # the tracker is in trouble, which people are told of: do without from now on
                self._learns = False
                return False
            if self._sleep(_FIRST_WAIT_S):
                return True
        return False

    def _await_run(self) -> SweepRun | NoTrial | None:
        """Ask the sweep until it gives out a run, ends, or is paused; or until the work here is to end."""
        outage, wait, told = _Outage(), _FIRST_WAIT_S, time.monotonic()
        while True:
            try:
                answer = self._agent.next_run()
                if answer == "FINISHED" and self._may_go_on():
                    answer = None
            except ServerAwayError as error:
                if outage.lasts(error):
                    self._study.pause(f"{error}. It was waited for since {outage.since:%H:%M}")
                    return NoTrial("paused")
                answer = None
            except SweepMissingError:
                answer = "DELETED"
            else:
                outage.end()
            if isinstance(answer, SweepRun):
                return answer
            if answer == "PAUSED":
                self._study.pause(f"the sweep is paused in W&B ({self._agent.path})")
                return NoTrial("paused")
            if answer is not None:
                self._finish(_ENDINGS.get(answer, f"its sweep is {answer.lower()} in W&B"))
                return None
            if time.monotonic() - told > _TELL_EVERY_S:
                told = time.monotonic()
                _log.info("waiting for the sweep to give out a run, at %s", f"{datetime.now():%H:%M:%S}")
            if self._sleep(wait):
                return NoTrial("stopped")
            if not self._study.budget.remaining:  # its time is over, or others have begun the last trials
                return None
            wait = min(2 * wait, _LONGEST_WAIT_S)

    def _may_go_on(self) -> bool:
        """Have a sweep of ours that has given out all of its runs go on, where some of them cost the budget nothing.

        A run also costs it nothing that was given out, and whose answer was lost on the way.
        """
        if not self._is_ours:
            return False
        sweep, server = self._agent.server.read(self._agent.path), self._agent.server
        if sweep.runs < sweep.config.get("run_cap", math.inf):
            return False  # it was stopped, or its grid is done
        return raise_run_cap(server, sweep, sweep.runs + self._study.budget.remaining) is not sweep

    def _sleep(self, seconds: float) -> bool:
        """Wait; whether the worker is told to stop meanwhile."""
        end = time.monotonic() + seconds
        while not self._study.storage.patience.is_stopped():
            if (left := end - time.monotonic()) <= 0:
                return False
            time.sleep(min(left, _TICK_S))
        return True


class WandbTrial(RecordedTrial):
    """A trial that is a run of a sweep, if it is one; pruned when the server stops it."""

    def __init__(
        self,
        study: ActiveStudy,
        claimed: ClaimedTrial,
        params: Params,
        agent: SweepAgent,
        is_hopeless: Callable[[FrozenTrial], bool],
    ) -> None:
        """Begin an attempt; see `RecordedTrial`."""
        super().__init__(study, claimed, params, is_hopeless)
        self._agent = agent

    def tell(self, outcome: Outcome) -> None:
        """Record how the trial ended, and tell the server no more that its run lives."""
        super().tell(outcome)
        self._agent.end()


class _Outage:
    """How long a server has not answered; people are told of it once."""

    def __init__(self) -> None:
        self.since: datetime = datetime.now()
        self._began: float | None = None

    def lasts(self, error: ServerAwayError) -> bool:
        """Note that it does not answer; whether it has not for too long."""
        if self._began is None:
            self._began, self.since = time.monotonic(), datetime.now()
            _log.info("waiting for W&B since %s: %s", f"{self.since:%H:%M}", error)
        return time.monotonic() - self._began > PATIENCE_S

    def end(self) -> None:
        """Note that it answers."""
        if self._began is not None:
            _log.info("W&B answers again, after %.0f s", time.monotonic() - self._began)
            self._began = None
