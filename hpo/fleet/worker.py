"""The worker, `python -m hpo.fleet.worker`: loads engine and data once, then claims trials and trains them."""

from __future__ import annotations

import gc
import logging
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.errors import HpoError, LeaseLostError, StorageError, UserError
from hpo.fleet.device import describe_device, gpu_share, import_engine, import_tools, limit_host_memory, limit_memory
from hpo.fleet.gpus import read_energy
from hpo.fleet.messages import (
    ClaimTrials,
    Command,
    Event,
    NothingClaimed,
    Notice,
    ScoreTrial,
    ScoringStarted,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerGrown,
    WorkerReady,
    from_json,
    to_json,
)
from hpo.fleet.renewal import renew_leases
from hpo.fleet.reporting import TrialReporter, send_notices
from hpo.own_code import describe_error
from hpo.processes.child import Connection, ParentConnection, run_child
from hpo.processes.environment import adopt_environment, thread_count
from hpo.processes.inbox import Inbox
from hpo.spaces import Config, ConfigError
from hpo.studies import ActiveStudy, StudyAddress, TrialState, open_place, resolve_weights
from hpo.studies.files.contents import examples_name
from hpo.studies.store.patience import Patience
from hpo.training import Cause, Completed, Failed, Infeasible, Outcome, Paused, Pruned
from hpo.training.failures import cause_of, impossible_architecture

if TYPE_CHECKING:
    from hpo.data import Outline, PreparedData, TrialData
    from hpo.search import ActiveTrial
    from hpo.training.pool.pool import ModelPool


