"""Pictures of trials, drawn when somebody looks at them: Optuna's dashboard takes them for artifacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from optuna.artifacts.exceptions import ArtifactNotFound

from hpo.analysis.plots.curves import plot_learning_curves
from hpo.analysis.plots.export import figure_to_png
from hpo.analysis.plots.judgement import name_source, plot_confusion
from hpo.analysis.plots.theme import HEIGHT
from hpo.analysis.predictions import PredictedPart, load_predictions
from hpo.errors import UserError
from hpo.studies import StudyRecord, TrialLedger
from hpo.studies.store.stored import StoredTrial

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WIDTH = 720
_PARTS: tuple[PredictedPart, ...] = ("test", "validation")
"""Where a model was not evaluated on the first one, it was on the second."""


def _plot_curves(study: StudyRecord, number: int) -> go.Figure | None:
    return plot_learning_curves(study, [number])


def _plot_confusion(study: StudyRecord, number: int) -> go.Figure | None:
    for part in _PARTS:
        predictions = load_predictions(study.files, number, part)
        if predictions is not None:
            return plot_confusion(predictions, name_source(number, part, predictions))
    return None


_CURVES, _CONFUSION = "learning curves.png", "confusion matrix.png"
_DRAW: Mapping[str, Callable[[StudyRecord, int], go.Figure | None]] = {
    _CURVES: _plot_curves,
    _CONFUSION: _plot_confusion,
}


def name_pictures(trial_id: int, trial: StoredTrial, *, has_model: bool) -> dict[str, str]:
    """Name the pictures that there are of a trial, by the ids of artifacts: `30000017-0` for its first one."""
    history = TrialLedger(trial.user_attrs).history
    names = [_CURVES] if any(name.startswith("val_") for name in history) else []
    names += [_CONFUSION] if has_model else []
    return {f"{trial_id}-{list(_DRAW).index(name)}": name for name in names}


class PictureStore:
    """What Optuna's dashboard asks a store of artifacts for.

    Args:
        find: gives the study of a trial, and its number there, by its id; raises KeyError.
    """

    def __init__(self, find: Callable[[int], tuple[StudyRecord, int]]) -> None:
        self._find = find
        self._lock = Lock()

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """Draw a picture.

        Raises:
            ArtifactNotFound: there is none with that id.
        """
        trial_id, _, index = artifact_id.partition("-")
        try:
            record, number = self._find(int(trial_id))
            figure = list(_DRAW.values())[int(index)](record, number)
        except (KeyError, ValueError, IndexError):
            figure = None
        if figure is None:
            raise ArtifactNotFound("picture: there is none of that trial, or what the model predicted cannot be read.")
        with self._lock:  # matplotlib is not made for threads
            return BytesIO(figure_to_png(figure, _WIDTH, figure.layout.height or HEIGHT, renderer="matplotlib"))

    def write(self, *arguments: object) -> NoReturn:
        """Refuse to keep anything."""
        raise UserError("artifacts: hpo makes them. Received a file to keep. Put it beside the study.")

    remove = write
