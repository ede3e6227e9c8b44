"""A study: the record of a search, in a storage that alone is enough to continue it."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from hpo.errors import DataError, StudyConflictError, StudyNotFoundError
from hpo.spaces import ScalarValue, StudySpec, Value, front, joins_front, parse_spec
from hpo.studies.address import StudyAddress
from hpo.studies.files.finding import explain_missing
from hpo.studies.files.place import open_place
from hpo.studies.limits.budget import Budget, Spent, read_budget
from hpo.studies.limits.costs import StudyCosts, measure_costs
from hpo.studies.limits.estimate import EndEstimate, estimate_end, find_pace
from hpo.studies.limits.tally import TrialTally
from hpo.studies.record.confirmation import Confirmation, find_open_runs, read_confirmation
from hpo.studies.record.record import Best, StudyState, TrialRecord, describe_best, describe_trial
from hpo.studies.record.tried import TriedConfigs
from hpo.studies.store.ledger import StudyLedger, TrialLedger, is_candidate, is_confirming, is_outside
from hpo.studies.store.stored import TRIAL_STATES, StoredStudy, StoredTrial, StudyNote, TrialState, read_notes, state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


class StudyRecord:
    """A study that exists, to look at: nothing is written, and no right to write is needed.

    Everything read from it is as it is at that moment: workers, in this process or in others, write to its database.
    """

    _checks_configs = False
    """Looking imports no family and no data set; see `read_spec`."""

    def __init__(self, address: StudyAddress) -> None:
        """Open a study.

        Raises:
            StudyNotFoundError: there is none at that address.
            UserError: its database cannot be read.
            StudyConflictError: another program has made it.
        """
        self.place = open_place(address)
        self.address, self.files = self.place.address, self.place.files
        if not self.place.exists():
            raise StudyNotFoundError(explain_missing(address))
        self._open()
        if not (self.ledger.spec and self.ledger.budget):
            if (self.ledger.budget or not self._read_trials()) and self._is_locked():
                raise StudyNotFoundError(f"study {address.name}: a process makes it just now. Try again in a moment.")
            raise StudyConflictError(
                f"study {address.name}: a study of hpo holds its space. Received one made by another program, in "
                f"{self.place.studies}."
            )

    def _open(self) -> None:
        self._read, self._tally = self.place.reader(), TrialTally()

    def _read_stored(self) -> StoredStudy:
        return self._read()

    @property
    def ledger(self) -> StudyLedger:
        """What hpo keeps in the storage beside Optuna's own tables."""
        return StudyLedger(self._read().user_attrs)

    def snapshot(self) -> StudySnapshot:
        """Give the study as it is now, read once: for whoever has more than one question."""
        return StudySnapshot(self)

    def __repr__(self) -> str:
        return f"<Study {self.name!r} in {self.place.studies!r}>"

    @property
    def name(self) -> str:
        """The study's name."""
        return self.address.name

    @cached_property
    def spec(self) -> StudySpec:
        """The space that the study searches."""
        return parse_spec(self.ledger.spec, f"study {self.name}", checks=self._checks_configs)

    def _read_trials(self) -> Sequence[FrozenTrial | StoredTrial]:
        return self._read().trials

    def frozen_trials(self, *, confirming: bool = False) -> Sequence[FrozenTrial | StoredTrial]:
        """Read the trials of the search as the storage has them, by number.

        Args:
            confirming: whether to read also those that confirm others; all numbers are there then.
        """
        trials = self._read_trials()
        return trials if confirming else [trial for trial in trials if not is_confirming(trial.user_attrs)]

    def trials(self, *, confirming: bool = False) -> list[TrialRecord]:
        """Describe the trials of the search, by number; see `frozen_trials`."""
        return list(map(self._describe, self.frozen_trials(confirming=confirming)))

    def trial(self, number: int) -> TrialRecord:
        """Describe one trial, whatever it was made for."""
        return self._describe(self._read_trials()[number])

    def _describe(self, trial: FrozenTrial | StoredTrial) -> TrialRecord:
        return describe_trial(trial, self._params_of(trial))

    @property
    def confirmation(self) -> Confirmation | None:
        """The configs that are confirmed, and how they do; None where `hpo confirm` was never typed."""
        return read_confirmation(self.spec, self.ledger, self._read_trials(), self.files.models)

    def notes(self) -> dict[int | None, StudyNote]:
        """Read what people have written, by the number of the trial; None for the note about the study."""
        stored = self._read_stored()
        numbers: dict[int | None, int | None] = {None: None}
        numbers.update({trial.trial_id: trial.number for trial in stored.trials})
        notes = read_notes(stored.system_attrs)
        return {numbers[trial_id]: note for trial_id, note in notes.items() if trial_id in numbers}

    def _is_locked(self) -> bool:
        return self.place.is_locked()

    def _params_of(self, trial: FrozenTrial | StoredTrial) -> dict[str, ScalarValue]:
        outside = TrialLedger(trial.user_attrs).outside
        return self.spec.space.snap(trial.params) if outside is None else outside["params"]

    def counts(self) -> dict[TrialState, int]:
        """Count the trials of the search in each state."""
        counter = self._tally.count(self.frozen_trials())
        return {state: counter[state] for state in TRIAL_STATES}

    def count_running(self) -> int:
        """Count the trials that run, those that confirm others among them."""
        return sum(trial.state.name == "RUNNING" for trial in self._read_trials())

    def compared_trials(self) -> list[FrozenTrial | StoredTrial]:
        """Select the complete ones among the candidates, by number."""
        trials = self._read_trials()
        return [trial for trial in trials if trial.state.name == "COMPLETE" and is_candidate(trial.user_attrs)]

    @property
    def best(self) -> Best | None:
        """The best complete trial, by the first objective; None while there is none. Of equals, the earlier one."""
        return next(iter(self.front), None)

    @property
    def front(self) -> list[Best]:
        """The complete trials that no other beats in every objective, the best in the first objective first.

        With one objective that is the best trial alone.
        """
        return list(map(self.describe_model, self._unbeaten_trials()))

    def _unbeaten_trials(self) -> list[FrozenTrial | StoredTrial]:
        trials = self.compared_trials()
        values = [trial.values for trial in trials]
        return [trials[index] for index in front(self.spec.objectives, values)]

    def would_join_front(self, number: int, values: Sequence[float]) -> bool:
        """Whether no other trial beats one that completes with these values; of equals, the earlier one counts."""
        trials = self.compared_trials()
        index = bisect(trials, number, key=lambda trial: trial.number)
        if index and trials[index - 1].number == number:
            index -= 1
            del trials[index]
        candidates = [trial.values for trial in trials]
        candidates.insert(index, values)
        return joins_front(self.spec.objectives, candidates, index)

    def describe_model(self, trial: FrozenTrial | StoredTrial) -> Best:
        """Describe a complete trial, whatever it was made for, as `front` does."""
        objectives: list[Value] = [objective.model_dump() for objective in self.spec.objectives]
        config = {
            "engine": self.spec.engine,
            "seed": self.spec.seed,
            **self.spec.space.tree(trial.params),
            "objective": objectives if len(objectives) > 1 else objectives[0],
        }
        scores = self._class_scores(trial.number, "validation")
        model_path = self.files.models.find(trial.number)
        return describe_best(trial, self.spec.space.snap(trial.params), config, scores, model_path)

    @property
    def budget(self) -> Budget:
        """What the study may do in all, whoever works on it and however often; a finite space bounds the trials.

        Trials that constraints ruled out before any training cost nothing and are not counted.
        """
        return read_budget(self.spec, self.ledger, self.frozen_trials(), self.exhausted_after, self._tally)

    @property
    def costs(self) -> StudyCosts:
        """What the trials have cost until now, whatever became of them."""
        return measure_costs(self.frozen_trials(confirming=True), self.spec)

    def estimate_end(self) -> EndEstimate | None:
        """Foresee when no more trials run; None where nothing is left, or before a trial has ended."""
        return estimate_end(self.budget, find_pace(self.frozen_trials(), self.spec, self.ledger.worked_seconds))

    @property
    def spent(self) -> Spent | None:
        """See `Budget.spent`."""
        return self.budget.spent

    @property
    def may_begin(self) -> int:
        """How many trials may begin yet, go on in another round, or confirm others: 0 where the study is finished."""
        trials = self._read_trials()
        waiting = sum(trials[number].state.name == "WAITING" for number in find_open_runs(self.ledger, trials))
        return self.budget.may_begin + waiting

    def find_open_runs(self) -> dict[int, int]:
        """See `hpo.studies.record.confirmation.find_open_runs`."""
        return find_open_runs(self.ledger, self._read_trials())

    @property
    def only_confirms(self) -> bool:
        """Whether no trial may be run now but those that confirm others."""
        claimable, trials = self.ledger.claimable, self._read_trials()
        return claimable is not None and all(is_confirming(trials[number].user_attrs) for number in claimable)

    @property
    def has_begun(self) -> bool:
        """Whether anything was trained; what constraints ruled out, or was given back in its first epoch, was not."""
        return any(
            trial.intermediate_values or (trial.state.is_finished() and state_of(trial) != "infeasible")
            for trial in self._read_trials()
        )

    @property
    def exhausted_after(self) -> int | None:
        """Trials after which every config is tried, infeasible ones included; None if that never is."""
        if self.ledger.is_exhausted:
            return sum(trial.state.name != "WAITING" or bool(trial.params) for trial in self.frozen_trials())
        return self._tried.exhausted_after(self.frozen_trials()) if self._tried.is_finite else None

    @cached_property
    def _tried(self) -> TriedConfigs:
        return TriedConfigs(self.spec.space)

    @property
    def state(self) -> StudyState:
        """`running` while a process works on it, `finished` when its budget is used up, else `paused`."""
        if self._is_locked():
            return "running"
        return "paused" if self.may_begin else "finished"

    @property
    def test_score(self) -> dict[str, Any] | None:
        """The best trial's score on the test part: `{trial, accuracy, loss, ...}`.

        See `hpo.training.measuring.score.Score`. None until it was evaluated;
        accuracy and loss are None where the data has no test part.
        """
        best = self.best
        return None if best is None else self.test_scores.get(best.number)

    @property
    def test_scores(self) -> dict[int, dict[str, Any]]:
        """The scores of trials of the front by their numbers; see `test_score`."""
        ledger = self.ledger
        confirming = (ledger.confirmed or {}).get("runs", [])
        scores = {
            number: {"trial": number, **score}
            for number, score in ledger.test_scores.items()
            if number not in confirming
        }
        for number, score in scores.items():
            if score["accuracy"] is not None and (classes := self._class_scores(number, "test")):
                score.setdefault("classes", classes)
        return scores

    def _class_scores(self, number: int, part: Literal["validation", "test"]) -> list[dict[str, Any]]:
        """Read the figures of each class on a part, which lie beside the model of a trial."""
        classes: list[dict[str, Any]] = self.files.models.describe(number).get(part, {}).get("classes", [])
        return classes

    def unscored(self) -> list[int]:
        """List the trials whose kept models are to be evaluated on the test part, and were not.

        They are those of the front, the best first, and those that have confirmed the config which came out best; while
        trials only confirm, the latter alone.
        """
        ledger = self.ledger
        numbers = [] if self.only_confirms else [best.number for best in self.front]
        unscored = set(self.files.models.numbers()) - set(ledger.test_scores)
        return [number for number in (*numbers, *(ledger.confirmed or {}).get("runs", [])) if number in unscored]

    def check_fingerprint(self, key: str, fingerprint: str) -> None:
        """Check that the data is what it was when the study read it first, if it has.

        Args:
            key: what was read: the data set and its options.
            fingerprint: of its content.

        Raises:
            DataError: the content changed since the study began.
        """
        first = self.ledger.fingerprint(key) or fingerprint
        if first != fingerprint:
            raise DataError(
                f"study {self.name}: the data stays the same from trial to trial. Received images or labels that "
                f"differ from those the study began with ({fingerprint[:12]}, not {first[:12]}). "
                f"Restore the data, or begin another study. {self.advise_moved_data()}"
            )

    def advise_moved_data(self) -> str:
        """Say what to type where the data does not lie where the study's file says."""
        argument = self.address.argument
        return (
            f"If it was moved, type: hpo resume {argument} --set data.path=NEW_PATH; if it lies elsewhere on this "
            f"machine: hpo worker {argument} --set data.path=PATH"
        )

    @property
    def next_command(self) -> str:
        """What to type where no trial is complete: `hpo retry` if all has failed, else `hpo resume`."""
        is_over = not self.may_begin and self.counts()["failed"]
        return f"hpo {'retry' if is_over else 'resume'} {self.address.argument}"

    @property
    def data(self) -> dict[str, Any] | None:
        """What was read of the data set, as `DataSummary.to_json` gives it; None before a worker has read it."""
        return self.ledger.data

    def summary(self) -> dict[str, Any]:
        """Give what `hpo show --json` prints; programs rely on the keys."""
        budget = self.budget
        return {
            "study": self.name,
            "state": self.state,
            "objectives": [objective.model_dump() for objective in self.spec.objectives],
            "trials": self.counts(),
            "outside": sum(is_outside(trial.user_attrs) for trial in self.frozen_trials()),
            "budget": budget.to_json(),
            "end": None if budget.end is None else {"by": budget.spent, "text": budget.end},
            "costs": self.costs.to_json(),
            "estimate": None if (estimate := self.estimate_end()) is None else estimate.to_json(),
            "data": self.data,
            **self._summarize_front(),
            "tags": {name: tag["trial"] for name, tag in self.ledger.tags.items()},
            "storage": self.address.safe_storage,
            "files": self.address.safe_files,
            "disk": self.disk_usage(),
        }

    def disk_usage(self) -> dict[str, int]:
        """Count the bytes of the study: all that `hpo rm` frees, and of its models, checkpoints and so on."""
        return {"total": self.place.size(), **self.files.usage()}

    def _summarize_front(self) -> dict[str, Any]:
        front, scores = self.front, self.test_scores
        models = [None if best.model_path is None else str(best.model_path) for best in front]
        first = {"model": models[0] if models else None}
        if len(self.spec.objectives) == 1:
            return {"best": front[0].to_json() if front else None, "test": self.test_score, **first}
        pareto = [
            {**best.to_json(), "test": scores.get(best.number), **({} if model is None else {"model": model})}
            for best, model in zip(front, models, strict=True)
        ]
        return {"best": None, "pareto": pareto, **first}

    def environments(self) -> list[dict[str, Any]]:
        """List when the study was worked on, for how long, on what: one entry each time."""
        return self.ledger.sessions


class StudySnapshot(StudyRecord):
    """A study as it was at one moment: its storage is read once, whatever is asked of it, and the front found once."""

    def __init__(self, study: StudyRecord) -> None:
        """Read a study."""
        self.address, self.place, self.files, self.spec = study.address, study.place, study.files, study.spec
        stored = study._read_stored()
        self._read, self._tally = lambda: stored, TrialTally()
        self._was_locked = study._is_locked()

    def snapshot(self) -> StudySnapshot:
        """The same."""
        return self

    def _is_locked(self) -> bool:
        return self._was_locked

    @cached_property
    def front(self) -> list[Best]:
        """See `StudyRecord`."""
        return super().front

    def disk_usage(self) -> dict[str, int]:
        """See `StudyRecord`; it is counted when it is first asked for."""
        return self._disk_usage

    @cached_property
    def _disk_usage(self) -> dict[str, int]:
        return super().disk_usage()