class Worker:
    """One process that runs trials of one study."""

    def __init__(self, study: ActiveStudy, number: int, connection: Connection) -> None:
        """Load the engine and the data.

        Args:
            study: whose trials to run.
            number: the worker's number, as the supervisor counts.
            connection: to the supervisor, for events and commands.

        Raises:
            HpoError: no trial of the study could run here.
        """
        from hpo.data import DataStore
        from hpo.models import ModelFamily
        from hpo.search import open_backend
        from hpo.studies.record.environment import deciding_environment

        limit_memory(study.spec.engine)
        self._study = study
        self._number = number
        self._connection = connection
        self._inbox = Inbox(connection)
        study.storage.patience.is_stopped = self._must_stop
        self._memory: int | None = None
        self._name = f"{os.uname().nodename}:{os.getpid()}"
        self._search = open_backend(study, self._name)
        self._data = DataStore(study.spec.seed)
        configs = [study.spec.config(params) for _, params in study.spec.corners()]
        for config in configs:
            if isinstance(config.model, ModelFamily):  # else an error when the model is built
                config.model.require()
        prepared = self._prepare(configs[0])  # every config has the same data
        study.record_data(prepared.summary.to_json())
        import_engine()
        self._check_recipes(configs, prepared.trial.outline)
        self._pool = self._make_pool()
        limit_host_memory()
        device = describe_device(study.spec.engine)
        self._gpu_share = gpu_share(study.spec.engine, study.spec.resources)
        self._environment = deciding_environment(study.spec, device)
        self._differences = study.differences(device)
        if self._differences:
            changes = ", ".join(f"{name} {was} and not {now}" for name, (was, now) in self._differences.items())
            text = f"the study began with {changes}: the same config may give another result here"
            self._emit(Notice(number, text, ""))
        self._emit(WorkerReady(number, self._name, device))

    def _make_pool(self) -> ModelPool:
        """Make a pool that takes no more than a part of what this process may grow by."""
        from hpo.training.pool.pool import MAX_BYTES, ModelPool

        max_growth = self._study.spec.recovery.max_growth
        return ModelPool(MAX_BYTES if max_growth is None else min(MAX_BYTES, max_growth // 4))

    def work(self) -> None:
        """Claim and run trials, then do what the supervisor asks for, until it closes the stream or ends.

        A signal that asks this process to end has it pause as well.
        """
        command: Command = ClaimTrials()
        with self._inbox.listen(), renew_leases(self._study):
            while not self._must_stop():
                match command:
                    case ClaimTrials():
                        self._run_trials()
                    case ScoreTrial(number):
                        self._score(number)
                if (request := self._inbox.get()) is not None:
                    command = from_json(request)

    def _must_stop(self) -> bool:
        return self._inbox.is_closed

    def _run_trials(self) -> None:
        """Run trials until there is none to claim, or one ended in a way that the supervisor has to count first."""
        from hpo.search import NoTrial, claim

        while True:
            try:
                trial = claim(self._study, self._search, self._must_stop, self._name)
            except LeaseLostError:  # while its config was drawn; another worker goes on with it
                continue
            if isinstance(trial, NoTrial):
                self._emit(NothingClaimed(self._number, trial.reason))
                return
            try:
                ended = self._run(trial)
            except LeaseLostError:  # another worker goes on with it
                ended = TrialEnded(self._number, trial.number, "waiting", None, None, 0.0)
            self._emit(ended)
            if ended.is_suspect or self._has_grown():
                return

    def _has_grown(self) -> bool:
        """Whether this process takes so much more memory than after its first trial that it has to be replaced."""
        import psutil

        memory, limit = psutil.Process().memory_info().rss, self._study.spec.recovery.max_growth
        self._memory = self._memory or memory
        if limit is None or memory - self._memory <= limit:
            return False
        self._emit(WorkerGrown(self._number, memory - self._memory))
        return True

    def _run(self, trial: ActiveTrial) -> TrialEnded:
        started = time.monotonic()
        try:
            outcome = self._train(trial) if trial.accepts() else Infeasible()
            outcome = self._keep_model(trial, outcome)
        except ConfigError as error:
            outcome = Failed(impossible_architecture(error))
        except MemoryError as error:  # the data, or the saved model, did not fit
            outcome = Failed(cause_of(error))
        except SystemExit as error:  # only code of the user's own asks for that
            traceback.print_exc()
            outcome = Failed(Cause("error", f"code that the study names ended the process: {describe_error(error)}"))
        except Exception:  # of the study, or of who follows the trial: no failure of the trial
            with suppress(StorageError, LeaseLostError):  # whoever finds its lease lost gives it back
                trial.tell(Paused())
            raise
        outcome = self._make_room(trial, outcome)
        self._keep_examples(trial, outcome)
        trial.tell(outcome)
        self._study.remove_needless_files()
        return self._describe_end(trial.number, outcome, time.monotonic() - started)

    def _make_room(self, trial: ActiveTrial, outcome: Outcome) -> Outcome:
        """Have a trial for which the memory did not suffice wait for smaller parts of batches, or rule out its config.

        One that has come to an epoch that counts, and may not be divided further, stays complete.
        """
        match outcome:
            case Failed(Cause("out_of_memory") as cause) | Completed(remark=Cause("out_of_memory") as cause):
                steps = self._study.spec.on_oom.next_accumulation(trial.accumulation_steps)
                if steps is not None and trial.accumulation_steps < trial.config.training.batch_size:
                    return Paused(cause, steps)
                return Infeasible(cause) if isinstance(outcome, Failed) else outcome
        return outcome

    def _train(self, trial: ActiveTrial) -> Outcome:
        from hpo.search.prefixes import SharedPrefixes
        from hpo.training.features.store import FeatureStore
        from hpo.training.trial.trial import run_trial

        config, prefixes = trial.config, SharedPrefixes(self._study, trial, self._environment)
        differs = {"differs": self._differences} if self._differences else {}
        facts = {"threads": thread_count(self._study.spec.engine), "gpus": self._gpu_share, "seed": prefixes.seed}
        trial.describe_attempt({**facts, **differs})
        self._emit(TrialStarted(self._number, trial.number, trial.params, config.training.total_epochs))
        reporter = TrialReporter(trial, self._study.spec, self._number, self._connection, self._must_stop)
        energy_before = read_energy() if self._gpu_share else None
        outcome = run_trial(
            resolve_weights(config, self._study.address),
            self._prepare_trial(trial),
            self._study.spec.objectives,
            prefixes.seed,
            reporter,
            checkpoints=self._study.files.checkpoints(trial.number, trial.attempt, reporter.note_checkpoint),
            accumulation_steps=trial.accumulation_steps,
            time_limit=self._study.spec.recovery.trial_timeout,
            prefixes=prefixes,
            pool=self._pool,
            features=FeatureStore(),
        )
        if energy_before is not None and (energy := read_energy()) is not None:
            trial.describe_attempt({"energy_j": round(self._gpu_share * (energy - energy_before), 1)})
        return outcome

    def _check_recipes(self, configs: list[Config], outline: Outline) -> None:
        """Check that recipes fit the classes, and weights of files their networks, before trials fail for it."""
        from hpo.training.feeding.classes import check_classes
        from hpo.training.network.model import check_weights

        for config in configs:
            try:
                check_classes(config.training, outline.class_names)
            except ValueError as error:
                raise UserError(f"{self._study.name}: {error}") from error
        for config in {config.model.model_dump_json(): config for config in configs}.values():
            with suppress(ValueError):  # no network at all: a trial fails for it, and the next may not
                check_weights(resolve_weights(config, self._study.address), outline)

    def _describe_end(self, number: int, outcome: Outcome, duration: float) -> TrialEnded:
        state: TrialState
        values, cause, remark = None, None, None
        match outcome:
            case Completed():
                state, values = "complete", list(outcome.values)
                duration = outcome.learned.measures.get("duration_s", duration)
                remark = None if outcome.remark is None else str(outcome.remark)
            case Pruned():
                state, values = "pruned", [outcome.learned.last_value]
                duration = outcome.learned.measures.get("duration_s", duration)
            case Failed() | Infeasible():
                record = self._study.trial(number)
                state, cause, duration = record.state, record.cause, record.duration_s or duration
            case Paused(reason, steps):
                state = "waiting"
                if reason is not None:
                    cause = f"{reason}. It goes on with batches in {steps} parts"
        return TrialEnded(self._number, number, state, values, cause, round(duration, 3), remark)

    def _keep_model(self, trial: ActiveTrial, outcome: Outcome) -> Outcome:
        """Keep the model of a trial of the front before its outcome is told, so that such a trial always has one.

        Returns:
            The outcome; a failure where the engine cannot save the model, or predict with it.
        """
        from hpo.search.confirming import find_confirmed

        if not isinstance(outcome, Completed):
            return outcome
        if find_confirmed(trial) is None and not self._study.would_join_front(trial.number, outcome.values):
            return outcome

        def write(path: Path) -> None:
            outcome.save_model(path)
            self._study.storage.renew(trial.lease)  # a late worker does not put its model in its successor's place

        try:
            self._study.files.models.put(trial.number, write)
        except HpoError:
            raise
        except Exception as error:
            traceback.print_exc()
            return Failed(cause_of(error), outcome.learned.history)
        return outcome

    def _keep_examples(self, trial: ActiveTrial, outcome: Outcome) -> None:
        """Keep examples of how a model does, where trackers show them; the trial is complete without them, too."""
        from hpo.search.confirming import find_confirmed

        if isinstance(outcome, Completed) and self._study.spec.trackers and find_confirmed(trial) is None:
            try:
                self._study.files.examples.put(examples_name(trial.number), outcome.save_examples)
            except Exception:  # no room for them, on the disk or in the memory
                traceback.print_exc()

    def _score(self, number: int) -> None:
        from hpo.training.measuring.saved_model import UnusableModelError, predict_with
        from hpo.training.measuring.score import score_of
        from hpo.training.trial.sidecar import write_description, write_predictions

        config = self._study.spec.config(self._study.trial(number).params)
        prepared, recipe, models = self._prepare(config), config.training, self._study.files.models
        score: dict[str, Any] = {"accuracy": None, "loss": None}
        part, classes = prepared.test, prepared.trial.classes
        versions = getattr(config.data, "test_time_augmentation", None)  # of each image, at once
        batch_size = math.ceil(recipe.batch_size / (1 if versions is None else versions.count))
        if part is not None:
            self._emit(ScoringStarted(self._number, number))
            try:
                probabilities = predict_with(models.path(number), part, classes, batch_size, self._pool)
            except UnusableModelError as error:
                score["error"] = str(error)
            else:
                score = score_of(part.labels, probabilities, classes, recipe.top_k).to_json()

                def write(path: Path) -> None:
                    write_predictions(path, "test", part, probabilities)
                    write_description(path, {**models.describe(number), "test": score})

                models.put(number, write)
                score = {name: value for name, value in score.items() if name != "classes"}
        self._study.record_test_score(number, **score)
        self._emit(TestScored(self._number, number, score["accuracy"], score["loss"], score.get("error")))

    def _prepare(self, config: Config) -> PreparedData:
        """Prepare the data of a config, and check that its content is what the study began with."""
        from hpo.data import Dataset

        dataset = config.data
        assert isinstance(dataset, Dataset)  # noqa: S101 - checked when the model is built
        prepared = self._data.prepare(dataset)
        # Where the data lies may change; what it is may not.
        self._study.confirm_fingerprint(dataset.source_key(), prepared.fingerprint)
        return prepared

    def _prepare_trial(self, trial: ActiveTrial) -> TrialData:
        """Give what a trial may see of the data."""
        from hpo.search import trial_seed
        from hpo.search.confirming import find_confirmed

        data, confirms = self._prepare(trial.config).trial, find_confirmed(trial)
        if confirms is None or confirms["folds"] is None:
            return data
        seed = trial_seed(self._study.spec.seed, confirms["seed"])  # so the folds are the same for all configs
        return data.take_fold(confirms["folds"], confirms["fold"], seed)

    def _emit(self, event: Event) -> None:
        self._connection.send(to_json(event))


def work(
    address: StudyAddress,
    number: int,
    connection: Connection,
    overrides: Sequence[str] = (),
    on_ready: Callable[[], object] = lambda: None,
) -> None:
    """Run a worker of a study, by its number, until it is told to stop; see `ActiveStudy` for `overrides`.

    `on_ready` is called once, before the first trial.
    """
    with (
        send_notices(number, connection),
        open_place(address).lock_worker(number),
        Patience()(lambda: ActiveStudy(address, overrides)) as study,
    ):
        worker = Worker(study, number, connection)
        on_ready()
        worker.work()


def main(connection: ParentConnection) -> None:
    """Run the worker that a message names by its study's address and its number; of one that begins early, the second.

    What has been imported when it is ready stays until the process ends, and is left out of garbage collection: to go
    through an engine's 500,000 objects takes 0.3 s after each trial.
    """
    logging.basicConfig(format="%(message)s")
    requests = connection.requests()
    if sys.argv[1:] == ["early"]:  # there is no study yet
        import_tools()
        first = next(requests, None)
        if first is None:
            return
        adopt_environment(first["environment"])
        with suppress(Exception):  # it is met again, and told, where the engine is needed
            import_engine()
        gc.freeze()
    start = next(requests, None)
    if start is not None:  # else the supervisor is gone already
        work(StudyAddress(*start["address"]), start["number"], connection, start["overrides"], gc.freeze)


if __name__ == "__main__":
    run_child(main)
