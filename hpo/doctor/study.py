"""Whether a study can go on here: what it needs is installed, its data is there, and its trials have room."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hpo.doctor.diagnosis import Diagnosis
from hpo.errors import HpoError
from hpo.fleet.placement import Machine, place_workers
from hpo.fleet.reservations import Reservation
from hpo.search import check_ready
from hpo.studies import StudyAddress, StudyRecord
from hpo.studies.record.environment import package_versions
from hpo.tuning import check_data

_MANY = 1000
"""More workers than any machine has room for."""


def examine_study(address: StudyAddress, machine: Machine, held: Reservation) -> Iterator[Diagnosis]:
    """Say whether a study can go on here; nothing is written, and nothing of its code is run.

    Args:
        address: of the study.
        machine: what trials may use.
        held: what runs of hpo hold of it.
    """
    try:
        study = StudyRecord(address)
        state, budget = study.state, study.budget
    except HpoError as error:
        yield Diagnosis("study", "error", str(error))
        return
    yield Diagnosis("study", "ok", f"{study.name}: {state}, {budget.used:,} of {budget.trials:,} trials")
    yield _try("packages", "what the file chooses is installed", lambda: check_ready(study.spec))
    yield _try("data", "lies where the file says, as far as that is a path", lambda: check_data(study))
    resources = study.spec.resources
    try:
        seats = place_workers(resources, _MANY if resources.limits_workers else 1, machine, held)
    except HpoError as error:
        yield Diagnosis("resources", "error", str(error))
    else:
        asked = "a trial asks for nothing: one runs at once, unless --workers says more"
        room = f"room for {len(seats)} trials at once" if resources.limits_workers else asked
        yield Diagnosis("resources", "ok", room)
    yield _compare_versions(study)


def _try(subject: str, text: str, check: Callable[[], None]) -> Diagnosis:
    try:
        check()
    except HpoError as error:
        return Diagnosis(subject, "error", str(error))
    return Diagnosis(subject, "ok", text)


def _compare_versions(study: StudyRecord) -> Diagnosis:
    """Compare what is installed with what the study's last session had."""
    sessions = study.environments()
    if not sessions:
        return Diagnosis("versions", "ok", "the study has not begun")
    before = sessions[-1]
    packages = ("keras", study.spec.engine, "optuna", "numpy")
    changes = [
        f"{package} {before[package]} before, {now} now"
        for package, now in package_versions(*packages).items()
        if before.get(package, now) != now
    ]
    if not changes:
        return Diagnosis("versions", "ok", "those of the study's last session")
    remedy = "results may differ in the last digits; install the former versions to rule that out"
    return Diagnosis("versions", "warning", "; ".join(changes), remedy)
