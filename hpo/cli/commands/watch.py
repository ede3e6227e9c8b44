"""`hpo watch`: follow a study that runs elsewhere."""

from __future__ import annotations

import typer

from hpo.analysis import format_counts
from hpo.cli.options import Debug, Files, Json, Storage, Studies, StudyName
from hpo.cli.terminal.display import Display
from hpo.cli.terminal.interrupts import INTERRUPTED, allow_interrupts
from hpo.cli.terminal.output import tell, write_json
from hpo.cli.texts.result import format_best
from hpo.studies import StudyRecord, describe_open_runs
from hpo.studies.address import DEFAULT_STUDIES
from hpo.tuning import locate_study


def watch(
    study: StudyName,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Follow a study that runs elsewhere, until nobody works on it.

    It shows what `hpo run` shows, for all that work on the study, in other terminals and on other machines. It takes no
    lock and writes nothing; Ctrl-C ends the watching, and leaves the study alone. With --json, each event is a line,
    and what `hpo show --json` prints is the last one.
    """
    from hpo.tuning.watching import StudyWatch

    record = StudyRecord(locate_study(study, studies, storage, files))
    display = Display(as_json=as_json, quiet=False)
    watched = StudyWatch(record)
    if runs := record.find_open_runs():
        display.note(f"study {record.name}: {describe_open_runs(runs)}")
    try:
        with allow_interrupts(), display.close_at_end():
            show = display.listen(record, is_watched=True)
            for event in watched.follow():
                show(event)
    except KeyboardInterrupt:
        if not as_json:
            tell(f"Study {record.name} is watched no more; it goes on.")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        write_json({"type": "Summary", **record.summary()}, indent=None)
    else:
        tell(_describe_end(record))


def _describe_end(record: StudyRecord) -> str:
    """Say how a study stands that nobody works on, and what to type."""
    snapshot = record.snapshot()
    state, best, argument = snapshot.state, snapshot.best, record.address.argument
    texts = [format_counts(snapshot.counts()) or "no trials yet"]
    if best is not None and len(snapshot.spec.objectives) == 1:
        texts.append(f"best {format_best(snapshot.spec.objectives[0].metric, best)}")
    if state == "paused":
        return f"Study {record.name} is paused: {'; '.join(texts)}. `hpo resume {argument}` goes on."
    end = f", {snapshot.budget.end}" if snapshot.budget.end else ""
    return f"Study {record.name} is {state}{end}: {'; '.join(texts)}. `hpo show {argument}` prints the result."
