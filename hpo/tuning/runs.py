"""Run and resume: from a space file to a study whose budget is used up."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from hpo.errors import DataError, Fault, UserError
from hpo.spaces import StudySpec, load, spec_of
from hpo.spaces.file.backend_choice import choose_backend
from hpo.spaces.remarks.remarks import remarks
from hpo.studies import (
    ActiveStudy,
    SpaceChange,
    StudyAddress,
    StudyRecord,
    adopt_spec,
    copy_weights,
    create_study,
    describe_open_runs,
    find_study,
    foreign_code,
    open_place,
    write_space,
)
from hpo.studies.address import DEFAULT_STUDIES
from hpo.studies.limits.stopping import find_stop
from hpo.studies.record.active import CAUSES_BY_SHORT_NAME
from hpo.studies.store.ledger import is_confirming
from hpo.tuning.options import RunOptions, check_option

if TYPE_CHECKING:  # what looking at a study does without: each function imports what it works with
    from hpo.fleet import Launcher, Listener

Space = str | Path | Mapping[str, object]
MessageCallback = Callable[[str], object]


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=2)


@dataclass(frozen=True, kw_only=True)
class RunObserver:
    """Who hears of a run: by default nobody, and warnings are Python's.

    Attributes:
        listen: given the study, gives what is called with every event of the run.
        note: called with what people should know of the file before the run.
        warn: called with what they have to know before code runs that came with a study from another machine.
        change: called with the study and what has changed, before it goes on in another space.
    """

    listen: Callable[[StudyRecord], Listener] | None = None
    note: MessageCallback | None = None
    warn: MessageCallback = _warn
    change: Callable[[StudyRecord, SpaceChange], object] | None = None


def run(space: Space, options: RunOptions = RunOptions(), observer: RunObserver = RunObserver()) -> StudyRecord:
    """Create or continue the study of a space file, and work until its budget is used up.

    Raises what `hpo.run` raises.
    """
    from hpo.fleet import find_launcher, start_early
    from hpo.search import check_ready

    spec = _load(space, options.as_overrides(), observer, options.backend or ("wandb" if options.sweep else None))
    check_ready(spec)
    address, launcher = StudyAddress.named(spec.name, *options.place), find_launcher(options.launcher)
    with start_early(launcher, spec, options.workers or 1):
        return work_on(address, lambda: create_study(spec, address), options, observer, launcher=launcher)


def resume(
    study: str | Path | StudyAddress | None = None,
    *,
    space: Space | None = None,
    options: RunOptions = RunOptions(),
    observer: RunObserver = RunObserver(),
) -> StudyRecord:
    """Continue a study to the end of its budget, or of a raised one; in another space, if asked to.

    Raises what `hpo.resume` raises.
    """
    from hpo.search import check_ready

    spec = None if space is None else _load(space, options.as_overrides(), observer)
    name = study if study is not None or spec is None else spec.name
    if name is None:
        raise UserError("resume: it takes a study's name, or a space file. Received neither. See `hpo list`.")
    address = find_study(name, *options.place)

    def open_active() -> ActiveStudy:
        with ExitStack() as open_studies:  # closed where the study cannot go on
            active = open_studies.enter_context(ActiveStudy(address))
            changed = spec
            if changed is None and options.overrides:
                changed = spec_of(active.spec.document, "", options.overrides, is_stored=True)
            check_ready(changed or active.spec)
            typed = _typed_budget(options, changed)
            active.raised_budget(typed, changed or active.spec)  # what is refused changes nothing
            if changed is not None:
                active.reclaim()
                renamed = replace(changed, name=address.name, document={**changed.document, "study": address.name})
                widened = adopt_spec(active, renamed)
                if widened is not None and observer.change is not None:
                    observer.change(active, widened)
            copy_weights(active.spec, address)  # where the copies were lost
            active.raise_budget(typed)
            open_studies.pop_all()
        return active

    StudyRecord(address)  # before the lock makes a folder of that name
    return work_on(address, open_active, options, observer)


def _typed_budget(options: RunOptions, changed: StudySpec | None) -> dict[str, float | None]:
    """Give the budget that was typed, by an option or `--set`: unlike a file's, it may not be less than before."""
    said = {override.partition("=")[0].strip() for override in options.overrides}
    budget = {} if changed is None else changed.search.budget
    by_options = {key: total for key, total in options.budget.items() if total is not None}
    return {key: budget[key] for key in budget if f"search.{key}" in said} | by_options


