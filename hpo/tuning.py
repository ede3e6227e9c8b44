"""Run and resume: from a space file to a study whose budget is used up. What the command line and Python both call."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.errors import DataError, UserError
from hpo.spaces import Engine, StudySpec, duration_seconds, load, spec_of
from hpo.spaces.remarks.remarks import remarks
from hpo.studies import (
    ActiveStudy,
    StudyAddress,
    StudyRecord,
    Widened,
    adopt_spec,
    copy_weights,
    create_study,
    find_study,
    foreign_code,
    open_files,
    open_place,
    write_space,
)
from hpo.studies.files.address import DEFAULT_STUDIES

if TYPE_CHECKING:  # what looking at a study does without: each function imports what it works with
    from hpo.fleet import Event, Listener

Space = str | Path | Mapping[str, object]
Note = Callable[[str], object]


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=2)


@dataclass(frozen=True, kw_only=True)
class RunObserver:
    """Who is told of a run: by default nobody, and warnings are Python's.

    Attributes:
        listen: given the study, gives what is called with every event of the run.
        note: given what people should know of the file before it is worked on.
        warn: given what they have to know before code runs that came with a study from another machine.
        change: given the study and what has changed, before it goes on in another space.
    """

    listen: Callable[[StudyRecord], Listener] | None = None
    note: Note | None = None
    warn: Note = _warn
    change: Callable[[StudyRecord, Widened], object] | None = None


def run(
    space: Space,
    *,
    trials: int | None = None,
    timeout: float | str | None = None,
    workers: int = 1,
    launcher: str = "local",
    engine: Engine | None = None,
    overrides: Iterable[str] = (),
    studies: str | Path = DEFAULT_STUDIES,
    observer: RunObserver = RunObserver(),
) -> StudyRecord:
    """Create or continue the study of a space file, and work until its budget is used up.

    Arguments and errors are those of `hpo.run`, which says what they mean; `observer` is told of the run.
    """
    from hpo.search import check_installed

    budget = [] if trials is None else [f"search.trials={trials}"]
    budget += [] if timeout is None else [f"search.timeout={timeout}"]
    engines = [] if engine is None else [f"engine={engine}"]
    spec = _load(space, [*overrides, *engines, *budget], observer)
    check_installed(spec)
    return _work(
        StudyAddress.in_folder(Path(studies) / spec.name),
        lambda: create_study(spec, Path(studies)),
        workers,
        launcher,
        observer,
    )


def resume(
    study: str | Path | StudyAddress | None = None,
    *,
    space: Space | None = None,
    overrides: Iterable[str] = (),
    trials: int | None = None,
    timeout: float | str | None = None,
    workers: int = 1,
    launcher: str = "local",
    studies: str | Path = DEFAULT_STUDIES,
    observer: RunObserver = RunObserver(),
) -> StudyRecord:
    """Continue a study to the end of its budget, or of a raised one; in another space, if asked to.

    Arguments and errors are those of `hpo.resume`, which says what they mean; `observer` is told of the run.
    """
    from hpo.search import check_installed

    spec = None if space is None else _load(space, overrides, observer)
    named = study if study is not None or spec is None else spec.name
    if named is None:
        raise UserError("resume: it takes a study's name, or a space file. Received neither. See `hpo list`.")
    address = find_study(named, Path(studies))
    try:
        seconds = None if timeout is None else duration_seconds(timeout)
    except ValueError as error:
        raise UserError(f"timeout: {error}. Received {timeout!r}.") from error

    def open_active() -> ActiveStudy:
        with ExitStack() as open_studies:  # closed where the study cannot go on
            active = open_studies.enter_context(ActiveStudy(address))
            wanted = spec
            if wanted is None and overrides:
                wanted = spec_of(active.spec.document, "", overrides, is_stored=True)
            check_installed(wanted or active.spec)
            if wanted is not None:
                active.reclaim()
                renamed = replace(wanted, name=address.name, document={**wanted.document, "study": address.name})
                widened = adopt_spec(active, renamed)
                if widened is not None and observer.change is not None:
                    observer.change(active, widened)
            copy_weights(active.spec, address)  # where the copies were lost
            active.raise_budget(trials, seconds)
            open_studies.pop_all()
        return active

    StudyRecord(address)  # before the lock makes a folder of that name
    return _work(address, open_active, workers, launcher, observer)


def _load(space: Space, overrides: Iterable[str], observer: RunObserver) -> StudySpec:
    """The file, completed by what it leaves to be found out."""
    from hpo.foreign.discovery import Completion

    completion = Completion()
    spec = load(space, overrides, completion)
    if observer.note is not None:
        for text in (*completion.notes, *remarks(spec)):
            observer.note(text)
    return spec


def open_study(study: str | Path | StudyAddress, studies: str | Path = DEFAULT_STUDIES) -> StudyRecord:
    """Open a study to look at.

    Args:
        study: its name, its address, or the path of its folder.
        studies: the folder of studies.

    Raises:
        StudyNotFoundError: there is none of that name.
    """
    return StudyRecord(find_study(study, Path(studies)))


def _work(
    address: StudyAddress,
    open_active: Callable[[], ActiveStudy],
    workers: int,
    launcher: str,
    observer: RunObserver,
) -> StudyRecord:
    from hpo.fleet import Supervisor, find_launcher

    if workers < 1:
        raise UserError(f"workers: it is at least 1. Received {workers}.")
    launch = find_launcher(launcher)
    place, files = open_place(address), open_files(address)
    with place.locked():
        place.await_workers()
        files.sweep()
        study = open_active()
        with _in_place(address), study:
            study.reclaim()
            study.remove_beaten_models()
            if not study.has_begun:
                study.forget_fingerprints()  # nothing was trained on what an earlier start has read
            write_space(study)
            if study.budget.remaining or study.unscored():
                check_data(study)
                if names := foreign_code(study):
                    observer.warn(
                        f"study {study.name} was made on another machine, and names code that runs now, with your "
                        f"rights: {', '.join(names)}. Read it if you do not know its author."
                    )
                with study.session() as session:
                    listener = observer.listen(study) if observer.listen else _ignore
                    Supervisor(study, session, workers, listener, launch).run()
                study.remove_beaten_models()
        files.sweep()
    return StudyRecord(address)


@contextmanager
def _in_place(address: StudyAddress) -> Iterator[None]:
    """Hold that a study is where it was when it has been worked on, whatever its database says of it then.

    Raises:
        WorkError: it is not.
    """
    place = open_place(address)
    identity = place.identity()
    try:
        yield
    finally:
        place.confirm_place(identity)


def check_data(study: StudyRecord) -> None:
    """Hold that the data of a study lies where it lay, before workers look for it.

    Raises:
        DataError: it does not.
    """
    data = study.spec.document.get("data")
    path = data.get("path") if isinstance(data, dict) else None
    if isinstance(path, str) and "://" not in path and not Path(path).exists():
        raise DataError(
            f"study {study.name}: its data is read from data.path. Received {path}, where there is nothing. If it was "
            f"moved, type: hpo resume {study.address.argument} --set data.path=NEW_PATH"
        )


def _ignore(event: Event) -> None:
    """Nobody listens."""
