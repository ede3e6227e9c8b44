"""What is done between the steps and the epochs of a fit: Keras' callbacks for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import keras

from hpo.models.foreign import own_compilation
from hpo.spaces.sections.training.schedules import ReduceOnPlateau
from hpo.training.outcome import Cause, EpochReport, Observer, Verdict
from hpo.training.trial.checkpointer import Checkpointer, report_in
from hpo.training.trial.generators import read_generators, write_generators
from hpo.training.trial.session import TrialSession
from hpo.training.trial.variables import group, write_optimizer, write_variables

if TYPE_CHECKING:
    import numpy as np

    from hpo.data.layers.batches import Batches
    from hpo.studies import Checkpoint


class EpochRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes every epoch into the session, keeps a checkpoint, reports it, and ends a fit that is to go no further.

    The best weights are those that were validated. They are others than those at an epoch's end where a moving average
    is validated, so this has to stand before `keras.callbacks.SwapEMAWeights`.

    It lives through all fits of a trial, and before each one `begin_fit` is called.

    Attributes:
        session: the training's state.
        end: why no epoch is to follow, in this phase or another: the verdict, or the cause of a failure.
        images_per_second: training images by training time, in the last epoch.
        first_step: steps of the epoch under way that were done before this fit.
    """

    def __init__(
        self,
        model: keras.Model,
        session: TrialSession,
        images: int,
        observer: Observer,
        checkpointer: Checkpointer | None = None,
    ) -> None:
        """Begin, or go on from where the checkpointer says.

        Args:
            model: what is trained.
            session: the training's state; of a training that goes on, with its epochs so far.
            images: to train on.
            observer: is told of every epoch.
            checkpointer: keeps a checkpoint of every epoch; None where none is kept.

        Raises:
            UnusableCheckpointError: the checkpoint has other variables than the model.
        """
        super().__init__()
        self.set_model(model)
        self.end: Verdict | Cause | None = None
        self.images_per_second = 0.0
        self.session = session
        self.first_step = 0
        self._images = images
        self._observer = observer
        self._checkpointer = checkpointer
        # Parts of a batch, each of which Keras calls a batch.
        self._accumulation_steps = checkpointer.accumulation_steps if checkpointer else 1
        self._started = 0.0
        self._training_s = 0.0
        self._earlier_s = 0.0
        self._report: EpochReport | None = None
        self._validated: list[np.ndarray] = []
        self._best: list[np.ndarray] = []
        self._resumed = checkpointer.hand_over() if checkpointer else None
        self._generators: dict[str, np.ndarray] = {}
        self._metrics: dict[str, np.ndarray] = {}
        if self._resumed is not None:
            self._go_on_from(self._resumed)

    def restore_best(self) -> None:
        """Give the model the weights of the best epoch; it keeps its own where there is none."""
        if self._best:
            self.model.set_weights(self._best)

    def begin_fit(self, validation: Batches) -> None:
        """Bring what the next fit begins with into the state of the checkpoint that it goes on from, if there is one.

        The model is compiled as it was then.

        Raises:
            UnusableCheckpointError: the checkpoint has other variables.
        """
        checkpoint, self._resumed = self._resumed, None
        self.first_step, self._earlier_s, self._metrics = 0, 0.0, {}
        self._generators = read_generators() if checkpoint is None else group(checkpoint.arrays, "generators")
        if checkpoint is None or not (checkpoint.step or self.session.phase_epoch):
            return
        if checkpoint.step:
            self.first_step, self._earlier_s = checkpoint.step, checkpoint.about["epoch_s"]
            self._metrics = group(checkpoint.arrays, "metrics")
            self.model.test_on_batch(*validation[0])  # Keras makes the variables of metrics at their first batch
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        write_variables(self.model.variables, group(checkpoint.arrays, "model"))
        write_optimizer(self.model.optimizer, self._accumulation_steps, group(checkpoint.arrays, "optimizer"))

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin with the learning rate that the session has come to."""
        self._set_learning_rate()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock; in the first epoch of a fit, set what the fit would have changed before."""
        self._started = time.perf_counter()
        if not self.first_step:
            # Not before: on PyTorch, Keras (3.15) draws from the process's generator when a fit begins.
            self._write_generators()
        if self._metrics:
            write_variables(self.model.metrics_variables, self._metrics)
            self._metrics = {}

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the fit where that is asked, with a checkpoint; keep one where it is due.

        At the beginning of a batch, since Keras calls what is to be done at the end of one in another thread.
        """
        self._write_generators()  # in the middle of an epoch not before: PyTorch's loader has drawn from one again
        must_pause = self._observer.must_pause()
        steps, part = divmod(batch, self._accumulation_steps)
        if part:
            return
        is_due = self._checkpointer is not None and self._checkpointer.is_due
        if batch and (must_pause or is_due):
            if keras.backend.backend() == "jax":
                self.model.jax_state_sync()
            self._take_checkpoint(step=self.first_step + steps)
        if must_pause:
            raise PauseNow
        if self._checkpointer is not None:
            self._checkpointer.check_time()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Take the time that training took."""
        self._training_s = time.perf_counter() - self._started

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Let the observer see that the trial goes on; a pause waits for the end of the validation."""
        self._observer.must_pause()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Set the weights aside where the epoch may be the best."""
        value = float((logs or {})[self.session.objective.metric.removeprefix("val_")])
        self._validated = self.model.get_weights() if self.session.is_best(value) else []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the epoch in, keep a checkpoint, report it, and end the fit where none is to follow."""
        session, phase, max_epochs = self.session, self.session.phase, self.session.max_epochs
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        if len(session.phases) > 1 or isinstance(session.recipe.schedule, ReduceOnPlateau):
            metrics["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        seconds = self._epoch_s
        self.images_per_second = (self._images - self.first_step * session.recipe.batch_size) / self._training_s
        session.record(metrics, seconds)
        if session.diverged is not None:
            self._stop(Cause("nan_loss", self._nan_message(session.diverged)))
            return
        if session.best_epoch == session.epoch:
            self._best = self._validated
        self._report = EpochReport(
            session.epoch, max_epochs, session.last_value, self.images_per_second, metrics, seconds
        )
        checkpoint = self._take_checkpoint()
        self._tell(self._report)
        if self.end is not None or session.is_over:
            self._stop(self.end)
        elif self._observer.must_pause():
            raise PauseNow
        elif session.phase > phase:
            self._stop(None)
        elif self.first_step:  # the next epoch has more steps than this fit
            self._resumed = checkpoint
            self._stop(None)
        else:
            self._set_learning_rate()

    @property
    def _epoch_s(self) -> float:
        return self._earlier_s + time.perf_counter() - self._started

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        write_variables(self.model.variables, group(checkpoint.arrays, "model"))
        if self.session.best_epoch:
            best = list(group(checkpoint.arrays, "best").values())
            self._best = self.model.get_weights() if checkpoint.about["best_is_model"] else best
        if self.session.epoch:
            self._report = report_in(checkpoint, self.session)
            self.images_per_second = self._report.images_per_second
            self._tell(self._report)

    def _take_checkpoint(self, step: int = 0) -> Checkpoint | None:
        if self._checkpointer is None:
            return None
        session = self.session
        has_best = not step and session.best_epoch == session.epoch and session.phases[0][0].ema is None
        return self._checkpointer.take(
            self.model,
            session,
            None if has_best else self._best,
            step=step,
            epoch_s=self._epoch_s if step else 0.0,
            report=self._report,
        )

    def _write_generators(self) -> None:
        if self._generators:
            write_generators(self._generators)
            self._generators = {}

    def _tell(self, report: EpochReport) -> None:
        """Report an epoch; after the last one, a trial is complete whatever the pruner says."""
        if self._observer.report(report) is Verdict.PRUNE and report.epoch < report.epochs:
            self.end = Verdict.PRUNE

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
    """Leaves `fit` where a trial can go on from its last checkpoint."""
