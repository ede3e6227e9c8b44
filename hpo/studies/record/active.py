"""A study that a process works on: what it writes there, and the database that it leaves as one file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from hpo.errors import StudyConflictError, UserError
from hpo.spaces import StudySpec, parse_spec, spec_of
from hpo.studies.address import StudyAddress
from hpo.studies.files.checkpoints import checkpoint_numbers
from hpo.studies.limits.budget import raise_totals
from hpo.studies.record.conflicts import spec_differences
from hpo.studies.record.environment import deciding_environment, describe_workers, find_differences
from hpo.studies.record.notes import replace_note
from hpo.studies.record.session import Session
from hpo.studies.record.study import StudyRecord
from hpo.studies.store.ledger import StudyLedger, is_candidate, is_searched, stored_budget
from hpo.studies.store.stored import Admitted, StudyNote, state_of
from hpo.studies.store.view import StorageView, select_trials

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial
    from sqlalchemy.orm import Session as DatabaseSession

    from hpo.studies.store.attempts import ClaimedTrial, EndedAttempt
    from hpo.studies.store.storage import StudyStorage
    from hpo.studies.store.stored import StoredStudy, StoredTrial

T = TypeVar("T")

CAUSES_BY_SHORT_NAME = {"oom": "out_of_memory", "nan": "nan_loss", "died": "worker_died"}
"""What people call kinds of failures."""


class ActiveStudy(StudyRecord):
    """A study opened to be worked on, which takes its folder to be locked by the supervisor.

    Use it in a `with` statement: whoever closes the database last leaves one file that holds all.
    """

    _checks_configs = True

    def __init__(self, address: StudyAddress, overrides: Sequence[str] = ()) -> None:
        """Open a study, as `StudyRecord` does.

        Args:
            address: of the study.
            overrides: changes to its file, `path=value`, on this machine alone, such as where the data lies.
        """
        self.overrides = tuple(overrides)
        try:
            super().__init__(address)
        except BaseException:
            if "_storage" in vars(self):
                self.close()
            raise

    @cached_property
    def spec(self) -> StudySpec:
        """The space that the study searches, with the changes of this machine."""
        self._stored_spec = self.ledger.spec
        spec = super().spec
        return spec_of(spec.document, f"study {self.name}", self.overrides, is_stored=True) if self.overrides else spec

    def confirm_space(self, ledger: StudyLedger) -> None:
        """Check that the study searches the space that this object has, by a ledger that was read just now.

        Raises:
            StudyConflictError: another process has changed it.
        """
        stored = ledger.spec
        if stored == self._stored_spec:
            return
        if spec_differences(self.spec, parse_spec(stored, f"study {self.name}")):
            raise StudyConflictError(
                f"study {self.name}: its space stays the same while trials run. Received one that another process has "
                f"changed. To go on in the space as it is now, type: hpo worker {self.address.argument}"
            )
        self._stored_spec = stored

    def _open(self) -> None:
        super()._open()
        self._storage, self._stored_spec = self.place.open_storage(), ""
        self._optuna = self._storage.study

    def _read_stored(self) -> StoredStudy:
        return self.place.reader()()

    @property
    def storage(self) -> StudyStorage:
        """The database, for what Optuna has no call for; leases and retries are as the study's file says."""
        self._storage.lease_seconds, self._storage.retries = self.spec.recovery.lease, self.spec.recovery.retries
        self._storage.next_accumulation = self.spec.on_oom.next_accumulation
        return self._storage

    @property
    def ledger(self) -> StudyLedger:
        """What hpo keeps in the storage beside Optuna's own tables; read now, written at once."""
        return StudyLedger(self._optuna.user_attrs, self._set_attribute)

    def _set_attribute(self, key: str, value: object) -> None:
        self._optuna.set_user_attr(key, value)

    def change_ledger(self, change: Callable[[StudyLedger], T]) -> T:
        """Read the ledger and write to it in one transaction; nobody else who does so comes in between.

        Args:
            change: given the ledger. It is called again where it is not known whether the transaction took place, and
                has to be right then, too.

        Returns:
            What `change` returns.
        """
        from hpo.studies.store.rows import change_ledger

        storage, study_id = self.storage, self._optuna._study_id

        def work(session: DatabaseSession) -> T:
            storage.attempts.lock(session)
            return change_ledger(session, study_id, change)

        return storage.transact(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if (translated := self._storage.translate(error)) is not None:
            raise translated from error

    def close(self) -> None:
        """Close the database; where no other process has it open, what is in its log is folded in."""
        self._storage.close()

    def reload(self) -> None:
        """Close the study, and open it as it is now, where it was changed behind what this object remembers of it."""
        self.close()
        self._open()
        for name in ("spec", "optuna_study", "_tried"):  # the cached ones
            self.__dict__.pop(name, None)

    @property
    def optuna_storage(self) -> optuna.storages.BaseStorage:
        """The storage, for search backends and for analysis."""
        return self._optuna._storage  # the one that remembers trials

    @cached_property
    def optuna_study(self) -> optuna.Study:
        """Optuna's own view: the candidates alone."""
        import optuna

        view: Any = StorageView(self.optuna_storage)
        return optuna.Study(self._optuna.study_name, view)

    def _read_trials(self) -> list[FrozenTrial]:
        return self.frozen_trials(confirming=True)

    def frozen_trials(self, *, confirming: bool = False) -> list[FrozenTrial]:
        """Read trials as Optuna has them; see `StudyRecord`."""
        return select_trials(self.optuna_storage, self._optuna._study_id, None if confirming else is_searched)

    def compared_trials(self) -> list[FrozenTrial | StoredTrial]:
        """See `StudyRecord`."""
        import optuna

        return [*self.optuna_study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))]

    def record_test_score(self, number: int, accuracy: float | None, loss: float | None, **others: Any) -> None:  # noqa: ANN401
        """Keep the score of a trial's model on the test part, other figures with it; None where the data has none."""
        self.ledger.set_test_score(number, {"accuracy": accuracy, "loss": loss, **others})

    def set_document(self, spec: StudySpec) -> None:
        """Keep a spec that differs in nothing but its budget and where the data lies."""
        if spec.to_json() != self.ledger.spec:
            self.ledger.spec = spec.to_json()
            self.__dict__.pop("spec", None)  # the cached one

    def set_budget(self, budget: Mapping[str, float | None]) -> None:
        """Set what the study may do in all, by the options of `search`; None for as much as that takes."""
        values, ledger = stored_budget(budget), self.ledger
        if values != ledger.budget:
            ledger.budget = values

    def raise_budget(self, totals: Mapping[str, float | None]) -> None:
        """Allow the study more in all, by the options of `search`; None leaves one as it is.

        Raises:
            UserError: that would be less than it may do already.
        """
        self.set_budget(self.raised_budget(totals, self.spec))

    def raised_budget(self, totals: Mapping[str, float | None], spec: StudySpec) -> dict[str, Any]:
        """Give the budget that `raise_budget` gives the study once it has a spec; see there, also for the errors."""
        return raise_totals(self.name, self.ledger.budget, totals, has_price=spec.cost.per_gpu_hour is not None)

    def raise_budget_to(self, spec: StudySpec) -> None:
        """Allow the study what a file says, as far as it says anything: more of what was limited, or a new limit."""
        stored, keys = self.ledger.budget, spec.search.model_fields_set
        raised = {
            key: max(stored.get(key) or 0, value)
            for key, value in spec.search.budget.items()
            if key in keys and value is not None
        }
        self.set_budget({**stored, **raised})

    def confirm_fingerprint(self, key: str, fingerprint: str) -> None:
        """Record the data's fingerprint, or check that the data is what it was; see `check_fingerprint`."""
        ledger = self.ledger
        if ledger.fingerprint(key) is None:
            ledger.set_fingerprint(key, fingerprint)
        self.check_fingerprint(key, fingerprint)  # read anew: another worker may have been first, with other data

    def write_note(self, number: int | None, note: StudyNote) -> None:
        """Write what people say of a trial, or with None of the study; see `replace_note`."""
        replace_note(self._storage, number, note)

    def record_data(self, summary: dict[str, Any]) -> None:
        """Keep what was read of the data set, so that what was found in it stands beside the result."""
        if summary != self.data:
            self.ledger.data = summary

    @contextmanager
    def session(self, clock: Callable[[], float] = time.monotonic) -> Iterator[Session]:
        """Count the time from here on as worked, in seconds of `clock`, and record the environment."""
        ledger = StudyLedger({}, self._set_attribute)
        confirms = self.only_confirms or (self.may_begin and not self.budget.may_begin)
        environment = describe_workers(self.spec) | ({"confirms": True} if confirms else {})
        session = Session(ledger, environment, clock)
        try:
            yield session
        finally:
            session.save()

    def remove_needless_files(self) -> None:
        """Remove the models of trials that have failed, or that another beats, and the checkpoints of finished trials.

        Those with a tag stay, and of trials outside the space, which may be the best again; checkpoints of failed
        trials, which may run again, and of those that a search in rounds may promote. Models of trials that confirm
        others stay until the test part was read for the best config, one of that config for good, and what they have
        predicted with all. What trials share of their trainings goes when no trial may begin any more.
        """
        models, checkpoints = set(self.files.models.numbers()), set(checkpoint_numbers(self.files.checkpoint_store))
        # In this order: a trial of another worker that ends in between is not among the ended, or is in the front.
        trials = self.frozen_trials(confirming=True)
        ended = [trials[n] for n in sorted(models | checkpoints) if n < len(trials) and trials[n].state.is_finished()]
        beaten = {trial.number for trial in ended if trial.number in models and is_candidate(trial.user_attrs)}
        beaten -= self.ledger.tagged
        for number in beaten - {trial.number for trial in (self._unbeaten_trials() if beaten else ())}:
            self.files.models.remove(number)
        self._remove_confirming_models()
        may_go_on = ("failed", "pruned") if self.budget.may_promote else ("failed",)
        for trial in ended:
            if trial.number in checkpoints and state_of(trial) not in may_go_on:
                self.files.checkpoints(trial.number, 0).remove()
        if self.spec.search.share_prefixes and not self.may_begin and not self.count_running():
            self.files.prefixes.remove()

    def _remove_confirming_models(self) -> None:
        confirmation = self.confirmation
        if confirmation is None or confirmation.tested is None or not confirmation.is_complete or self.unscored():
            return
        numbers = {run.number for run in confirmation.runs} - {confirmation.model} - self.ledger.tagged
        for number in numbers.intersection(self.files.models.numbers()):
            self.files.models.remove(number, keeps_predictions=True)

    def conclude_confirmation(self) -> None:
        """Keep which config a confirmation has come to, before the test part is read for it, which is done once."""
        ledger = self.ledger
        if ledger.confirmation is None or ledger.confirmed is not None:
            return
        confirmation = self.confirmation
        winner = None if confirmation is None else confirmation.winner
        if winner is None:
            return
        runs = [run.number for run in winner.complete_runs]
        conclusion = {
            "trial": winner.trial,
            "runs": runs,
            "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        }

        def keep(ledger: StudyLedger) -> None:
            if ledger.confirmed is None:
                ledger.confirmed = conclusion

        self.change_ledger(keep)

    def differences(self, device: str) -> dict[str, list[Any]]:
        """Compare this environment with that in which the study began: `[was, is]` of each thing that differs."""
        now = deciding_environment(self.spec, device)
        return find_differences(next(iter(self.environments()), now), now)

    def claim(
        self,
        worker: str,
        trials: int | None = None,
        *,
        only: Collection[int] | None = None,
        begins_new: bool = True,
    ) -> ClaimedTrial | None:
        """Take on a trial: one that waits, or a new one; None where there is none, or all configs are tried.

        Args:
            worker: who takes it on, `HOST:PID`.
            trials: so many may be trained in all, however many workers claim at once; None for as many as there are.
            only: the numbers of the trials that may be taken of those that wait; None for all.
            begins_new: whether a new one may be begun where none of those waits.
        """
        ledger, configs = self.ledger, self.exhausted_after
        claimable = ledger.claimable
        if claimable is not None:
            only, begins_new = (claimable if only is None else set(claimable).intersection(only)), False
        return self.storage.claim(worker, trials, configs, only, begins_new=begins_new, admit=self._admit)

    def claim_pruned(self, worker: str, number: int) -> ClaimedTrial | None:
        """Take on a trial that was pruned and is to go on; None where another has begun one, or none may begin."""
        return self.storage.claim_pruned(worker, number, self._admit)

    def _admit(self) -> Admitted:
        """Which trials may be taken on; asked while nobody else can begin one."""
        return self.budget.admitted

    def claim_confirming(self, worker: str) -> ClaimedTrial | None:
        """Take on a trial that waits to confirm another one; None where there is none."""
        runs = self.find_open_runs()  # with those that run: their workers may be gone
        return self.storage.claim_confirming(worker, runs) if runs else None

    def pause(self, reason: str = "") -> None:
        """Ask all who work on the study to pause.

        Args:
            reason: why, where nobody has typed `hpo pause`: told wherever it is worked on.
        """
        self.ledger.pause = f"{datetime.now(UTC).isoformat()} {reason}".rstrip()

    def reclaim(self, *, is_patient: bool = False) -> list[EndedAttempt]:
        """End the attempts of vanished workers; their trials wait, with number, parameters and history.

        A process of this machine is known to have ended; a lease of another one is lost when two calls, a few seconds
        apart, find it past its end. For `is_patient` see `LeaseWatch.explain_loss`.
        """
        return self.storage.end_lost_attempts(is_patient=is_patient)

    def end_attempts_of(self, worker: str, cause: str, log: str = "", *, counts: bool = True) -> list[EndedAttempt]:
        """End the attempts of a worker that has died; their trials wait, or fail after too many deaths in a row.

        Most workers die of what is no fault of the trial's: memory that others take, a machine that goes down. A worker
        that was killed because the run ends does not even count.
        """
        return self.storage.end_attempts_of(worker, cause, log, counts=counts)

    def retry_failed(self, causes: Collection[str] | None = None) -> list[int]:
        """Have failed trials wait again, and go on from their last checkpoints; return their numbers.

        Args:
            causes: of these kinds, such as `out_of_memory`; None for all.

        Raises:
            UserError: there is none.
        """
        kinds = None if causes is None else [CAUSES_BY_SHORT_NAME.get(cause, cause) for cause in causes]
        numbers = self.storage.retry_failed(kinds)
        if not numbers:
            failed = [trial.cause or "error" for trial in self.trials(confirming=True) if trial.state == "failed"]
            counts = Counter(cause.partition(":")[0] for cause in failed)
            received = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "no failed trial"
            asked = "" if kinds is None else f" with the cause {' or '.join(kinds)}"
            raise UserError(f"retry: it runs failed trials{asked} again. Received a study with {received}.")
        self.reload()
        return numbers
