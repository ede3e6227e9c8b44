"""Run and resume: from a space file to a study whose budget is used up. What the command line and Python both call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from hpo.errors import UserError
from hpo.fleet import Event, Listener, Supervisor
from hpo.search import check_installed
from hpo.spaces import Engine, duration_seconds, load
from hpo.studies import Study, StudyFolder, create_study

DEFAULT_STUDIES = Path("studies")
ListenerOf = Callable[[Study], Listener]
"""Makes the listener of a run once its study is known."""


def run(
    space: str | Path,
    *,
    trials: int | None = None,
    timeout: float | str | None = None,
    workers: int = 1,
    engine: Engine | None = None,
    overrides: Iterable[str] = (),
    studies: str | Path = DEFAULT_STUDIES,
    listen: ListenerOf | None = None,
) -> Study:
    """Create or continue the study of a space file, and work until its budget is used up.

    Args:
        space: a path, or the name of a space that ships with hpo (`vgg16.yaml`).
        trials: the study's budget in trials; the file's by default. A total: running twice does not run more.
        timeout: its budget in working time, in seconds or as `8h`; the file's by default. A total as well.
        workers: how many trials run at once, each in a process of its own.
        engine: what Keras runs on; the file's by default.
        overrides: changes to the file, `path=value`.
        studies: the folder of studies.
        listen: given the study, gives what is called with every event of the run.

    Returns:
        The study, finished.

    Raises:
        UserError: the file or the request is wrong, the study is busy, or exists with another space.
        WorkError: the data cannot be read, or no trial can run. What was done is kept.
        KeyboardInterrupt: interrupted; the study is paused, and the next call continues it.
    """
    budget = [] if trials is None else [f"search.trials={trials}"]
    budget += [] if timeout is None else [f"search.timeout={timeout}"]
    engines = [] if engine is None else [f"engine={engine}"]
    spec = load(space, [*overrides, *engines, *budget])
    check_installed(spec)
    return _work(StudyFolder(Path(studies) / spec.name), lambda: create_study(spec, Path(studies)), workers, listen)


def resume(
    study: str,
    *,
    trials: int | None = None,
    timeout: float | str | None = None,
    workers: int = 1,
    studies: str | Path = DEFAULT_STUDIES,
    listen: ListenerOf | None = None,
) -> Study:
    """Continue a study to the end of its budget, or of a raised one.

    Args:
        study: its name.
        trials: raises the budget to so many trials in all.
        timeout: raises the budget to so much working time in all, in seconds or as `8h`.
        workers: as for `run`.
        studies: the folder of studies.
        listen: as for `run`.

    Returns:
        The study, finished.

    Raises:
        StudyNotFoundError: there is none of that name.
        UserError: the study is busy.
        WorkError: the data cannot be read or has changed, or no trial can run.
        KeyboardInterrupt: interrupted; the study is paused.
    """
    folder = StudyFolder(Path(studies) / study)
    try:
        seconds = None if timeout is None else duration_seconds(timeout)
    except ValueError as error:
        raise UserError(f"timeout: {error}. Received {timeout!r}.") from error

    def opened() -> Study:
        found = Study(folder)
        check_installed(found.spec)
        found.raise_budget(trials, seconds)
        return found

    Study(folder)  # before the lock makes a folder of that name
    return _work(folder, opened, workers, listen)


def open_study(study: str, studies: str | Path = DEFAULT_STUDIES) -> Study:
    """Open a study to look at.

    Raises:
        StudyNotFoundError: there is none of that name.
    """
    return Study(StudyFolder(Path(studies) / study))


def _work(folder: StudyFolder, opened: Callable[[], Study], workers: int, listen: ListenerOf | None) -> Study:
    if workers < 1:
        raise UserError(f"workers: it is at least 1. Received {workers}.")
    with folder.locked():
        folder.await_workers()
        study = opened()
        study.reclaim()
        if study.budget.remaining or study.unscored():
            with study.session() as session:
                listener = listen(study) if listen else _ignore
                Supervisor(study, session, workers, listener).run()
    return study


def _ignore(event: Event) -> None:
    """Nobody listens."""
