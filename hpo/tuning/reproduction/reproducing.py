"""Reproduce: train a trial again from its record alone, and compare."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import astuple
from typing import Any

from hpo.errors import WorkError
from hpo.fleet.gpus import VISIBLE, find_gpus, hide_gpus
from hpo.processes.environment import fix_onednn, fix_threads
from hpo.processes.parent import ProcessEndedError, ask
from hpo.search import check_installed
from hpo.studies import StudyRecord, foreign_code
from hpo.studies.record.environment import find_differences
from hpo.tuning.reproduction.comparison import MetricCurve, WeightDifference, compare_curves
from hpo.tuning.reproduction.recorded import RecordedTraining, read_training
from hpo.tuning.reproduction.reproduction import ComparedModel, Reproduction
from hpo.tuning.runs import check_data


def reproduce(
    record: StudyRecord,
    number: int,
    *,
    overrides: Sequence[str] = (),
    listen: Callable[[str], object] = str,
    warn: Callable[[str], object] = str,
) -> Reproduction:
    """Train a trial again from its record alone, in a process of the study's engine, and compare; see `hpo reproduce`.

    The config, its seeds, the data by the file with its fingerprint checked, phases, repeats and parts of batches are
    those of the trial, and the engine has as many threads and the same kernels. Nothing of the study is changed.

    Args:
        record: of the study.
        number: of the trial, a complete or a pruned one; the latter is trained as far as it came.
        overrides: `data.path=PATH`, where the data lies elsewhere on this machine.
        listen: called with what is being done.
        warn: called with what the user should know before.

    Raises:
        UserError: there is no such trial, it has come to no epoch, or its model cannot be read.
        MissingExtraError: a package that the study needs is not installed.
        DataError: the data cannot be read, or is not what it was.
        WorkError: the process that trains ended.
    """
    record = record.snapshot()
    training = read_training(record, number, overrides)
    check_installed(training.spec)
    if not overrides:
        check_data(record)
    if names := foreign_code(record):
        warn(
            f"study {record.name} was made on another machine, and names code that runs now, with your rights: "
            f"{', '.join(names)}. Read it if you do not know its author."
        )
    engine, began = training.spec.engine, time.monotonic()
    with ExitStack() as stack:
        kept = None if training.stops_there else record.files.models.find(number)
        model = None if kept is None else str(stack.enter_context(record.files.models.store.open_local(kept.name)))
        request = {
            "address": astuple(record.address),
            "number": number,
            "overrides": list(overrides),
            "model": model,
        }
        listen(f"loading {engine}")
        try:
            answer = ask(
                "hpo.tuning.reproduction.retraining:retrain",
                request,
                engine=engine,
                silence_s=training.spec.recovery.hang_timeout or math.inf,
                listen=listen,
                variables=_choose_variables(training),
            )
        except ProcessEndedError as error:
            raise WorkError(f"study {record.name}: the process that trains trial {number} again {error}.") from error
    return _compare(record, number, training, answer, time.monotonic() - began)


def _choose_variables(training: RecordedTraining) -> dict[str, str | None]:
    """Give what has the process see a GPU where the trial saw one, with its threads and kernels, whatever is set."""
    engine = training.spec.engine
    variables: dict[str, str | None] = {}
    if training.threads is not None:
        variables |= fix_threads(engine, training.threads)
    if engine == "tensorflow":
        variables |= fix_onednn(training.environment.get("onednn"))
    if training.used_gpu is False:
        return {**variables, **hide_gpus(engine)}
    gpus = find_gpus().gpus
    return {**variables, VISIBLE: gpus[0].uuid} if gpus else variables


def _compare(
    record: StudyRecord, number: int, training: RecordedTraining, answer: dict[str, Any], duration_s: float
) -> Reproduction:
    curves = [MetricCurve(**curve) for curve in answer["curves"]]
    differences, values = compare_curves(training.curves, curves)
    weights = None if answer["weights"] is None else WeightDifference(**answer["weights"])
    model: ComparedModel = "not kept" if record.files.models.find(number) is None else "not compared"
    if model == "not compared" and not training.stops_there and answer["has_model"]:
        model = "equal" if weights is None else "differs"
    notes = list(training.notes)
    if not training.was_here:
        notes.append("the trial ran on another machine, whose processor may have engines choose other kernels")
    if training.threads is None:
        notes.append("how many threads it had was not recorded")
    return Reproduction(
        study=record.name,
        trial=number,
        epochs=training.epochs,
        metrics=tuple(training.curves[0].history),
        values=values,
        differences=tuple(differences),
        model=model,
        weights=weights,
        ended=None if training.stops_there else answer["ended"],
        environment={
            name: (then, now)
            for name, (then, now) in find_differences(training.environment, answer["environment"]).items()
        },
        notes=tuple(notes),
        duration_s=duration_s,
    )
