"""What a run leaves on the standard output: the best config as YAML, its figures as comments on top."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from hpo.analysis import duration, write_report
from hpo.spaces import to_yaml
from hpo.studies import Best, Study


def print_result(study: Study, *, as_json: bool) -> None:
    """Write the report, and print what was found; the text is a space file that `hpo run` takes."""
    report = write_report(study)
    if as_json:
        best = study.best
        result = {
            "type": "Result",
            **study.summary(),
            "config": None if best is None else best.config,
            "model": None if best is None else str(study.folder.models.path(best.number)),
            "report": str(report),
        }
        print(json.dumps(result))
        return
    best = study.best
    sys.stdout.write(_nothing_complete(study, report) if best is None else _found(study, best, report))


def _found(study: Study, best: Best, report: Path) -> str:
    metric = study.spec.objective.metric
    counts = ", ".join(f"{count} {state}" for state, count in study.counts().items() if count)
    figures = {
        f"best {metric}": f"{best.value:.4f} at epoch {best.best_epoch} of trial {best.number} "
        f"({best.last_values[0]:.4f} at its last)",
        "test": _test_text(study),
        "trials": f"{counts}; {duration(study.budget.worked_s)} of work",
        "model": shown_path(Path(study.folder.models.path(best.number).path)),
        "report": shown_path(report),
    }
    width = max(len(name) for name in figures)
    lines = [f"# {name:<{width}}  {value}" for name, value in figures.items()]
    return "\n".join([f"# The best config of study {study.name}", *lines, to_yaml(best.config)])


def _test_text(study: Study) -> str:
    score = study.test_score
    if score is None:
        return "not evaluated"
    if score["accuracy"] is None:
        return "the data has no test part"
    return f"accuracy {score['accuracy']:.4f}, loss {score['loss']:.4f}; evaluated once"


def _nothing_complete(study: Study, report: Path) -> str:
    causes = {trial.cause.splitlines()[0] for trial in study.trials() if trial.cause}
    lines = [f"# No trial of study {study.name} is complete.", *(f"#   {cause}" for cause in sorted(causes)[:5])]
    return "\n".join([*lines, f"# report  {shown_path(report)}", ""])


def shown_path(path: Path) -> str:
    """A path as short as it can be typed from here."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
