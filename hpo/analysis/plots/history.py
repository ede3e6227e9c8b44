"""How the values of a study came about, trial by trial."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpo.analysis.plots.points import (
    MOST_POINTS,
    describe_share,
    find_running_best,
    frame_values,
    list_points,
    spread,
    thin,
    write_note,
)
from hpo.analysis.plots.theme import (
    BEST_COLOR,
    HEIGHT,
    MUTED_COLOR,
    SERIES,
    TRIAL_COLOR,
    choose_log,
    choose_marker,
    make_panels,
    make_whole_ticks,
    style,
)
from hpo.studies import StudyRecord
from hpo.studies.store.stored import state_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

_PANEL = 240
"""Pixels up of a panel that is not alone."""
_STATES = {
    "complete": TRIAL_COLOR,
    "pruned": MUTED_COLOR,
    "failed": BEST_COLOR,
    "infeasible": SERIES[3],
    "running": SERIES[2],
}


def plot_history(study: StudyRecord) -> go.Figure:
    """Plot the value of each complete trial in the order of their numbers and the best so far, a panel an objective.

    Optuna's own plot wants trials to be numbered without a gap, and those that lie outside the space leave some.
    """
    points, objectives = list_points(study), study.spec.objectives
    shown, last = thin(points), study.frozen_trials()[-1].number
    outside = [
        trial
        for trial in study.trials()
        if trial.values and trial.outside is not None and all(map(math.isfinite, trial.values))
    ]
    figure, notes = make_panels(rows=len(objectives)), list[str]()
    for row, objective in enumerate(objectives, start=1):
        values = [point.values[row - 1] for point in points]
        groups = (
            ("trials", TRIAL_COLOR, "circle", [(point.number, point.values[row - 1]) for point in shown]),
            ("outside the space", MUTED_COLOR, "circle-open", [
                (trial.number, trial.values[row - 1]) for trial in spread(outside, MOST_POINTS) if trial.values
            ]),
        )  # fmt: skip
        for name, color, symbol, places in groups:
            if places:
                numbers, heights = zip(*places, strict=True)
                marker = {**choose_marker(len(places), color), "symbol": symbol}
                figure.add_scatter(
                    x=numbers, y=heights, mode="markers", marker=marker, name=name, legendgroup=name,
                    showlegend=row == 1, hovertemplate="trial %{x}: %{y}<extra></extra>", row=row, col=1,
                )  # fmt: skip
        steps = find_running_best(objective, values)
        if steps:
            x = [*(points[index].number for index in steps), last]
            y = [*(values[index] for index in steps), values[steps[-1]]]
            line = {"color": BEST_COLOR, "shape": "hv", "width": 2.5}
            figure.add_scatter(
                x=x, y=y, mode="lines", line=line, name="best so far", legendgroup="best", showlegend=row == 1,
                row=row, col=1,
            )  # fmt: skip
        span, note = frame_values(objective, values)
        notes.append(f"{objective.metric}: {note}" if note and len(objectives) > 1 else note)
        figure.update_yaxes(title=objective.metric, range=span, row=row, col=1)
    ticks = make_whole_ticks(last + 1)
    figure.update_xaxes(range=[-0.5, last + 0.5], **ticks)
    note = write_note(describe_share(len(shown), len(points)), *notes)
    figure.update_xaxes(title=f"trial{note}", row=len(objectives), col=1)
    return style(figure, HEIGHT if len(objectives) == 1 else 60 + _PANEL * len(objectives))


def plot_edf(study: StudyRecord) -> go.Figure:
    """Plot the empirical distribution function: which share of the trials has a value up to each one."""
    points, objectives = list_points(study), study.spec.objectives
    figure = make_panels(rows=len(objectives), shares_x=False)
    for row, objective in enumerate(objectives, start=1):
        values = sorted(point.values[row - 1] for point in points)
        share = [(index + 1) / len(values) for index in range(len(values))]
        steps = spread(list(zip(values, share, strict=True)), MOST_POINTS)
        x, y = zip((values[0], 0.0), *steps, (values[-1], 1.0), strict=True)
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": TRIAL_COLOR, "shape": "hv", "width": 2}, showlegend=False,
            hovertemplate="%{y:.0%} of the trials have %{x} or less<extra></extra>", row=row, col=1,
        )  # fmt: skip
        figure.update_xaxes(title=objective.metric, type="log" if choose_log(values) else "linear", row=row, col=1)
        figure.update_yaxes(title="share of trials", tickformat=".0%", range=[-0.02, 1.02], row=row, col=1)
    return style(figure, HEIGHT if len(objectives) == 1 else 60 + (_PANEL + 30) * len(objectives))


def plot_hypervolume(study: StudyRecord) -> go.Figure:
    """Plot how much the front of all trials so far dominates, as a share of what it does at last.

    It is measured from the worst value of each objective, by Optuna's `plot_hypervolume_history`.
    """
    import warnings

    import optuna
    import plotly.graph_objects as go

    points, objectives = list_points(study), study.spec.objectives
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it logs each study that is created
    copy = optuna.create_study(directions=[objective.direction for objective in objectives])
    copy.add_trials([optuna.trial.create_trial(values=list(point.values)) for point in points])
    worst = [
        min(values) if objective.direction == "maximize" else max(values)
        for objective, values in zip(objectives, zip(*(point.values for point in points), strict=True), strict=True)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        (history,) = optuna.visualization.plot_hypervolume_history(copy, worst).data
    volumes = [float(volume) for volume in history.y]
    full = volumes[-1] or 1.0
    steps = [index for index, volume in enumerate(volumes) if not index or volume > volumes[index - 1]]
    x = [*(points[index].number for index in steps), points[-1].number]
    y = [*(volumes[index] / full for index in steps), volumes[-1] / full]
    figure = go.Figure()
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": BEST_COLOR, "shape": "hv", "width": 2.5})
    last = points[-1].number
    figure.update_xaxes(title="trial", range=[-0.5, last + 0.5], **make_whole_ticks(last + 1))
    figure.update_yaxes(title="share of the last hypervolume", tickformat=".0%", range=[-0.02, 1.05])
    return style(figure)


def plot_timeline(study: StudyRecord) -> go.Figure:
    """Plot when each trial ran, a line a trial, by what became of it."""
    import plotly.graph_objects as go

    trials = [trial for trial in study.frozen_trials() if trial.datetime_start is not None]
    ends = [trial.datetime_complete for trial in trials if trial.datetime_complete is not None]
    now = max([*ends, *(trial.datetime_start for trial in trials if trial.datetime_start is not None)])
    figure = go.Figure()
    figure.update_layout(height=min(900, 200 + 14 * len(trials)))
    width = max(1.0, min(9.0, 0.6 * (figure.layout.height - 110) / max(1, trials[-1].number + 1)))
    states = {trial.number: state_of(trial) for trial in trials}
    for state, color in _STATES.items():
        x: list[str | None] = []
        y: list[int | None] = []
        for trial in trials:
            if states[trial.number] == state and trial.datetime_start is not None:
                end = trial.datetime_complete or now
                x += [moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") for moment in (trial.datetime_start, end)]
                x.append(None)
                y += [trial.number, trial.number, None]
        if x:
            line = {"color": color, "width": width, "dash": "solid"}
            figure.add_scatter(
                x=x, y=y, mode="lines", line=line, name=state, hovertemplate="trial %{y}, %{x}<extra></extra>"
            )
    last = trials[-1].number
    figure.update_xaxes(type="date")
    figure.update_yaxes(title="trial", range=[last + 0.7, -0.7], **make_whole_ticks(last + 1))
    figure.update_layout(showlegend=True)
    return style(figure)
