"""`hpo pause`: have all who work on a study stop as Ctrl-C does."""

from __future__ import annotations

from typing import Annotated

import typer

from hpo.analysis import format_counts
from hpo.cli.options import Debug, Files, Quiet, Storage, Studies, StudyName
from hpo.cli.terminal.interrupts import INTERRUPTED, allow_interrupts
from hpo.cli.terminal.output import tell
from hpo.studies import StudyRecord, find_study
from hpo.studies.address import DEFAULT_STUDIES

NOT_PAUSED = 1


def pause(
    study: StudyName,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until all have paused.")] = True,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Pause a study on all machines that work on it.

    Each worker ends the step that it is in, and gives its trial back, as after Ctrl-C. `hpo resume` goes on.
    """
    from hpo.fleet.pausing import PATIENCE, is_worked_on, pause_study

    address = find_study(study, studies, storage, files)
    record = StudyRecord(address)
    if not is_worked_on(record):
        if not quiet:
            tell(f"Study {record.name} is {record.state}: nobody works on it.")
        return

    def tell_wait(running: int) -> None:
        if not quiet:
            trials = "1 trial" if running == 1 else f"{running} trials"
            tell(f"Study {record.name} is asked to pause; {trials} running.")

    try:
        with allow_interrupts():
            running = pause_study(address, PATIENCE if wait else 0.0, tell_wait)
    except KeyboardInterrupt:
        tell(f"Interrupted. Study {record.name} pauses all the same.")
        raise typer.Exit(INTERRUPTED) from None
    if not wait:
        return
    if is_worked_on(record):
        where = "; ".join(f"trial {trial.number} on {trial.worker}" for trial in running) or "a process without a trial"
        tell(f"Study {record.name} is not paused after {PATIENCE:.0f} s: {where}. It was asked to, and may still be.")
        raise typer.Exit(NOT_PAUSED)
    if not quiet:
        resume = f"`hpo resume {address.argument}` goes on."
        tell(f"Study {record.name} is {record.state}: {format_counts(record.counts()) or 'no trials yet'}. {resume}")
