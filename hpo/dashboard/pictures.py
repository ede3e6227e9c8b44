"""Pictures of trials, drawn when somebody looks at them: Optuna's dashboard takes them for artifacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from optuna.artifacts.exceptions import ArtifactNotFound

from hpo.analysis.plots.export import figure_to_png
from hpo.dashboard.drawing import plot_confusion, plot_trial
from hpo.errors import UserError
from hpo.studies import StudyRecord
from hpo.studies.store.stored import StoredTrial

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CURVES, _CONFUSION = "learning curves.png", "confusion matrix.png"
_DRAW: Mapping[str, Callable[[StudyRecord, int], go.Figure | None]] = {_CURVES: plot_trial, _CONFUSION: plot_confusion}
_WIDTH, _HEIGHT = 720, 480


def name_pictures(trial_id: int, trial: StoredTrial, *, has_model: bool) -> dict[str, str]:
    """Name the pictures that there are of a trial, by the ids of artifacts: `30000017-0` for its first one."""
    names = [_CURVES] if trial.intermediate_values else []
    names += [_CONFUSION] if has_model else []
    return {f"{trial_id}-{list(_DRAW).index(name)}": name for name in names}


class PictureStore:
    """What Optuna's dashboard asks a store of artifacts for.

    Args:
        find: gives the study of a trial, and its number there, by its id; raises KeyError.
    """

    def __init__(self, find: Callable[[int], tuple[StudyRecord, int]]) -> None:
        self._find = find

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
            raise ArtifactNotFound(artifact_id)
        return BytesIO(figure_to_png(figure, _WIDTH, _HEIGHT, renderer="matplotlib"))

    def write(self, *arguments: object) -> NoReturn:
        """Refuse to keep anything."""
        raise UserError("artifacts: hpo makes them. Received a file to keep. Put it beside the study.")

    remove = write
