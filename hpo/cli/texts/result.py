"""What a run leaves on the standard output: the best config as YAML, its figures as comments on top."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hpo.analysis import duration, note_text, remark_text, score_text, value_text, write_report
from hpo.cli.terminal.interrupts import allow_interrupts
from hpo.cli.terminal.output import tell, write, write_json
from hpo.cli.terminal.units import short_path
from hpo.own_code import describe_error
from hpo.shown import readable
from hpo.spaces import front, to_yaml
from hpo.studies import Best, StudyRecord


def print_result(study: StudyRecord, *, as_json: bool) -> None:
    """Print what was found, a space file that `hpo run` takes, and write the report; the one does not need the other.

    A request to end costs the report alone, however often it comes.

    Raises:
        OutputLost: the standard output takes no more; the report is written then, too.
        KeyboardInterrupt: asked to end while it waits for the reader.
    """
    with allow_interrupts(once=True):
        _print_result(study, as_json=as_json)


def _print_result(study: StudyRecord, *, as_json: bool) -> None:
    best = study.best
    if as_json:
        report = _report(study)
        result = {
            "type": "Result",
            **study.summary(),
            "config": None if best is None else best.config,
            "report": None if report is None else str(report),
        }
        write_json(result, indent=None)
        return
    try:
        write(_nothing_complete(study) if best is None else _found(study, best))
        sys.stdout.flush()
    finally:
        report = _report(study)
    if report is not None:
        write(f"# report  {short_path(report)}")


def _report(study: StudyRecord) -> Path | None:
    """The report, written; where that cannot be, or a signal comes in between, people are told why there is none."""
    try:
        return write_report(study)
    except KeyboardInterrupt:
        reason = "it was interrupted."
    except OSError as error:
        reason = f"{study.files.reports}: {error.strerror or error}. Once that is mended,"
    except Exception as error:  # a page is no reason to lose what was found
        reason = f"{describe_error(error)}."
    tell(f"hpo: no report was written: {reason} `hpo resume {study.address.argument}` writes it.")
    return None


def front_lines(study: StudyRecord) -> list[str]:
    """The trials that no other beats, as a table: values, test accuracy, number."""
    objectives, scores = study.spec.objectives, study.test_scores
    rows = [["trial", *(objective.metric for objective in objectives), "test accuracy"]]
    for best in study.front:
        values = [value_text(each.metric, value) for each, value in zip(objectives, best.values, strict=True)]
        accuracy = scores.get(best.number, {}).get("accuracy")
        rows.append([str(best.number), *values, "" if accuracy is None else f"{accuracy:.4f}"])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]


def _found(study: StudyRecord, best: Best) -> str:
    objectives = study.spec.objectives
    metric = objectives[0].metric
    counts = ", ".join(f"{count} {state}" for state, count in study.counts().items() if count)
    last = f" ({value_text(metric, best.last_value)} at its last)" if objectives[0].is_learned else ""
    figures = {
        f"best {metric}": f"{value_text(metric, best.value)} at epoch {best.best_epoch} of trial {best.number}{last}",
        "test": test_text(study.test_score),
        "trials": f"{counts}; {duration(study.budget.worked_s)} of work",
        "model": model_text(study, best),
    }
    if best.remark is not None:
        figures["remark"] = remark_text(best.remark)
    if len(study.front) > 1:
        figures["model"] += ", with those of the others beside it"
    width = max(len(name) for name in figures)
    lines = [f"# {name:<{width}}  {readable(value)}" for name, value in [*figures.items(), *data_lines(study)]]
    if len(objectives) == 1:
        head = [f"# The best config of study {study.name}"]
    else:
        unbeaten = [f"#   {line}" for line in front_lines(study)]
        head = [f"# Unbeaten trials of study {study.name}:", *unbeaten, f"# The config of the best by {metric}:"]
    return "\n".join([*head, *lines, to_yaml(best.config)])


def data_lines(study: StudyRecord) -> list[tuple[str, str]]:
    """What was read of the data set, and what was found in it: a name and a text for each line."""
    summary = study.data
    return [] if summary is None else [("data", summary["text"]), *(("", note_text(note)) for note in summary["notes"])]


def model_text(study: StudyRecord, best: Best) -> str:
    """Where the best model is; a trial that became the best since the space has changed was beaten when it ended."""
    if best.model_path is not None:
        return short_path(best.model_path)
    outside = [trial.values for trial in study.trials() if trial.outside is not None and trial.state == "complete"]
    was_beaten = any(values and 0 not in front(study.spec.objectives, [best.values, values]) for values in outside)
    path = short_path(Path(str(study.files.models.path(best.number))))
    reason = "not kept: a trial that lies outside now was better" if was_beaten else f"{path} is gone"
    return f"{reason}; `hpo run` of this file trains it again"


def test_text(score: dict[str, Any] | None) -> str:
    """A score on the test part in words."""
    if score is None:
        return "not evaluated"
    if "error" in score:
        return f"not evaluated: {score['error']}"
    if score["accuracy"] is None:
        return "the data has no test part"
    return f"accuracy {score['accuracy']:.4f}, {score_text(score)}"


def _nothing_complete(study: StudyRecord) -> str:
    causes = {trial.cause.splitlines()[0] for trial in study.trials() if trial.cause}
    where = " in its space" if any(trial.outside for trial in study.trials()) else ""
    lines = [
        f"# No trial of study {study.name}{where} is complete.",
        *(f"#   {readable(cause)}" for cause in sorted(causes)[:5]),
    ]
    return "\n".join(lines)
