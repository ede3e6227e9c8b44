"""Events and the state of a run as lines of text, wherever they are shown."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text

from hpo.analysis import (
    format_duration,
    format_parameters,
    format_range,
    format_remark,
    format_value,
    format_values,
    shorten_note,
)
from hpo.cli.terminal.console import make_readable_text, make_table
from hpo.cli.terminal.units import format_number
from hpo.fleet import Event, Notice, Progress, Stopping, TestScored, TrialEnded, WorkerDied, WorkerGrown

_STYLES = {"complete": "green", "pruned": "yellow", "failed": "red", "infeasible": "dim", "waiting": "dim"}


def describe_event(event: Event, progress: Progress, *, is_best: bool) -> list[Text]:
    """Lines that an event leaves on the screen: one or two for events that people want to read later."""
    match event:
        case TrialEnded():
            return _describe_trial(event, progress, is_best=is_best)
        case Notice(_, text, subject):
            return [make_readable_text(f"{subject}: {shorten_note(text)}" if subject else text, "yellow")]
        case WorkerDied() | WorkerGrown():
            return [_describe_replacement(event)]
        case TestScored(_, number, _, _, error) if error is not None:
            return [make_readable_text(f"test part: the model of trial {number} was not evaluated: {error}", "red")]
        case Stopping():
            return [Text(line) for line in describe_stopping(event)]
    return []


def _describe_replacement(event: WorkerDied | WorkerGrown) -> Text:
    if isinstance(event, WorkerDied):
        return make_readable_text(f"worker {event.worker} ended: {event.reason.splitlines()[0]}", "red")
    more = format_number(event.growth, "B")
    return Text(f"worker {event.worker} is replaced: it takes {more} more than after its first trial", "dim")


def _describe_trial(ended: TrialEnded, progress: Progress, *, is_best: bool) -> list[Text]:
    state, cause, values = ended.state, ended.cause, ended.values
    if state == "infeasible":
        return [make_readable_text(f"trial {ended.number:>4}  {cause or state}", _STYLES[state])]
    line = Text.assemble(f"trial {ended.number:>4}  ", (f"{state:<9}", _STYLES.get(state, "")))
    if values is not None:
        objectives = progress.objectives if state == "complete" else (progress.learned,)
        texts = zip(objectives, format_values(objectives, values), strict=True)
        line.append(f" {', '.join(f'{objective.metric} {text}' for objective, text in texts)}")
    line.append(f"  {format_duration(ended.duration_s)}")
    line.append(describe_confirmed(progress, ended.number), style="dim")
    if is_best:
        line.append("  best so far" if len(progress.objectives) == 1 else "  on the front so far", style="bold")
    if state == "waiting":
        line.append("  given back" if cause is None else f"  {_describe_loss(cause)}: it is tried again")
    lines = [line]
    if cause is not None and state != "waiting":
        lines.append(make_readable_text(f"            {cause.splitlines()[0]}", "red"))
    if ended.remark is not None:
        lines.append(make_readable_text(f"            {format_remark(ended.remark)}", "yellow"))
    return lines


def describe_confirmed(progress: Progress, number: int) -> str:
    """Say which trial another one confirms, with space before it; nothing of a trial of the search."""
    return f"  confirms trial {progress.confirms[number]}" if number in progress.confirms else ""


def _describe_loss(cause: str) -> str:
    kind = cause.partition(":")[0]
    return {
        "worker_died": "its worker died",
        "hang": "its worker hung",
        "timeout": "it did not end in time",
        "out_of_memory": "the memory did not suffice",
    }.get(kind, kind)


def describe_stopping(stopping: Stopping) -> list[str]:
    """Say what is waited for, for how long, and what another Ctrl-C does."""
    if stopping.is_forced:
        trials = "1 trial goes" if stopping.running == 1 else f"{stopping.running} trials go"
        return [f"ending the workers now{f': {trials} on from the last checkpoint' if stopping.running else ''}"]
    trials = "1 trial ends its step" if stopping.running == 1 else f"{stopping.running} trials end their step"
    awaited = f"{trials} and is kept" if stopping.running == 1 else f"{trials} and are kept"
    if not stopping.running:
        awaited = "the workers end"
    if stopping.waited_s:
        waited = f"{stopping.waited_s:.0f} of {stopping.patience_s:.0f} s"
        return [f"still pausing: {awaited} ({waited}); Ctrl-C ends them now"]
    rest = "ends them now: they go on from their last checkpoint" if stopping.running else "ends them now"
    return [f"pausing: {awaited} ({stopping.patience_s:.0f} s at most)", f"Ctrl-C again {rest}"]


class RunTable:
    """The table of running trials, drawn anew several times a second."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich__(self) -> Group:
        progress = self._progress
        if not progress.running:
            return Group(make_headline(progress), Text(_describe_waiting(progress), style="dim"))
        numbers = ["trial", "epoch", progress.learned.metric, "images/s"]
        titles = [*numbers, *(["worker"] if progress.is_watched else []), "parameters"]
        rows = [
            [
                str(trial.number),
                f"{trial.epoch}/{trial.epochs}",
                "" if trial.value is None else f"{trial.value:.4f}",
                "" if trial.images_per_second is None else f"{trial.images_per_second:,.0f}",
                *([progress.names.get(trial.worker, "")] if progress.is_watched else []),
                f"{describe_confirmed(progress, trial.number)}  {format_parameters(trial.params)}".strip(),
            ]
            for trial in sorted(progress.running.values(), key=lambda trial: trial.number)
        ]
        table = make_table(titles, rows, numbers=numbers, fills_line=True)
        table.header_style = table.columns[-1].style = "dim"
        return Group(make_headline(progress), table)


def make_headline(progress: Progress) -> Text:
    """`quickstart: 5 of 12 trials, best 0.9514 (trial 1), 0:23, 0:31 left`."""
    line = Text.assemble(
        (progress.study, "bold"), f": {progress.done} of {progress.budget} trials", overflow="ellipsis", no_wrap=True
    )
    for state in ("pruned", "failed", "infeasible"):
        if progress.counts[state]:
            line.append(f", {progress.counts[state]} {state}", style=_STYLES[state])
    if len(progress.objectives) > 1:
        line.append(f", {len(progress.front)} on the front")
    elif progress.front and not progress.only_confirms:
        number, (value,) = progress.front[0]
        line.append(f", best {format_value(progress.learned.metric, value)} (trial {number})")
    if progress.confirms:
        line.append(f", {len(progress.confirmed)} of {len(progress.confirms)} confirming")
    if not progress.is_watched:
        line.append(f", {format_duration(progress.elapsed)}")
    if (estimate := progress.estimate) is not None and progress.left:
        line.append(f", {format_range(estimate)} left")
    return line


def _describe_waiting(progress: Progress) -> str:
    if not progress.devices and not progress.is_watched:
        return "starting workers: loading the engine and the data"
    if progress.scoring:
        return "evaluating what is best on the test part"
    elsewhere = progress.running_elsewhere
    return f"between trials; {elsewhere} running in other processes" if elsewhere else "between trials"
