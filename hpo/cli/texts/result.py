"""The result of a run on the standard output: the best config as YAML, its figures as comments on top."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hpo.analysis import (
    describe_confirmation,
    format_counts,
    format_duration,
    format_remark,
    format_score,
    format_value,
    format_values,
    shorten_note,
    write_report,
)
from hpo.cli.terminal.interrupts import allow_interrupts
from hpo.cli.terminal.output import tell, write, write_json
from hpo.cli.terminal.units import shorten_path
from hpo.own_code import describe_error
from hpo.shown import readable
from hpo.spaces import front, to_yaml
from hpo.studies import Best, StudyRecord

WriteReport = Callable[[StudyRecord], Path]
_CAUSES = 3


def format_result(study: StudyRecord) -> str:
    """Write the best config as a space file that `hpo run` takes, its figures as comments; else why there is none."""
    best = study.best
    return _describe_failures(study) if best is None else _format_best_config(study, best)


def print_result(
    study: StudyRecord,
    *,
    as_json: bool,
    write_report: WriteReport = write_report,
    describe: Callable[[StudyRecord], str] = format_result,
) -> None:
    """Print what has come of a study, and write the report; neither needs the other.

    A request to end costs only the report, however often it comes.

    Args:
        study: that has ended.
        as_json: whether to print a line of JSON instead.
        write_report: writes the report and gives its path.
        describe: says what has come of it.

    Raises:
        OutputLost: the standard output takes no more; the report is written all the same.
        KeyboardInterrupt: asked to end while it waits for the reader.
    """
    best = study.best
    with allow_interrupts(once=True):
        if as_json:
            report = _try_report(study, write_report)
            summary = {**study.summary(), **describe_confirmation(study)}
            result = {"type": "Result", **summary, "config": None if best is None else best.config}
            write_json({**result, "report": None if report is None else str(report)}, indent=None)
            return
        try:
            write(describe(study))
            sys.stdout.flush()
        finally:
            report = _try_report(study, write_report)
        if report is not None:
            write(f"# report  {shorten_path(report)}")
        for place in describe_trackers(study):
            write(f"# trackers  {place}")


def describe_trackers(study: StudyRecord) -> list[str]:
    """Say where the trackers of a study show its trials."""
    folder = study.files.path
    places = (
        settings.describe_place(shorten_path(folder / name), study.name)
        for name, settings in study.spec.trackers.items()
    )
    return [place for place in places if place is not None]


def _try_report(study: StudyRecord, write_report: WriteReport) -> Path | None:
    """Write the report; if that fails, or a signal interrupts it, say why there is none."""
    try:
        return write_report(study)
    except KeyboardInterrupt:
        reason = "it was interrupted."
    except OSError as error:
        reason = f"{study.files.reports}: {error.strerror or error}. Once that is mended,"
    except Exception as error:  # a page is no reason to lose what was found
        reason = f"{describe_error(error).removesuffix('.')}."
    tell(f"hpo: no report was written: {reason} `hpo resume {study.address.argument}` writes it.")
    return None


def format_front(study: StudyRecord) -> list[str]:
    """Make a table of the trials that no other beats: number, values, test accuracy."""
    objectives, scores = study.spec.objectives, study.test_scores
    rows = [["trial", *(objective.metric for objective in objectives), "test accuracy"]]
    for best in study.front:
        accuracy = scores.get(best.number, {}).get("accuracy")
        test = "" if accuracy is None else f"{accuracy:.4f}"
        rows.append([str(best.number), *format_values(objectives, best.values), test])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]


def _format_best_config(study: StudyRecord, best: Best) -> str:
    objectives = study.spec.objectives
    metric = objectives[0].metric
    last = f" ({format_value(metric, best.last_value)} at its last)" if objectives[0].is_learned else ""
    figures = {
        f"best {metric}": format_best(metric, best) + last,
        "test": format_test_score(study.test_score),
        "trials": f"{format_counts(study.counts())}; {format_duration(study.budget.worked_s)} of work",
        "model": describe_model(study, best),
    }
    if best.remark is not None:
        figures["remark"] = format_remark(best.remark)
    if len(study.front) > 1:
        figures["model"] += ", with those of the others beside it"
    width = max(len(name) for name in figures)
    lines = [f"# {name:<{width}}  {readable(value)}" for name, value in [*figures.items(), *describe_data(study)]]
    if len(objectives) == 1:
        head = [f"# The best config of study {study.name}"]
    else:
        table = [f"#   {line}" for line in format_front(study)]
        head = [f"# The Pareto front of study {study.name}:", *table, f"# The config of the best by {metric}:"]
    return "\n".join([*head, *lines, to_yaml(best.config)])


def format_best(metric: str, best: Best) -> str:
    """Write the best value, and where it was reached."""
    value = format_value(metric, best.value)
    if best.repeats is None:
        return f"{value} at epoch {best.best_epoch} of trial {best.number}"
    spread = format_value(metric, best.repeats.deviations[0])
    return f"{value} ± {spread}, the mean of {best.repeats.count} repeats of trial {best.number}"


def describe_data(study: StudyRecord) -> list[tuple[str, str]]:
    """Say what was read of the data set, and what was noted about it: a name and a text for each line."""
    summary = study.data
    return (
        [] if summary is None else [("data", summary["text"]), *(("", shorten_note(note)) for note in summary["notes"])]
    )


def list_causes(study: StudyRecord) -> list[str]:
    """Say why trials have failed: how many for each of the most frequent causes."""
    causes = Counter((trial.cause or "error").splitlines()[0] for trial in study.trials() if trial.state == "failed")
    lines = [f"{count:,} by {cause}" for cause, count in causes.most_common(_CAUSES)]
    others = len(causes) - len(lines)
    return [*lines, f"and {others} other causes: hpo trials {study.name} --state failed"] if others > 0 else lines


def describe_model(study: StudyRecord, best: Best) -> str:
    """Say where the best model is, or why there is none.

    A trial that became the best when the space changed was beaten when it ended, so its model was not kept.
    """
    if best.model_path is not None:
        return shorten_path(best.model_path) + _describe_kept_repeat(study, best)
    outside = [trial.values for trial in study.trials() if trial.outside is not None and trial.state == "complete"]
    was_beaten = any(values and 0 not in front(study.spec.objectives, [best.values, values]) for values in outside)
    path = shorten_path(study.files.models.path(best.number))
    reason = "not kept: a trial that lies outside now was better" if was_beaten else f"{path} is gone"
    return f"{reason}; `hpo run` of this file trains it again"


def _describe_kept_repeat(study: StudyRecord, best: Best) -> str:
    if best.repeats is None:
        return ""
    metric = study.spec.objectives[0].metric
    value = format_value(metric, best.repeats.values[best.repeats.kept - 1][0])
    return f" (of repeat {best.repeats.kept}, which has {metric} {value})"


def format_test_score(score: dict[str, Any] | None) -> str:
    """Write a score on the test part."""
    if score is None:
        return "not evaluated"
    if "error" in score:
        return f"not evaluated: {score['error']}"
    if score["accuracy"] is None:
        return "the data has no test part"
    return f"accuracy {score['accuracy']:.4f}, {format_score(score)}"


def _describe_failures(study: StudyRecord) -> str:
    causes = {trial.cause.splitlines()[0] for trial in study.trials() if trial.cause}
    where = " in its space" if any(trial.outside for trial in study.trials()) else ""
    lines = [f"#   {readable(cause)}" for cause in sorted(causes)[:5]]
    return "\n".join([f"# No trial of study {study.name}{where} is complete.", *lines])
