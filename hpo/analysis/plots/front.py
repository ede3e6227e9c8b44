"""Several objectives, against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.analysis.plots.theme import BEST_COLOR, TRIAL_COLOR, style
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go


def plot_front(study: StudyRecord) -> go.Figure:
    """The learned objective of each complete trial against the first other; trials that no other beats stand out."""
    import plotly.graph_objects as go

    unbeaten = {best.number for best in study.front}
    objectives = study.spec.objectives
    up = objectives.index(study.spec.objective)
    across = 0 if up else 1
    figure = go.Figure()
    for name, color, size, is_front in (
        ("other trials", TRIAL_COLOR, 7, False),
        ("Pareto front", BEST_COLOR, 10, True),
    ):
        trials = [trial for trial in study.compared_trials() if (trial.number in unbeaten) == is_front]
        figure.add_scatter(
            x=[trial.values[across] for trial in trials],
            y=[trial.values[up] for trial in trials],
            mode="markers",
            marker={"color": color, "size": size},
            name=name,
            text=[f"trial {trial.number}" for trial in trials],
            hovertemplate="%{text}<br>%{x}, %{y}<extra></extra>",
        )
    figure.update_xaxes(title=objectives[across].metric)
    figure.update_yaxes(title=objectives[up].metric)
    return style(figure)
