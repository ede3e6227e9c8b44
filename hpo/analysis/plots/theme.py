"""How all figures look: colours, fonts, axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

TRIAL_COLOR, BEST_COLOR, MUTED_COLOR = "#6b8fb5", "#c2410c", "#c9ced6"
_MOST_TICKS = 12
"""So many fit side by side on a phone."""


def make_whole_ticks(values: int) -> dict[str, Any]:
    """Ticks for so many whole numbers: plotly itself puts some between them where they are few."""
    return {"tickformat": "d", "dtick": 1} if values < _MOST_TICKS else {"tickformat": "d"}


def style(figure: go.Figure) -> go.Figure:
    """Give a figure the theme of all of them."""
    figure.update_layout(
        template="plotly_white",
        title=None,
        margin={"l": 60, "r": 20, "t": 40, "b": 50},
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": 1.08, "x": 0},
    )
    return figure
