"""Importances of parameters, as bars with intervals and ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.analysis.importance.result import Importances, format_ranks
from hpo.analysis.plots.theme import CLEAR, MUTED_COLOR, TRIAL_COLOR, escape_label, style

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_LETTERS = 32
_RANKS = 84
"""Pixels to the right of the bars, for the ranks."""
_LEAST_END = 0.25
"""Of the axis, so that a share of nearly nothing does not look like much."""


def plot_importances(importances: Importances) -> go.Figure:
    """Draw each parameter's share with its interval, the most important on top, and the ranks that are possible.

    Those that do no more than chance are pale, below.
    """
    import plotly.graph_objects as go

    parameters = importances.parameters[::-1]
    places = list(range(len(parameters)))
    shares, highs = [one.share for one in parameters], [one.high for one in parameters]
    bars = go.Bar(
        x=shares,
        y=places,
        orientation="h",
        marker={"color": [MUTED_COLOR if one.by_chance else TRIAL_COLOR for one in parameters]},
        hovertext=[f"{escape_label(one.name)}: {one.share:.0%}, {one.low:.0%} to {one.high:.0%}" for one in parameters],
        hoverinfo="text",
    )
    errors = {
        "array": [max(0.0, one.high - one.share) for one in parameters],
        "arrayminus": [max(0.0, one.share - one.low) for one in parameters],
        "color": CLEAR.ink,
        "thickness": 1.5,
    }
    intervals = go.Scatter(
        x=shares, y=places, mode="markers", marker={"size": 5, "color": CLEAR.ink}, error_x=errors, hoverinfo="skip"
    )
    figure = go.Figure([bars, intervals])
    for place, one in zip(places, parameters, strict=True):
        figure.add_annotation(
            text="chance" if one.by_chance else f"rank {format_ranks(one)}", x=1, y=place, xref="x domain", yref="y",
            xanchor="left", yanchor="middle", xshift=6, showarrow=False,
        )  # fmt: skip
    figure.update_layout(height=130 + 34 * len(places), bargap=0.35, showlegend=False)
    figure.update_xaxes(
        title=f"share<br><sup>{importances.method}, with 95% intervals</sup>",
        tickformat=".0%",
        tickangle=0,
        tickfont={"size": 11},
        nticks=3,  # beside long names, a phone has no room for more
        range=[0, max([_LEAST_END, *highs]) * 1.04],
    )
    names = [escape_label(one.name, _MOST_LETTERS) for one in parameters]
    figure.update_yaxes(tickvals=places, ticktext=names, range=[-0.6, len(places) - 0.4], showgrid=False)
    style(figure)
    figure.update_yaxes(ticks="outside", ticklen=5, tickcolor=CLEAR.background)
    return figure.update_layout(margin={"r": _RANKS})
