"""What the record of a study says of the training of one trial: all that it takes to train it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hpo.errors import Fault, UserError
from hpo.search.seeding import list_shared, training_seed, trial_seed
from hpo.spaces import Config, StudySpec, spec_of
from hpo.studies import StudyRecord, TrialLedger, TrialState, read_trial_config
from hpo.studies.record.environment import is_of_this_machine
from hpo.tuning.reproduction.comparison import MetricCurve

_ENDED = ("complete", "pruned")


@dataclass(frozen=True, slots=True)
class RecordedTraining:
    """What was trained, and what it gave.

    Attributes:
        spec: of the study, with what differs on this machine.
        config: of the trial.
        seed: that it was trained with.
        fold: of a trial that confirms another one in folds: how many there are, which of them is held out, and the seed
            of their split; None for all others.
        accumulation_steps: in how many parts its batches were computed.
        epochs: how many were reported.
        stops_there: whether it is to be stopped after those: it was pruned, or ended by what no config decides.
        curves: the means over the repeats of every metric at every epoch, then the history of each repeat where there
            are several.
        threads: how many the engine had for one operation; None where it was not recorded.
        used_gpu: whether it was trained on a GPU; None where it was not recorded.
        environment: versions, kernels, device and threads of its last attempt.
        was_here: whether this machine has trained it.
        notes: why another training may come to other digits in any environment, a sentence each.
    """

    spec: StudySpec
    config: Config
    seed: int
    fold: tuple[int, int, int] | None
    accumulation_steps: int
    epochs: int
    stops_there: bool
    curves: tuple[MetricCurve, ...]
    threads: int | None
    used_gpu: bool | None
    environment: Mapping[str, Any]
    was_here: bool
    notes: tuple[str, ...]


def read_training(record: StudyRecord, number: int, overrides: Sequence[str] = ()) -> RecordedTraining:
    """Read what the record says of the training of a trial.

    Args:
        record: of its study.
        number: of the trial.
        overrides: changes of `data.path` on this machine.

    Raises:
        UserError: there is no such trial, or it has come to no epoch that can be compared.
        SpaceError: an override is none.
    """
    trials = record.frozen_trials(confirming=True)
    if not 0 <= number < len(trials):
        rule = f"it is the number of a trial, 0 to {len(trials) - 1}" if trials else "the study has trials"
        raise UserError(Fault(rule, str(number), f"see `hpo trials {record.name}`", subject=f"study {record.name}"))
    for override in overrides:
        if not override.startswith("data.path="):
            rule = "a trial is trained again as it was, but for where its data lies: data.path=PATH"
            raise UserError(Fault(rule, override, "drop it", subject="--set"))
    described, ledger = record.trial(number), TrialLedger(trials[number].user_attrs)
    history = ledger.history
    epochs = max(map(len, history.values()), default=0)
    if described.state not in _ENDED or not epochs:
        raise UserError(_explain_no_training(record, number, described.state, described.cause))
    spec = spec_of(record.spec.document, f"study {record.name}", overrides, is_stored=True)
    confirms, attempts = ledger.confirms, ledger.attempt_entries
    config = read_trial_config(trials[number], spec)
    if confirms is not None:  # a single training; see `hpo.search.confirming.ConfirmingTrial`
        config = replace(config, training=config.training.model_copy(update={"repeats": 1}))
    last = attempts.get(ledger.attempts, {})
    seed = last.get("seed")
    if seed is None:  # an attempt of an earlier version
        shared = list_shared(spec, config, confirms=confirms is not None)
        seed = training_seed(spec.seed, number, shared)
    fold = None
    if confirms is not None and confirms["folds"] is not None:
        fold = confirms["folds"], confirms["fold"], trial_seed(spec.seed, confirms["seed"])
    first = next(iter(record.environments()), {})
    environment = {**first, **{name: now for name, (_, now) in last.get("differs", {}).items()}}
    threads = last.get("threads")
    return RecordedTraining(
        spec=spec,
        config=config,
        seed=seed,
        fold=fold,
        accumulation_steps=ledger.accumulation_steps,
        epochs=epochs,
        stops_there=described.state == "pruned" or ledger.remark is not None,
        curves=(
            MetricCurve(None, history),
            *(MetricCurve(i, curve) for i, curve in enumerate(ledger.repeat_histories, 1)),
        ),
        threads=threads,
        used_gpu=bool(last["gpus"]) if "gpus" in last else None,
        environment={**environment, **({} if threads is None else {"threads": threads})},
        was_here=is_of_this_machine(_find_session(record, described.worker)),
        notes=tuple(_list_notes(attempts)),
    )


def _find_session(record: StudyRecord, worker: str | None) -> Mapping[str, Any]:
    """Find a session on the machine that a worker, `HOST:PROCESS`, was on."""
    host = (worker or "").rpartition(":")[0]
    return next((session for session in record.environments() if session.get("host") == host), {})


def _explain_no_training(record: StudyRecord, number: int, state: TrialState, cause: str | None) -> Fault:
    what = {
        "failed": "has failed",
        "infeasible": "was ruled out before any training",
        "running": "runs now",
        "waiting": "waits to go on",
        "pruned": "has come to no epoch",
        "complete": "has no history",
    }[state]
    remedies = {
        "failed": f"`hpo retry {record.address.argument}` runs failed trials again",
        "waiting": f"`hpo resume {record.address.argument}` brings it to its end",
        "running": "wait for its end",
    }
    return Fault(
        "a trial is trained again that is complete or pruned, as far as it came",
        f"trial {number}, which {what}{'' if cause is None else f' ({cause.splitlines()[0]})'}",
        remedies.get(state),
        subject=f"study {record.name}",
    )


def _list_notes(attempts: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """List what of several attempts one training cannot repeat."""
    notes = []
    for number, attempt in attempts.items():
        begun, before = attempt.get("from_epoch", 0), attempts.get(number - 1, {})
        if not begun:
            continue
        if str(before.get("cause")).startswith("out_of_memory"):
            notes.append(f"its first {begun} epochs were computed in larger parts of batches, before memory ran out")
        then, now = before.get("threads"), attempt.get("threads")
        if then != now:
            notes.append(f"its first {begun} epochs were trained with {then} threads, what followed with {now}")
        if before.get("differs", {}).get("onednn") != attempt.get("differs", {}).get("onednn"):
            notes.append(f"its first {begun} epochs were trained with other kernels (oneDNN) than what followed")
    return notes
