"""Learning curves: what each epoch gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.analysis.plots.theme import BEST_COLOR, MUTED_COLOR, TRIAL_COLOR, make_whole_ticks, style
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go


def plot_intermediate_values(study: StudyRecord) -> go.Figure:
    """The learned objective of every trial after each epoch; trials of the front stand out, pruned ones are pale."""
    import plotly.graph_objects as go

    unbeaten = {best.number for best in study.front}
    is_alone = len(study.spec.objectives) == 1
    word = "best" if is_alone else "front"
    figure, last = go.Figure(), 0
    for trial in study.frozen_trials():
        if not trial.intermediate_values:
            continue
        is_best = trial.number in unbeaten
        color = BEST_COLOR if is_best else MUTED_COLOR if trial.state.name == "PRUNED" else TRIAL_COLOR
        epochs, values = zip(*sorted(trial.intermediate_values.items()), strict=True)
        last = max(last, *epochs)
        figure.add_scatter(
            x=epochs,
            y=values,
            mode="lines+markers" if len(epochs) == 1 else "lines",
            line={"color": color, "width": 3 if is_best else 1.2},
            name=f"trial {trial.number}{f' ({word})' if is_best else ''}",
            showlegend=is_best and is_alone,
        )
    figure.update_xaxes(title="epoch", **make_whole_ticks(last))
    figure.update_yaxes(title=study.spec.objective.metric)
    return style(figure)
