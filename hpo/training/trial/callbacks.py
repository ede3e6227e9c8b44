"""What is done between the epochs of a fit: Keras' callbacks for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import keras

from hpo.models.foreign import own_compilation
from hpo.spaces.sections.schedules import ReduceOnPlateau
from hpo.training.outcome import Cause, EpochReport, Observer, Verdict
from hpo.training.trial.session import TrialSession

if TYPE_CHECKING:
    import numpy as np


class EpochRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes every epoch into the session, reports it, keeps the best weights, and ends a fit that is to go no further.

    The weights are those that were validated. They are others than those at an epoch's end where a moving average is
    validated, so this has to stand before `keras.callbacks.SwapEMAWeights`.

    Attributes:
        session: the training's state.
        end: why no epoch is to follow, in this phase or another: the verdict, or the cause of a failure.
        images_per_second: training images by training time, in the last epoch.
    """

    async_safe = True  # lets engines run ahead: nothing here needs a batch's logs

    def __init__(self, session: TrialSession, images: int, observer: Observer) -> None:
        super().__init__()
        self.end: Verdict | Cause | None = None
        self.images_per_second = 0.0
        self.session = session
        self._images = images
        self._observer = observer
        self._started = 0.0
        self._training_s = 0.0
        self._validated: list[np.ndarray] = []
        self._best: list[np.ndarray] = []

    def restore_best(self) -> None:
        """Give the model the weights of the best epoch; it keeps its own where there is none."""
        if self._best:
            self.model.set_weights(self._best)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin with the learning rate that the session has come to."""
        self._set_learning_rate()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the fit where that is asked."""
        self._pause_if_asked()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Take the time that training took."""
        self._training_s = time.perf_counter() - self._started

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the fit where that is asked."""
        self._pause_if_asked()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Set the weights aside where the epoch may be the best."""
        value = float((logs or {})[self.session.objective.metric.removeprefix("val_")])
        self._validated = self.model.get_weights() if self.session.is_best(value) else []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the epoch in, report it, and end the fit where none is to follow."""
        session, phase, max_epochs = self.session, self.session.phase, self.session.max_epochs
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        if len(session.phases) > 1 or isinstance(session.recipe.schedule, ReduceOnPlateau):
            metrics["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        seconds = time.perf_counter() - self._started
        self.images_per_second = self._images / self._training_s
        session.record(metrics, seconds)
        if session.diverged is not None:
            self._stop(Cause("nan_loss", self._nan_message(session.diverged)))
            return
        if session.best_epoch == session.epoch:
            self._best = self._validated
        report = EpochReport(session.epoch, max_epochs, session.last_value, self.images_per_second, metrics, seconds)
        verdict = self._observer.report(report)
        if verdict is Verdict.PRUNE and report.epoch < report.epochs:  # after its last epoch a trial is complete
            self._stop(Verdict.PRUNE)
        elif session.phase > phase:
            self._stop(None)
        else:
            self._set_learning_rate()

    def _pause_if_asked(self) -> None:
        if self._observer.must_pause():
            raise PauseNow

    def _set_learning_rate(self) -> None:
        if self.session.learning_rate is not None:
            self.model.optimizer.learning_rate = self.session.learning_rate

    def _stop(self, end: Verdict | Cause | None) -> None:
        self.end = end
        self.model.stop_training = True

    def _nan_message(self, metric: str) -> str:
        which = {"loss": "loss", "val_loss": "validation loss"}.get(metric, metric)
        recipe, optimizer = self.session.recipe, self.model.optimizer
        trained = f"with learning rate {recipe.learning_rate:g} and {recipe.optimizer.name}"
        if own_compilation(self.model) is not None:
            rate, name = float(optimizer.learning_rate), type(optimizer).__name__
            trained = f"at learning rate {rate:g} of the model's own {name}"
        return f"the {which} was no finite number in epoch {self.session.epoch}, {trained}"


class PauseNow(Exception):  # noqa: N818 - a signal, no error
    """Leaves `fit` in the middle of an epoch."""
