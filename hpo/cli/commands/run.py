"""`hpo run`, `hpo resume`, `hpo retry`, `hpo confirm` and `hpo worker`: what works on a study."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

import typer

from hpo import tuning
from hpo.analysis import ReportPreparation
from hpo.cli.completion import complete_study
from hpo.cli.options import (
    Backend,
    CostLimit,
    Debug,
    EngineChoice,
    Epochs,
    Files,
    GpuHours,
    Json,
    Overrides,
    Quiet,
    SpaceFile,
    SpaceOption,
    Storage,
    Studies,
    StudyName,
    Sweep,
    Timeout,
    Trials,
    Wandb,
    Workers,
    choose_space,
)
from hpo.cli.terminal.display import Display
from hpo.cli.terminal.interrupts import INTERRUPTED, allow_interrupts
from hpo.cli.terminal.output import OutputLost, tell
from hpo.cli.texts.confirmation import format_confirmation
from hpo.cli.texts.result import format_result, print_result
from hpo.cli.texts.space_change import print_change
from hpo.errors import HpoError, UserError
from hpo.fleet import Event, Listener, ScoringStarted, TrialStarted
from hpo.studies import StudyRecord
from hpo.studies.address import DEFAULT_STUDIES, StudyAddress
from hpo.tuning import RunObserver, RunOptions

WorkerOverrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="What is otherwise on this machine: data.path=PATH, resources.gpus=0.5; may be repeated.",
    ),
]
NO_COMPLETE_TRIAL = 1


def run(
    file: SpaceFile = None,
    space: SpaceOption = None,
    trials: Trials = None,
    timeout: Timeout = None,
    epochs: Epochs = None,
    gpu_hours: GpuHours = None,
    cost: CostLimit = None,
    workers: Workers = None,
    engine: EngineChoice = None,
    backend: Backend = None,
    sweep: Sweep = None,
    overrides: Overrides = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    wandb: Wandb = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Create or continue a study, and work until its budget is spent.

    Progress goes to the standard error. The best config goes to the standard output as YAML, with its figures as
    comments.
    """
    name = choose_space("run", file, space, studies, storage)
    options = _make_options(
        overrides=overrides or (),
        trials=trials,
        timeout=timeout,
        epochs=epochs,
        gpu_hours=gpu_hours,
        cost=cost,
        workers=workers,
        engine=engine,
        backend=backend,
        sweep=sweep,
        studies=studies,
        storage=storage,
        files=files,
        wandb=wandb,
    )
    _work(lambda observer: tuning.run(name, options, observer), as_json, quiet)


def resume(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY",
            help="The study's name, or the path of its folder; with --space, by default the file's study.",
            autocompletion=complete_study,
        ),
    ] = None,
    space: Annotated[
        str | None, typer.Option("--space", metavar="FILE", help="Go on in this space, with the trials that lie in it.")
    ] = None,
    overrides: Overrides = None,
    trials: Trials = None,
    timeout: Timeout = None,
    epochs: Epochs = None,
    gpu_hours: GpuHours = None,
    cost: CostLimit = None,
    workers: Workers = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    wandb: Wandb = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Continue a study to the end of its budget, or of a raised one.

    With --space it goes on in another space; with --set its own space is changed, as `--set data.path=...` where the
    data was moved. A space may be widened, narrowed and given new parameters. Trials that lie in the new space are
    kept; the others are put aside, and count again once a space has them.
    """
    options = _make_options(
        overrides=overrides or (),
        trials=trials,
        timeout=timeout,
        epochs=epochs,
        gpu_hours=gpu_hours,
        cost=cost,
        workers=workers,
        studies=studies,
        storage=storage,
        files=files,
        wandb=wandb,
    )
    _work(lambda observer: tuning.resume(study, space=space, options=options, observer=observer), as_json, quiet)


def retry(
    study: StudyName,
    causes: Annotated[
        list[str] | None,
        typer.Option("--cause", metavar="KIND", help="Only those that failed for it, as oom; may be repeated."),
    ] = None,
    workers: Workers = 1,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    wandb: Wandb = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run the failed trials of a study again, and no others.

    Each keeps its number and its parameters, and goes on from its last checkpoint. `--cause` names a kind of failure
    as `hpo trials` shows it: out_of_memory (or oom), nan_loss, error, worker_died, hang, timeout,
    impossible_architecture.
    """
    options = _make_options(workers=workers, studies=studies, storage=storage, files=files, wandb=wandb)
    _work(lambda observer: tuning.retry(study, causes, options=options, observer=observer), as_json, quiet)


