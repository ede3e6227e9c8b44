"""How the values of a study came about, trial by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.analysis.plots.theme import BEST_COLOR, MUTED_COLOR, TRIAL_COLOR, make_whole_ticks, style
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go


def plot_history(study: StudyRecord) -> go.Figure:
    """The value of each complete trial in the order of their numbers, and the best value so far.

    Optuna's own plot wants trials to be numbered without a gap, and those that lie outside the space leave some.
    """
    import plotly.graph_objects as go

    objective, compared = study.spec.objectives[0], study.compared_trials()
    outside = [trial for trial in study.trials() if trial.values and trial.outside is not None]
    last = study.frozen_trials()[-1].number
    best: list[tuple[int, float]] = []
    for trial in compared:
        if objective.better(trial.values[0], best[-1][1] if best else None):
            best.append((trial.number, trial.values[0]))
    figure = go.Figure()
    for name, color, trials in (("trials", TRIAL_COLOR, compared), ("outside the space", MUTED_COLOR, outside)):
        points = [(trial.number, trial.values[0]) for trial in trials if trial.values]
        if points:
            x, y = zip(*points, strict=True)
            figure.add_scatter(x=x, y=y, mode="markers", marker={"color": color, "size": 8}, name=name)
    if best:
        x, y = zip(*best, (last, best[-1][1]), strict=True)
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": BEST_COLOR, "shape": "hv"}, name="best so far")
    figure.update_xaxes(title="trial", range=[-0.5, last + 0.5], **make_whole_ticks(last + 1))
    figure.update_yaxes(title=objective.metric)
    return style(figure)
