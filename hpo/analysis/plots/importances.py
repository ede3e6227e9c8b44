"""Importances of parameters, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.analysis.importance.result import Importances
from hpo.analysis.plots.theme import MUTED_COLOR, TRIAL_COLOR, style
from hpo.shown import readable

if TYPE_CHECKING:
    import plotly.graph_objects as go


def plot_importances(importances: Importances) -> go.Figure:
    """Each parameter's share, the most important on top; those that do no more than chance are pale, below."""
    import plotly.graph_objects as go

    names, shares = list(importances.shares), list(importances.shares.values())
    bars = go.Bar(
        x=shares[::-1],
        y=[readable(name) for name in names[::-1]],
        orientation="h",
        marker={"color": [MUTED_COLOR if name in importances.by_chance else TRIAL_COLOR for name in names[::-1]]},
        text=[f"{share:.0%}" for share in shares[::-1]],
        textposition="outside",
        cliponaxis=False,
    )
    figure = go.Figure(bars)
    figure.update_layout(height=130 + 34 * len(names), bargap=0.35)
    figure.update_xaxes(title="share of importance", tickformat=".0%", range=[0, max(shares) * 1.12])
    return style(figure)
