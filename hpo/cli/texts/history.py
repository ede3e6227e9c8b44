"""How the values of a study came about, as lines of a terminal."""

from __future__ import annotations

import math

from hpo.analysis import format_value
from hpo.cli.terminal.chart import ChartPoint, clip, draw_chart
from hpo.studies import StudyRecord

_FEWEST = 3
"""Trials; fewer are seen in the table."""


def draw_history(study: StudyRecord, width: int) -> list[str]:
    """Draw the value of each complete trial by its number, and the best value so far.

    Values far worse than the others are drawn at the edge, whose label says so.

    Args:
        study: with one objective.
        width: of the terminal, in characters.

    Returns:
        Lines; none where there are too few trials.
    """
    objective = study.spec.objectives[0]
    points = [(float(trial.number), float(trial.values[0])) for trial in study.compared_trials()]
    points = [(number, value) for number, value in points if math.isfinite(value)]
    if len(points) < _FEWEST:
        return []
    best: list[ChartPoint] = []
    for number, value in points:
        if objective.better(value, best[-1][1] if best else None):
            best.append((number, value))
    upwards = objective.direction == "maximize"
    shown = clip(points, upwards=upwards)
    lowest, highest = min(value for _, value in (*shown, *best)), max(value for _, value in (*shown, *best))
    is_cut = shown != points
    labels = (
        f"{'≥ ' * (is_cut and not upwards)}{format_value(objective.metric, highest)}",
        f"{'≤ ' * (is_cut and upwards)}{format_value(objective.metric, lowest)}",
        f"trial {points[0][0]:.0f}",
        f"{points[-1][0]:.0f}",
    )
    title = f"{objective.metric} of each complete trial, and the best so far"
    return [title, *draw_chart(shown, best, width, labels=labels)]
