"""A study in one HTML page that needs no network: what is best, how it was found, and which parameters decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape as escape_html
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from hpo.analysis.importance import Importances, importances
from hpo.analysis.plots import learning_curves, optimization_history, parameter_importances, pareto_front
from hpo.analysis.wording import (
    by_f1,
    counts_text,
    duration,
    objectives_text,
    parameter_text,
    remark_text,
    score_text,
    value_text,
)
from hpo.files import fresh_file
from hpo.shown import readable
from hpo.spaces import Objective, to_yaml
from hpo.studies import Best, StudyRecord, TrialRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TOP = 20
_CLASSES = 100


def write_report(study: StudyRecord) -> Path:
    """Write the study's page and return where it lies; an earlier one is replaced at once when the new one is whole."""
    path = study.files.reports / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    page = render(study)
    with fresh_file(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def render(study: StudyRecord) -> str:
    """The page's text."""
    from plotly.offline import get_plotlyjs

    study = study.snapshot()
    page = Template(files("hpo.analysis").joinpath("page.html").read_text(encoding="utf-8"))
    trials, best = study.trials(), study.best
    is_alone = len(study.spec.objectives) == 1
    history = "Optimization history" if is_alone else "Unbeaten trials"
    config = "Best config" if is_alone else f"Config of the best trial by {study.spec.objectives[0].metric}"
    sections = [
        _section(history, _history(study, trials)),
        _section("Parameter importances", _importances(importances(study))),
        _section("Learning curves", _curves(study, trials)),
        _section(config, _config(best)),
        *([_section("Classes of the best trial", _classes(study, best))] if best is not None and best.classes else []),
        _section(f"Trials, the best {_TOP} first" if len(trials) > _TOP else "Trials", _table(study, trials)),
        _section("Failed, or ruled out", _failures(trials)) if any(trial.cause for trial in trials) else "",
        *([] if study.data is None else [_section("Data", _data(study.data))]),
        _section("Made on", _environments(study)),
    ]
    return page.substitute(
        title=_escape(f"hpo study {study.name}"),
        lead=_escape(_lead(study)),
        figures="".join(_figures(study, trials, best)),
        sections="\n".join(sections),
        plotly=get_plotlyjs(),
    )


def _lead(study: StudyRecord) -> str:
    search = study.spec.search
    return " · ".join(
        [objectives_text(study.spec.objectives), *(f"{option} {name}" for option, name in search.choices.items())]
    )


def _figures(study: StudyRecord, trials: list[TrialRecord], best: Best | None) -> Iterable[str]:
    metric = study.spec.objectives[0].metric
    if best is not None:
        value = value_text(metric, best.value)
        yield _figure(f"best {metric}", value, f"trial {best.number}, epoch {best.best_epoch}")
    score = study.test_score
    if score is not None and "error" in score:
        yield _figure("test accuracy", "none", f"not evaluated: {score['error']}")
    elif score is not None and score["accuracy"] is not None:
        yield _figure("test accuracy", f"{score['accuracy']:.4f}", score_text(score))
    yield _figure("trials", str(len(trials)), counts_text(study.counts()))
    yield _figure("working time", duration(study.budget.worked_s), "all workers side by side")


def _history(study: StudyRecord, trials: list[TrialRecord]) -> str:
    if not any(trial.state == "complete" for trial in trials):
        return _note("No trial is complete yet.")
    if len(study.spec.objectives) == 1:
        return _plot(optimization_history(study))
    shown = "" if len(study.spec.objectives) == 2 else " The plot shows two of the objectives."  # noqa: PLR2004 - axes
    note = f"A trial is unbeaten while no other is as good in every objective.{shown}"
    return _plot(pareto_front(study)) + _note(note)


def _importances(found: Importances) -> str:
    if found.reason is not None:
        return _note(f"Nothing to say yet: {found.reason}.")
    return _plot(parameter_importances(found)) + _note(" ".join(found.in_words()))


def _curves(study: StudyRecord, trials: list[TrialRecord]) -> str:
    if not any(trial.epochs for trial in trials):
        return _note("No epoch was reported yet.")
    best = "The best trial stands out" if len(study.spec.objectives) == 1 else "Unbeaten trials stand out"
    return _plot(learning_curves(study)) + _note(f"{best}; pruned trials are pale.")


def _config(best: Best | None) -> str:
    if best is None:
        return _note("No trial is complete yet.")
    text = f"<pre>{_escape(to_yaml(best.config), lines=True)}</pre>"
    return text + _note("A space file: `hpo run --space` takes it.")


def _classes(study: StudyRecord, best: Best) -> str:
    """Figures of each class on the validation part, and on the test part where that was scored; the worst first."""
    score = study.test_scores.get(best.number, {})
    tested = {each["name"]: each for each in score.get("classes", ())}
    figures = ("precision", "recall", "f1")
    titles = ["class", "images", *("precision", "recall", "F1")]
    titles += ["test images", *(f"test {title}" for title in titles[2:])] if tested else []
    rows = []
    for each in by_f1(best.classes)[:_CLASSES]:
        cells = [str(each.images), *(f"{getattr(each, figure):.4f}" if each.images else "" for figure in figures)]
        if tested:
            test = tested[each.name]
            cells += [str(test["images"]), *(f"{test[figure]:.4f}" if test["images"] else "" for figure in figures)]
        numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
        rows.append(f"<tr><td>{_escape(each.name)}</td>{numbers}</tr>")
    head = "".join(f"<th>{title}</th>" for title in titles)
    note = "On the validation part at the best epoch; the worst first."
    note += " A class without an image there has no figures." if not all(each.images for each in best.classes) else ""
    note += f" The {_CLASSES} worst of {len(best.classes)}." if len(best.classes) > _CLASSES else ""
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    return table + _note(note)


def _table(study: StudyRecord, trials: list[TrialRecord]) -> str:
    objectives = study.spec.objectives
    sign = -1 if objectives[0].direction == "maximize" else 1
    unbeaten = {best.number for best in study.front}

    def rank(trial: TrialRecord) -> tuple[bool, bool, bool, float]:
        """Sorts the best to the front; trials that lie outside the space are not compared with the others."""
        value = sign * trial.values[0] if trial.values else 0.0
        return trial.number not in unbeaten, trial.values is None, trial.outside is not None, value

    ranked = sorted(trials, key=rank)
    rows = "".join(_row(trial, objectives, trial.number in unbeaten) for trial in ranked[:_TOP])
    metrics = [objective.metric for objective in objectives]
    head = "".join(f"<th>{title}</th>" for title in ("trial", "state", *metrics, "epochs", "time", "parameters"))
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(trial: TrialRecord, objectives: Sequence[Objective], is_unbeaten: bool) -> str:
    mark = ' class="best"' if is_unbeaten else ""
    values = [value_text(each.metric, value) for each, value in zip(objectives, trial.values or (), strict=False)]
    values += [""] * (len(objectives) - len(values))
    time = "" if trial.duration_s is None else duration(trial.duration_s)
    detail = trial.cause.splitlines()[0] if trial.cause else parameter_text(trial.params)
    if trial.remark:
        detail += f"; {remark_text(trial.remark)}"
    if trial.outside and not trial.cause:
        detail += f"; outside: {trial.outside}"
    numbers = "".join(f'<td class="number">{_escape(text)}</td>' for text in (*values, str(trial.epochs), time))
    state = f'<td class="number">{trial.number}</td><td>{trial.state}</td>'
    return f"<tr{mark}>{state}{numbers}<td>{_escape(detail)}</td></tr>"


def _failures(trials: list[TrialRecord]) -> str:
    """Each cause once, with the trials that it ended."""
    numbers: dict[str, list[int]] = {}
    for trial in trials:
        if trial.cause:
            numbers.setdefault(trial.cause, []).append(trial.number)
    return "".join(
        _note(f"trial{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}: {cause}")
        for cause, found in numbers.items()
    )


def _data(summary: Mapping[str, Any]) -> str:
    return "".join(map(_note, (summary["text"], *summary["notes"])))


def _environments(study: StudyRecord) -> str:
    hidden = {"started", "worked_s", "machine"}
    described = dict.fromkeys(
        ", ".join(f"{key} {value}" for key, value in session.items() if key not in hidden)
        for session in study.environments()
    )
    return "".join(_note(line) for line in described)


def _figure(title: str, value: str, detail: str) -> str:
    return f"<div><dt>{_escape(title)}</dt><dd>{_escape(value)}<small>{_escape(detail)}</small></dd></div>"


def _section(title: str, body: str) -> str:
    return f"<section><h2>{_escape(title)}</h2>{body}</section>"


def _plot(figure: go.Figure) -> str:
    text: str = figure.to_html(
        full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True}
    )
    return text


def _note(text: str) -> str:
    return f'<p class="note">{_escape(text)}</p>'


def _escape(text: str, *, lines: bool = False) -> str:
    """Whatever a file, a library or a user's code says, as text of a page."""
    return escape_html(readable(text, lines=lines))