def _load(space: Space, overrides: Iterable[str], observer: RunObserver, backend: str | None = None) -> StudySpec:
    """Load the space, completed by what its file leaves to be found out, and give the notes on it to the observer."""
    from hpo.foreign.discovery import Completion

    check_option("space", space)
    completion, notes = Completion(), list[str]()
    choose = None if backend is None else lambda root: choose_backend(root, backend, notes.append)
    spec = load(space, overrides, completion, choose)
    if observer.note is not None:
        for text in (*notes, *completion.notes, *remarks(spec)):
            observer.note(text)
    return spec


def open_study(
    study: str | Path | StudyAddress,
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
) -> StudyRecord:
    """Open a study to look at; takes what `locate_study` does.

    Raises:
        StudyNotFoundError: there is none of that name.
    """
    return StudyRecord(locate_study(study, studies, storage, files))


def locate_study(
    study: str | Path | StudyAddress,
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
) -> StudyAddress:
    """Find the address of a study, whether or not there is one.

    Args:
        study: its name, its address, or the path of its folder.
        studies: the folder of studies.
        storage: the URL of a database server that has it.
        files: where its models and checkpoints are kept.

    Raises:
        StudyNotFoundError: the name is empty.
    """
    return find_study(study, *RunOptions(studies=studies, storage=storage, files=files).place)


def retry(
    study: str | Path | StudyAddress,
    causes: Collection[str] | None = None,
    *,
    options: RunOptions = RunOptions(),
    observer: RunObserver = RunObserver(),
) -> StudyRecord:
    """Run the failed trials of a study again, and no others; see `hpo.retry`.

    Raises what `hpo.resume` raises.
    """
    from hpo.training.outcome import FailureKind

    kinds = get_args(FailureKind)
    for cause in causes or ():
        if CAUSES_BY_SHORT_NAME.get(cause, cause) not in kinds:
            raise UserError(f"--cause (`causes` in Python): it is {', '.join(kinds)}. Received {cause!r}.")
    address = find_study(study, *options.place)
    StudyRecord(address)  # before the lock makes a folder of that name

    def open_active() -> ActiveStudy:
        return ActiveStudy(address, tuple(options.overrides))

    def select_failed(active: ActiveStudy) -> list[int]:
        _check_retried_may_begin(active)
        return active.retry_failed(causes)

    return work_on(address, open_active, options, observer, select=select_failed)


def _check_retried_may_begin(study: ActiveStudy) -> None:
    """Check that something is left for failed trials to be trained with, if they are those of the search.

    Raises:
        UserError: a limit is reached, or a rule ends the study also if they had not failed.
    """
    failed = [trial for trial in study.frozen_trials(confirming=True) if trial.state.name == "FAIL"]
    if not failed or any(is_confirming(trial.user_attrs) for trial in failed):
        return
    others = [trial for trial in study.frozen_trials() if trial.state.name != "FAIL"]
    stop, budget = find_stop(study.spec, study.ledger, others), study.budget
    budget = replace(budget, stop=stop, trials=budget.used + 1, configs=None)
    if budget.is_over:
        raise UserError(
            f"retry: trials run again while the budget of their study lasts. Received study {study.name}: "
            f"{budget.end}. "
            f"Raise the limit, or change the rule, by hpo resume {study.address.argument}"
        )


def worker(
    study: str | Path | StudyAddress,
    *,
    options: RunOptions = RunOptions(),
    observer: RunObserver = RunObserver(),
) -> StudyRecord:
    """Work on the trials of a study beside others, until its budget is used up; its space and budget stay as they are.

    Raises what `hpo.worker` raises.
    """
    from hpo.fleet import NumberedLauncher, find_launcher
    from hpo.fleet.pausing import read_last_pause
    from hpo.search import check_ready

    for override in options.overrides:
        if not override.startswith(("data.path=", "resources.", "tracking.")):
            rule = "a worker joins a study as it is, but for `resources`, `tracking` and `data.path` on its machine"
            raise UserError(Fault(rule, override, "change it by `hpo resume`", subject="--set"))
    launcher = find_launcher(options.launcher)
    address = find_study(study, *options.place)
    StudyRecord(address)  # before anything is made in its place
    place, pause = open_place(address), read_last_pause(address)
    with place.join() as first, ActiveStudy(address, tuple(options.overrides)) as active, _confirm_place(address):
        check_ready(active.spec)
        copy_weights(active.spec, address)
        if active.may_begin or active.count_running():  # which may fail, and be tried again
            _note_confirming(active, observer)
            _train(active, NumberedLauncher(launcher, first), options, observer, pause, leads=False)
    return StudyRecord(address)