def confirm(
    study: StudyName,
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="How many of the best configs.")] = 3,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", min=1, metavar="N", help="How often each is trained: by default 5 times, in folds once each."
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds", min=2, metavar="K", help="Validate on K folds of the training and validation images in turn."
        ),
    ] = None,
    workers: Workers = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train the best configs of a study again, and say which one is best for sure.

    The value that a search has found is optimistic: it was chosen because it is high. The confirmed one is the mean
    over fresh seeds, with its interval. Only then the test part is read for the winner, once in the life of a study.
    An interrupted confirmation goes on by the same command, or by `hpo resume`; more seeds add to those there are.
    """
    options = _make_options(workers=workers, studies=studies, storage=storage, files=files)

    def call(observer: RunObserver) -> StudyRecord:
        return tuning.confirm(study, top, seeds, folds, options=options, observer=observer)

    record = _run(call, as_json, quiet, format_confirmation)
    if record.confirmation is None or record.confirmation.winner is None:
        raise typer.Exit(NO_COMPLETE_TRIAL)


def worker(
    study: StudyName,
    workers: Workers = None,
    overrides: WorkerOverrides = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    wandb: Wandb = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Work on the trials of a study beside others, until its budget is spent.

    It joins from any machine that reaches the storage and has the same data, at any time, and may leave at any time:
    Ctrl-C gives its trials back to the others. It changes neither the space of the study nor its budget.
    """
    options = _make_options(
        overrides=overrides or (), workers=workers, studies=studies, storage=storage, files=files, wandb=wandb
    )
    display = Display(as_json=as_json, quiet=quiet)
    observer = RunObserver(listen=display.listen, note=display.note, warn=display.warn)
    try:
        with display.close_at_end(), allow_interrupts():
            record = tuning.worker(study, options=options, observer=observer)
    except KeyboardInterrupt:
        tell("Interrupted. Its trials are given back, for other workers to go on with.")
        raise typer.Exit(INTERRUPTED) from None
    if not quiet:
        tell(_describe_joined(record))


def _make_options(**values: Any) -> RunOptions:  # noqa: ANN401 - each is checked
    """Make the options of a run; what Python calls `timeout` is `--timeout` in errors of the command line."""
    try:
        return RunOptions(**values)
    except UserError as error:
        faults = (replace(fault, subject=f"--{fault.subject.replace('_', '-')}") for fault in error.faults)
        raise UserError(*faults) from error


def _work(call: Callable[[RunObserver], StudyRecord], as_json: bool, quiet: bool) -> None:
    if _run(call, as_json, quiet, format_result).best is None:
        raise typer.Exit(NO_COMPLETE_TRIAL)


def _run(
    call: Callable[[RunObserver], StudyRecord], as_json: bool, quiet: bool, describe: Callable[[StudyRecord], str]
) -> StudyRecord:
    """Work on a study, show its progress, and print what has come of it in the words of `describe`."""
    display, report = Display(as_json=as_json, quiet=quiet), ReportPreparation()
    observer = RunObserver(
        listen=lambda study: _prepare_report(report, study.address, display.listen(study)),
        note=display.note,
        warn=display.warn,
        change=lambda study, widened: print_change(study, widened, as_json=as_json, quiet=quiet),
    )
    try:
        with display.close_at_end(), allow_interrupts():
            record = call(observer)
    except KeyboardInterrupt as interrupt:
        reason = f": {interrupt}" if interrupt.args else ""
        tell(f"Interrupted{reason}.{'' if display.address is None else _say_what_is_left(display.address)}")
        raise typer.Exit(INTERRUPTED) from None
    searches = describe is format_result
    if searches and not display.is_silent and (display.address is None or record.spent != "trials"):
        tell(_advise(record))
    try:
        print_result(record, as_json=as_json, write_report=report.write, describe=describe)
    except OutputLost as error:
        if not display.has_lost_output:
            tell(f"hpo: standard output: {error.reason}. `hpo show {record.address.argument}` prints the result.")
        raise typer.Exit(error.exit_status) from error
    return record


def _prepare_report(report: ReportPreparation, address: StudyAddress, listener: Listener) -> Listener:
    """Prepare the report while the first trial is trained, and while models are evaluated at the end."""

    def listen(event: Event) -> None:
        match event:
            case TrialStarted():
                report.import_libraries()
            case ScoringStarted():
                report.draft(address)
        listener(event)

    return listen


def _say_what_is_left(address: StudyAddress) -> str:
    """Say what becomes of a study whose run was interrupted."""
    resume, state = f"`hpo resume {address.argument}`", "paused"
    with suppress(HpoError):  # its database may have gone
        record = StudyRecord(address)
        state = record.state
        if state == "paused" and record.ledger.claimable and record.only_confirms:
            return (
                f" The confirmation of study {address.name} is paused; the same command continues it, and {resume} "
                "continues it and the search."
            )
    if state == "finished":
        return f" All trials of study {address.name} have ended; {resume} evaluates and reports what is left."
    return f" Study {address.name} is paused; {resume} continues it."


def _describe_joined(study: StudyRecord) -> str:
    """Say why the work is over in which others have joined."""
    argument, budget = study.address.argument, study.budget
    if budget.end is None:
        return f"No trial of study {study.name} may be run now. `hpo resume {argument}` goes on with the search."
    end = "" if budget.spent == "trials" else f": {budget.end}"
    return f"Study {study.name} is finished{end}. `hpo show {argument}` prints the result."


def _advise(study: StudyRecord) -> str:
    """Say why no more trials run, and how to run more: the budget that is used up has to be raised."""
    resume, budget = f"hpo resume {study.address.argument}", study.budget
    if budget.end is None:
        return f"Study {study.name} is paused. `{resume}` goes on."
    raises = {
        "trials": f"`{resume} --trials N` raises it to N in all",
        "timeout": f"`{resume} --timeout TIME` raises that to TIME in all",
        "epochs": f"`{resume} --epochs N` raises that to N in all",
        "gpu_hours": f"`{resume} --gpu-hours HOURS` raises that to HOURS in all",
        "cost": f"`{resume} --cost AMOUNT` raises that to AMOUNT in all",
        "stop": f"`{resume} --set search.stop={{}}` goes on without such a rule",
    }
    remedy = raises.get(budget.spent or "")
    if budget.spent == "space" and budget.exhausted is None:
        remedy = f"`{resume} --space FILE` goes on in a larger one"
    return f"Study {study.name} is finished: {budget.end}.{f' {remedy}.' if remedy else ''}"
