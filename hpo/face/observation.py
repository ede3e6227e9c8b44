"""Who hears of a run from Python: a terminal or a notebook, as for the command line, and functions of the caller."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from hpo.cli.terminal.display import Display
from hpo.errors import Fault, SpaceError, UserError
from hpo.face.study import Study
from hpo.fleet import Event, Listener
from hpo.studies import StudyRecord
from hpo.tuning import MessageCallback, RunObserver

Listen = Callable[[Event], object] | Callable[[Study], Listener]
"""Called with every event; or, where its parameter is called `study`, with the study, to give what is called so."""


@contextmanager
def show_run(
    quiet: bool, listen: Listen | None, note: MessageCallback | None, warn: MessageCallback | None
) -> Iterator[RunObserver]:
    """Show a run as the command line does, or as the caller's own functions do; yields who hears of it.

    Raises:
        UserError: what should be a function is none.
        SpaceError: as raised within, with the argument `overrides` in the place of `--set`.
    """
    for name, function in {"listen": listen, "note": note, "warn": warn}.items():
        if function is not None and not callable(function):
            raise UserError(Fault("it is a function", repr(function), subject=name))
    display = Display(as_json=False, quiet=quiet)

    def open_listener(study: StudyRecord) -> Listener:
        if listen is None:
            return display.listen(study)
        if _takes_study(listen):
            listener: Listener = listen(Study(study.address))  # type: ignore[assignment, arg-type]
            if callable(listener):
                return listener
        show = display.listen(study)

        def take(event: Event) -> None:
            show(event)
            listen(event)  # type: ignore[arg-type]

        return take

    observer = RunObserver(listen=open_listener, note=note or display.note)
    with display.close_at_end(), warnings.catch_warnings():
        # tqdm 4.70, which Optuna imports, asks for widgets in a notebook; no bar of it is shown
        warnings.filterwarnings("ignore", message="IProgress not found")
        with name_arguments():
            yield observer if warn is None else replace(observer, warn=warn)


@contextmanager
def name_arguments() -> Iterator[None]:
    """Name the argument `overrides` where a `SpaceError` that is raised within says `--set`."""
    try:
        yield
    except SpaceError as error:
        raise SpaceError(map(_name_argument, error.faults)) from error


def _name_argument(fault: Fault) -> Fault:
    """Name the argument `overrides` in a mistake of a change, which the command line calls `--set`."""
    where = str(fault.place) if fault.place is not None and fault.place.is_option else fault.subject
    option, _, path = where.partition(" ")
    if option != "--set":
        return fault
    remedy = fault.remedy and fault.remedy.replace("--set ", "")
    return replace(fault, place=None, subject=f"overrides, {path}" if path else "overrides", remedy=remedy)


def _takes_study(listen: Callable[..., object]) -> bool:
    """Whether a callable wants the study, and no event, by what its parameter is called."""
    try:
        parameters = list(inspect.signature(listen).parameters)
    except (TypeError, ValueError):  # what is written in C may have none
        return False
    return parameters[:1] in (["study"], ["_"])
