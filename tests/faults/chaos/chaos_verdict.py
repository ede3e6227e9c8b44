"""What was lost: a study's record and files after all faults, compared with a run that nothing disturbed."""

from __future__ import annotations

import io
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from chaos_adversary import FAULTS, Target
from chaos_machines import Machine

from hpo.files import PARTIAL
from hpo.studies import StudyRecord, TrialLedger

_KEPT = ("artifacts/", "logs/", "reports/", "workers/", "study.db", "space.yaml", "lock", "ask.lock")
_HALF_WRITTEN = ("-wal", "-shm", "-journal", PARTIAL)
_PATIENCE = 15.0
"""Seconds within which the last process of a study ends by itself."""


def find_losses(target: Target, undisturbed: StudyRecord) -> list[str]:
    """List all that is not as if nothing had happened; empty if nothing was lost."""
    study = target.study
    return [
        *_compare_results(study, undisturbed),
        *_count_epochs(study, target),
        *_find_orphans(target.machines),
        *_find_leftovers(study),
    ]


def _compare_results(study: StudyRecord, undisturbed: StudyRecord) -> Iterator[str]:
    """Compare trials by number: params follow from it, and so do metrics, to the last bit."""
    states = Counter(trial.state for trial in study.trials())
    if study.state != "finished" or states != {"complete": study.budget.trials}:
        yield f"the study is {study.state}, and of {study.budget.trials} trials {dict(states)}"
    epochs = [*range(1, study.spec.config(study.front[0].params).training.total_epochs + 1)] if study.front else []
    for trial, other in zip(study.frozen_trials(), undisturbed.frozen_trials(), strict=False):
        if trial.params != other.params:
            yield f"trial {trial.number}: its params are {trial.params}, undisturbed {other.params}"
        if sorted(trial.intermediate_values) != epochs:
            yield f"trial {trial.number}: it has reported the epochs {sorted(trial.intermediate_values)}"
        history, expected = TrialLedger(trial.user_attrs).history, TrialLedger(other.user_attrs).history
        for name in sorted({*history, *expected}):
            pairs = zip_longest(history.get(name, []), expected.get(name, []))
            different = [epoch for epoch, (value, right) in enumerate(pairs, start=1) if value != right]
            if different:
                yield f"trial {trial.number}: its {name} differs from the undisturbed run's at epochs {different}"
        if trial.values != other.values:
            yield f"trial {trial.number}: its result is {trial.values}, undisturbed {other.values}"
    if study.test_score != undisturbed.test_score:
        yield f"the score on the test part is {study.test_score}, undisturbed {undisturbed.test_score}"


def count_epochs(study: StudyRecord, machines: Iterable[Machine]) -> list[tuple[int, int, int]]:
    """Count what attempts trained again: for each attempt but the first of a trial, `(trial, attempt, epochs)`.

    What earlier attempts had reported is counted from the events of their workers.
    """
    reported: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for machine in machines:
        for start in range(1, machine.starts + 1):
            workers = {}
            for event in machine.events(start):
                match event:
                    case {"type": "WorkerReady", "worker": worker, "name": name}:
                        workers[worker] = name
                    case {"type": "EpochDone", "worker": worker, "number": number, "epoch": epoch}:
                        reported[number, workers[worker]].append(epoch)
    counts = []
    for trial in study.frozen_trials():
        reached = 0
        for attempt, entry in TrialLedger(trial.user_attrs).attempt_entries.items():
            epochs = reported[trial.number, entry.get("worker", "")]
            # One that began anew has no epoch to go on from; one that was killed before an epoch trained nothing.
            begun = entry.get("from_epoch", min(epochs) - 1 if epochs else reached)
            if attempt > 1:
                counts.append((trial.number, attempt, max(0, reached - begun)))
            reached = max(reached, begun, *epochs)
    return counts


def _count_epochs(study: StudyRecord, target: Target) -> Iterator[str]:
    for number, attempt, epochs in count_epochs(study, target.machines):
        if epochs > 1:
            yield f"trial {number}: attempt {attempt} trained {epochs} epochs that had been reported"


def _find_orphans(machines: Iterable[Machine]) -> Iterator[str]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and any(machine.processes() for machine in machines):
        time.sleep(0.2)
    for machine in machines:
        for process in machine.processes():
            yield f"a process is left: {' '.join(process.cmdline())[:200]}"


def _find_leftovers(study: StudyRecord) -> Iterator[str]:
    """Find files that are no part of a finished study, or no whole ones."""
    files = study.files.checkpoint_store.root.parent
    paths = {str(path).removeprefix(f"{files}/"): path for path in files.rglob("*") if path.is_file()}
    for name in sorted(paths):
        if not name.startswith(_KEPT) or name.endswith(_HALF_WRITTEN):
            yield f"a file is left: {name}"
    models = {f"artifacts/trial-{best.number}.keras" for best in study.front}
    for name in sorted({name for name in paths if name.endswith(".keras")} ^ models):
        yield f"a model is {'left' if name in paths else 'missing'}: {name}"
    for name in sorted(models & {*paths}):
        with zipfile.ZipFile(io.BytesIO(paths[name].read_bytes())) as archive:
            if archive.testzip() is not None:
                yield f"a model is damaged: {name}"


def make_table(target: Target) -> str:
    """Write what was injected as a table of Markdown."""
    again = sum(epochs for _, _, epochs in count_epochs(target.study, target.machines))
    rows = [
        f"| {fault} | {target.injected[fault]} | {target.ended[fault]} |" for fault in FAULTS if target.injected[fault]
    ]
    head = "| fault | injected | runs that ended of it by themselves |\n|---|---|---|"
    total = f"| all | {target.injected.total()} | {target.ended.total()} |"
    return "\n".join([head, *rows, total, f"Epochs trained again: {again} of {target.count_epochs()}"])
