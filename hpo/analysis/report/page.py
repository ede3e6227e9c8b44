"""A study in one HTML page that needs no network: what is best, how it was found, and which parameters decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape as escape_html
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from hpo.analysis.importance.importances import Importances, compute_importances
from hpo.analysis.plots.curves import plot_learning_curves
from hpo.analysis.plots.front import plot_front
from hpo.analysis.plots.history import plot_history
from hpo.analysis.plots.importances import plot_importances
from hpo.analysis.texts.table import format_trial
from hpo.analysis.texts.wording import (
    format_counts,
    format_duration,
    format_objectives,
    format_parameters,
    format_remark,
    format_score,
    format_value,
    sort_by_f1,
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
    """Write the study's page and return its path; it takes the place of an earlier one when it is whole."""
    path = study.files.reports / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    page = render(study)
    with fresh_file(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def render(study: StudyRecord) -> str:
    """Make the page's text."""
    from plotly.offline import get_plotlyjs

    study = study.snapshot()
    page = Template(files("hpo.analysis.report").joinpath("page.html").read_text(encoding="utf-8"))
    trials, best = study.trials(), study.best
    is_alone = len(study.spec.objectives) == 1
    history = "Optimization history" if is_alone else "Pareto front"
    config = "Best config" if is_alone else f"Config of the best trial by {study.spec.objectives[0].metric}"
    sections = {
        history: _render_history(study, trials),
        "Parameter importances": _render_importances(compute_importances(study)),
        "Learning curves": _render_curves(study, trials),
        config: _render_config(best),
        "Classes of the best trial": _render_classes(study, best),
        f"Trials, the best {_TOP} first" if len(trials) > _TOP else "Trials": _render_trials(study, trials),
        "Failed, or ruled out": _render_failures(trials),
        "Data": _render_data(study.data),
        "Made on": _render_environments(study),
    }
    return page.substitute(
        title=_escape(f"hpo study {study.name}"),
        lead=_escape(_render_lead(study)),
        figures="".join(_render_figures(study, trials, best)),
        sections="\n".join(_render_section(title, body) for title, body in sections.items() if body),
        plotly=get_plotlyjs(),
    )


def _render_lead(study: StudyRecord) -> str:
    search = study.spec.search
    return " · ".join(
        [format_objectives(study.spec.objectives), *(f"{option} {name}" for option, name in search.choices.items())]
    )


def _render_figures(study: StudyRecord, trials: list[TrialRecord], best: Best | None) -> Iterable[str]:
    metric = study.spec.objectives[0].metric
    if best is not None:
        value = format_value(metric, best.value)
        yield _render_figure(f"best {metric}", value, f"trial {best.number}, epoch {best.best_epoch}")
    score = study.test_score
    if score is not None and "error" in score:
        yield _render_figure("test accuracy", "none", f"not evaluated: {score['error']}")
    elif score is not None and score["accuracy"] is not None:
        yield _render_figure("test accuracy", f"{score['accuracy']:.4f}", format_score(score))
    yield _render_figure("trials", str(len(trials)), format_counts(study.counts()))
    yield _render_figure("working time", format_duration(study.budget.worked_s), "all workers side by side")


def _render_history(study: StudyRecord, trials: list[TrialRecord]) -> str:
    if not any(trial.state == "complete" for trial in trials):
        return _render_note("No trial is complete yet.")
    if len(study.spec.objectives) == 1:
        return _render_plot(plot_history(study))
    shown = "" if len(study.spec.objectives) == 2 else " The plot shows two of the objectives."  # noqa: PLR2004 - axes
    note = f"A trial is on the Pareto front if no other is as good in every objective.{shown}"
    return _render_plot(plot_front(study)) + _render_note(note)


def _render_importances(result: Importances) -> str:
    if result.reason is not None:
        return _render_note(f"Nothing to say yet: {result.reason}.")
    return _render_plot(plot_importances(result)) + _render_note(" ".join(result.in_words()))


def _render_curves(study: StudyRecord, trials: list[TrialRecord]) -> str:
    if not any(trial.epochs for trial in trials):
        return _render_note("No epoch was reported yet.")
    best = "The best trial stands out" if len(study.spec.objectives) == 1 else "Trials of the Pareto front stand out"
    return _render_plot(plot_learning_curves(study)) + _render_note(f"{best}; pruned trials are pale.")


def _render_config(best: Best | None) -> str:
    if best is None:
        return _render_note("No trial is complete yet.")
    text = f"<pre>{_escape(to_yaml(best.config), lines=True)}</pre>"
    return text + _render_note("A space file: `hpo run --space` takes it.")


def _render_classes(study: StudyRecord, best: Best | None) -> str:
    """Figures of each class on the validation part, and on the test part where that was scored; the worst first."""
    if best is None or not best.classes:
        return ""
    score = study.test_scores.get(best.number, {})
    test_scores = {class_score["name"]: class_score for class_score in score.get("classes", ())}
    titles = ["class", "images", "precision", "recall", "F1"]
    titles += ["test images", *(f"test {title}" for title in titles[2:])] if test_scores else []
    rows = []
    for class_score in sort_by_f1(best.classes)[:_CLASSES]:
        cells = _render_class_cells(asdict(class_score))
        cells += _render_class_cells(test_scores[class_score.name]) if test_scores else []
        rows.append(f"<tr><td>{_escape(class_score.name)}</td>{_render_numbers(cells)}</tr>")
    note = "On the validation part at the best epoch; the worst first."
    note += "" if all(score.images for score in best.classes) else " A class without an image there has no figures."
    note += f" The {_CLASSES} worst of {len(best.classes)}." if len(best.classes) > _CLASSES else ""
    return _render_table(titles, rows) + _render_note(note)


def _render_class_cells(score: Mapping[str, Any]) -> list[str]:
    figures = (score["precision"], score["recall"], score["f1"])
    return [str(score["images"]), *(f"{figure:.4f}" if score["images"] else "" for figure in figures)]


def _render_trials(study: StudyRecord, trials: list[TrialRecord]) -> str:
    objectives = study.spec.objectives
    sign = -1 if objectives[0].direction == "maximize" else 1
    unbeaten = {best.number for best in study.front}

    def rank(trial: TrialRecord) -> tuple[bool, bool, bool, float]:
        """Sort the best to the front; trials that lie outside the space are not compared with the others."""
        value = sign * trial.values[0] if trial.values else 0.0
        return trial.number not in unbeaten, trial.values is None, trial.outside is not None, value

    ranked = sorted(trials, key=rank)
    titles = ["trial", "state", *(objective.metric for objective in objectives), "epochs", "time", "parameters"]
    return _render_table(titles, [_render_row(trial, objectives, trial.number in unbeaten) for trial in ranked[:_TOP]])


def _render_row(trial: TrialRecord, objectives: Sequence[Objective], is_on_front: bool) -> str:
    mark = ' class="best"' if is_on_front else ""
    number, state, *figures = format_trial(trial, objectives)
    detail = trial.cause.splitlines()[0] if trial.cause else format_parameters(trial.params)
    if trial.remark:
        detail += f"; {format_remark(trial.remark)}"
    if trial.outside and not trial.cause:
        detail += f"; outside: {trial.outside}"
    cells = f"{_render_numbers([number])}<td>{state}</td>{_render_numbers(figures)}<td>{_escape(detail)}</td>"
    return f"<tr{mark}>{cells}</tr>"


def _render_numbers(texts: Iterable[str]) -> str:
    return "".join(f'<td class="number">{text}</td>' for text in texts)


def _render_table(titles: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{title}</th>" for title in titles)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _render_failures(trials: list[TrialRecord]) -> str:
    """Each cause once, with the trials that it ended."""
    by_cause: dict[str, list[int]] = {}
    for trial in trials:
        if trial.cause:
            by_cause.setdefault(trial.cause, []).append(trial.number)
    return "".join(
        _render_note(f"trial{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}: {cause}")
        for cause, numbers in by_cause.items()
    )


def _render_data(summary: Mapping[str, Any] | None) -> str:
    return "" if summary is None else "".join(map(_render_note, (summary["text"], *summary["notes"])))


def _render_environments(study: StudyRecord) -> str:
    hidden = {"started", "worked_s", "machine"}
    lines = (
        ", ".join(f"{key} {value}" for key, value in session.items() if key not in hidden)
        for session in study.environments()
    )
    return "".join(map(_render_note, dict.fromkeys(lines)))


def _render_figure(title: str, value: str, detail: str) -> str:
    return f"<div><dt>{_escape(title)}</dt><dd>{_escape(value)}<small>{_escape(detail)}</small></dd></div>"


def _render_section(title: str, body: str) -> str:
    return f"<section><h2>{_escape(title)}</h2>{body}</section>"


def _render_plot(figure: go.Figure) -> str:
    text: str = figure.to_html(
        full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True}
    )
    return text


def _render_note(text: str) -> str:
    return f'<p class="note">{_escape(text)}</p>'


def _escape(text: str, *, lines: bool = False) -> str:
    """Whatever a file, a library or a user's code says, as text of a page."""
    return escape_html(readable(text, lines=lines))
