"""The plots that there are, by name: what each answers, and of which studies it can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpo.analysis.importance.importances import compute_importances
from hpo.analysis.plots.axes import list_axes
from hpo.analysis.plots.curves import find_top_curves, plot_intermediate_values, plot_top_curves
from hpo.analysis.plots.history import plot_edf, plot_history, plot_hypervolume, plot_timeline
from hpo.analysis.plots.importances import plot_importances
from hpo.analysis.plots.judgement import (
    find_best_predictions,
    name_source,
    plot_calibration,
    plot_class_scores,
    plot_confusion,
)
from hpo.analysis.plots.mistakes import load_mistakes, plot_mistakes
from hpo.analysis.plots.pairs import plot_contour, plot_rank
from hpo.analysis.plots.points import list_points
from hpo.analysis.plots.slices import plot_parallel, plot_slice
from hpo.analysis.plots.theme import describe
from hpo.analysis.plots.tradeoffs import find_costs, plot_costs, plot_front
from hpo.analysis.predictions import Predictions
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
        is_of_predictions: whether it shows what the best model predicts, on the test part once it is evaluated there.
    """

    name: str
    title: str
    question: str
    draw: Callable[[StudyRecord], go.Figure]
    find_obstacle: Obstacle
    is_of_predictions: bool = False


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


def _need_complete(study: StudyRecord) -> str | None:
    return None if study.compared_trials() else "it needs a complete trial, and there is none"


def _need_points(study: StudyRecord) -> str | None:
    if study.compared_trials() and not list_points(study):
        return "it needs a complete trial whose values are finite, and there is none"
    return _need_complete(study)


def _need_start(study: StudyRecord) -> str | None:
    has_begun = any(trial.datetime_start is not None for trial in study.frozen_trials())
    return None if has_begun else "it needs a trial that has begun, and there is none"


def _need_epochs(study: StudyRecord) -> str | None:
    has_epochs = any(trial.intermediate_values for trial in study.frozen_trials())
    return None if has_epochs else "it needs a reported epoch, and there is none"


def _need_curves(study: StudyRecord) -> str | None:
    needed = "it needs a complete trial whose metrics of epochs are known, and there is none"
    return _need_points(study) or (None if find_top_curves(study) else needed)


def _need_objectives(study: StudyRecord) -> str | None:
    if len(study.spec.objectives) == 1:
        return f"it needs two objectives, and the study has one, {study.spec.objective.metric}"
    return _need_points(study)


def _need_parameters(count: int) -> Obstacle:
    def find(study: StudyRecord) -> str | None:
        obstacle = _need_points(study)
        if obstacle is not None:
            return obstacle
        varying = len(list_axes(study.spec.space, list_points(study)))
        needed = "a parameter that took two values" if count == 1 else f"{count} parameters that took two values"
        return None if varying >= count else f"it needs {needed}, and there is {varying or 'none'}"

    return find


def _need_costs(study: StudyRecord) -> str | None:
    obstacle = _need_points(study)
    needed = "it needs a cost that differs between trials (time, memory, parameters), and there is none"
    return obstacle or (None if find_costs(list_points(study)) else needed)


def _need_predictions(study: StudyRecord) -> str | None:
    needed = "it needs the predictions of a kept model, and there are none"
    return None if find_best_predictions(study) else needed


def _need_mistakes(study: StudyRecord) -> str | None:
    found = find_best_predictions(study)
    if found is None:
        return _need_predictions(study)
    number, part, predictions = found
    count = f"{len(predictions):,} images of the {part} part"
    return None if not predictions.correct.all() else f"it needs a mistake, and trial {number} made none on {count}"


def _judge(plot: Callable[[Predictions, str], go.Figure]) -> Callable[[StudyRecord], go.Figure]:
    def draw(study: StudyRecord) -> go.Figure:
        found = find_best_predictions(study)
        assert found is not None  # noqa: S101 - `_need_predictions` is asked before
        return plot(found[2], name_source(*found))

    return draw


def _draw_mistakes(study: StudyRecord) -> go.Figure:
    found = find_best_predictions(study)
    assert found is not None  # noqa: S101 - `_need_mistakes` is asked before
    number, part, predictions = found
    return plot_mistakes(predictions, load_mistakes(study.files, number, part, predictions), name_source(*found))


def _draw_importances(study: StudyRecord) -> go.Figure:
    return plot_importances(compute_importances(study))


def _need_importances(study: StudyRecord) -> str | None:
    """Ask what costs nothing of what `compute_importances` asks."""
    obstacle = _need_parameters(1)(study)
    if obstacle is None and len({trial.values[0] for trial in study.compared_trials()}) == 1:
        return "it needs complete trials with different values, and there are none"
    return obstacle


_PLOTS: tuple[Plot, ...] = (
    Plot(
        "history",
        "Optimization history",
        "How did the best value come about, and does it still get better?",
        plot_history,
        _need_points,
    ),
    Plot(
        "intermediate_values",
        "Intermediate values",
        "How did each trial come to its value, and which were pruned?",
        plot_intermediate_values,
        _need_epochs,
    ),
    Plot(
        "learning_curves",
        "Learning curves of the top trials",
        "Do the best models overfit, underfit, or still learn?",
        plot_top_curves,
        _need_curves,
    ),
    Plot(
        "importances",
        "Parameter importances",
        "Which parameters decided the result?",
        _draw_importances,
        _need_importances,
    ),
    Plot("slice", "Each parameter", "Which values of each parameter are good?", plot_slice, _need_parameters(1)),
    Plot(
        "parallel_coordinate",
        "Parallel coordinates",
        "Which values do the best trials have in common?",
        plot_parallel,
        _need_parameters(1),
    ),
    Plot(
        "contour",
        "Pairs of parameters",
        "Where do two parameters together give the best?",
        plot_contour,
        _need_parameters(2),
    ),
    Plot("rank", "Ranks over pairs of parameters", "Where do the best trials lie?", plot_rank, _need_parameters(2)),
    Plot("edf", "Distribution of values", "How likely is a good value in this space?", plot_edf, _need_points),
    Plot(
        "pareto_front",
        "Pareto front",
        "What does it cost in one objective to be better in another?",
        plot_front,
        _need_objectives,
    ),
    Plot("hypervolume", "Hypervolume", "Does the Pareto front still move?", plot_hypervolume, _need_objectives),
    Plot("costs", "Time, memory and size", "What does a better model cost?", plot_costs, _need_costs),
    Plot("timeline", "Timeline", "What ran when, and what became of it?", plot_timeline, _need_start),
    Plot(
        "confusion_matrix",
        "Confusion matrix",
        "Which classes does the best model take for which?",
        _judge(plot_confusion),
        _need_predictions,
        is_of_predictions=True,
    ),
    Plot(
        "class_scores",
        "Precision, recall and F1 of each class",
        "Which classes is the best model bad at?",
        _judge(plot_class_scores),
        _need_predictions,
        is_of_predictions=True,
    ),
    Plot(
        "calibration",
        "Calibration",
        "Is the best model right as often as it is sure?",
        _judge(plot_calibration),
        _need_predictions,
        is_of_predictions=True,
    ),
    Plot(
        "mistakes",
        "Worst mistakes",
        "What does the best model get wrong, and would a person?",
        _draw_mistakes,
        _need_mistakes,
        is_of_predictions=True,
    ),
)

PLOTS: Mapping[str, Plot] = {plot.name: plot for plot in _PLOTS}
