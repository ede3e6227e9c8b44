"""The plots that there are, by name: what each answers, and of which studies it can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpo.analysis.importance.importances import compute_importances
from hpo.analysis.plots.curves import plot_intermediate_values
from hpo.analysis.plots.front import plot_front
from hpo.analysis.plots.history import plot_history
from hpo.analysis.plots.importances import plot_importances
from hpo.analysis.plots.theme import describe
from hpo.errors import Fault, UserError
from hpo.studies import StudyRecord
from hpo.vocabulary import suggest

if TYPE_CHECKING:
    import plotly.graph_objects as go

Obstacle = Callable[[StudyRecord], str | None]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of a study.

    Attributes:
        name: what `hpo plot STUDY NAME` takes.
        title: its heading.
        question: what it answers, as a question.
        draw: makes the figure; only of a study for which there is no obstacle.
        find_obstacle: says what it needs that a study has not, `it needs two objectives`; None where it can be drawn.
    """

    name: str
    title: str
    question: str
    draw: Callable[[StudyRecord], go.Figure]
    find_obstacle: Obstacle


def draw_plot(study: StudyRecord, name: str) -> go.Figure:
    """Draw a plot of a study, by its name.

    Raises:
        UserError: there is no such plot, or it cannot be drawn of this study; the error says why.
    """
    plot, study = find_plot(name), study.snapshot()
    obstacle = plot.find_obstacle(study)
    if obstacle is not None:
        raise UserError(Fault(obstacle, subject=f"plot {plot.name}"))
    return describe(plot.draw(study), plot.title, plot.question)


def find_plot(name: str) -> Plot:
    """Find a plot by its name, which may be written with hyphens.

    Raises:
        UserError: there is no such plot.
    """
    plot = PLOTS.get(name.replace("-", "_").lower())
    if plot is None:
        raise UserError(Fault(f"a plot is {', '.join(PLOTS)}", repr(name), suggest(name, list(PLOTS)), subject="plot"))
    return plot


def _need_complete(count: int) -> Obstacle:
    def find(study: StudyRecord) -> str | None:
        complete = len(study.compared_trials())
        needed = "a complete trial" if count == 1 else f"{count} complete trials"
        return (
            None
            if complete >= count
            else f"it needs {needed}, and there {'is' if complete == 1 else 'are'} {complete or 'none'}"
        )

    return find


def _need_epochs(study: StudyRecord) -> str | None:
    return None if any(trial.intermediate_values for trial in study.frozen_trials()) else "it needs a reported epoch"


def _need_objectives(study: StudyRecord) -> str | None:
    if len(study.spec.objectives) == 1:
        return f"it needs two objectives, and the study has one, {study.spec.objective.metric}"
    return _need_complete(1)(study)


PLOTS: Mapping[str, Plot] = {
    plot.name: plot
    for plot in (
        Plot(
            "history",
            "Optimization history",
            "Did the search get better, and does it still?",
            plot_history,
            _need_complete(1),
        ),
        Plot(
            "intermediate_values",
            "Intermediate values",
            "How did each trial come to its value, and which were pruned?",
            plot_intermediate_values,
            _need_epochs,
        ),
        Plot(
            "pareto_front",
            "Pareto front",
            "What does it cost in one objective to be better in another?",
            plot_front,
            _need_objectives,
        ),
        Plot(
            "importances",
            "Parameter importances",
            "Which parameters decided the result?",
            lambda study: plot_importances(compute_importances(study)),
            lambda study: compute_importances(study).reason,
        ),
    )
}