def _note_confirming(study: ActiveStudy, observer: RunObserver) -> None:
    if observer.note is not None and (runs := study.find_open_runs()):
        observer.note(f"study {study.name}: {describe_open_runs(runs)}")


def work_on(
    address: StudyAddress,
    open_active: Callable[[], ActiveStudy],
    options: RunOptions,
    observer: RunObserver,
    *,
    select: Callable[[ActiveStudy], list[int]] | None = None,
    launcher: Launcher | None = None,
) -> StudyRecord:
    """Hold a study, and work on it until its budget is used up.

    Args:
        address: of the study.
        open_active: opens it, once it is held.
        options: of the run.
        observer: hears of it.
        select: gives the numbers of the only trials to run; None for all, and for new ones.
        launcher: starts the workers; None for the one that the options name.
    """
    from hpo.fleet import find_launcher
    from hpo.fleet.pausing import read_last_pause
    from hpo.search import accompany_search, prepare_search
    from hpo.tracking.following import send_rest

    launcher = launcher or find_launcher(options.launcher)
    place, pause = open_place(address), read_last_pause(address)
    with place.lock():
        place.await_workers()
        if not place.is_joined():
            place.files.sweep()
        study = open_active()
        with _confirm_place(address), study:
            study.reclaim()
            chosen = None if select is None else select(study)
            if chosen != study.ledger.claimable:  # which a run that was killed may have left
                study.ledger.claimable = chosen
            study.remove_needless_files()
            if not study.has_begun:
                study.ledger.clear_fingerprints()  # nothing was trained on what an earlier start has read
            write_space(study)
            only_confirms = study.only_confirms  # which asks nothing of who decides what to try
            prepared = None if only_confirms else prepare_search(study)
            if prepared is not None and observer.note is not None:
                observer.note(f"study {study.name}: {prepared}")
            study.conclude_confirmation()  # where the run was killed that had it complete
            if (study.may_begin if chosen is None else chosen) or study.unscored() or study.count_running():
                if select is None:
                    _note_confirming(study, observer)
                with nullcontext() if only_confirms else accompany_search(study):
                    _train(study, launcher, options, observer, pause, leads=True)
                study.remove_needless_files()
            else:
                send_rest(study, observer.listen)
            if chosen is not None:
                study.ledger.claimable = None
        if not place.is_joined():
            place.files.sweep()
    return StudyRecord(address)


def _train(
    study: ActiveStudy,
    launcher: Launcher,
    options: RunOptions,
    observer: RunObserver,
    pause: str | None,
    *,
    leads: bool,
) -> None:
    """Run trials until the budget is used up, or `hpo pause` was called since `pause`."""
    from hpo.fleet import Supervisor
    from hpo.tracking.following import follow_run

    check_data(study)
    if study.place.remark is not None:
        observer.warn(study.place.remark)
    if names := foreign_code(study):
        observer.warn(
            f"study {study.name} was made on another machine, and names code that runs now, with your "
            f"rights: {', '.join(names)}. Read it if you do not know its author."
        )
    listener = observer.listen(study) if observer.listen else lambda event: None
    with follow_run(study, listener, leads=leads) as listener, study.session() as session:
        workers = options.workers or (None if study.spec.resources.limits_workers else 1)
        Supervisor(study, session, workers, listener, launcher, last_pause=pause).run()


@contextmanager
def _confirm_place(address: StudyAddress) -> Iterator[None]:
    """Check at the end that the study still lies where it lay at the start, whatever its database says by then.

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
    """Check that the data of a study lies where it lay, before workers look for it.

    Raises:
        DataError: it does not.
    """
    data = study.spec.document.get("data")
    path = data.get("path") if isinstance(data, dict) else None
    if isinstance(path, str) and "://" not in path and not Path(path).exists():
        raise DataError(
            f"study {study.name}: its data is read from data.path. Received {path}, where there is nothing. "
            f"{study.advise_moved_data()}"
        )
