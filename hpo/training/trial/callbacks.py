"""What is done between the steps and the epochs of a fit: Keras' callbacks for it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras

from hpo.models.foreign import own_compilation
from hpo.spaces.sections.training.schedules import ReduceOnPlateau
from hpo.training.network.generators import read_generators, write_generators
from hpo.training.network.steps import keep_predictions, take_predictions
from hpo.training.outcome import Cause, EpochReport, Observer, Verdict
from hpo.training.trial.averaging import EpochAverages, is_averaged
from hpo.training.trial.checkpointer import Checkpointer, replay, report_in
from hpo.training.trial.session import TrialSession
from hpo.training.trial.swapping import group_weights, make_fresh_optimizer, read_training, write_training
from hpo.training.trial.variables import (
    Arrays,
    group,
    is_finite,
    read_beside,
    read_values,
    split_repeats,
    write_values,
    write_variables,
)

if TYPE_CHECKING:
    import numpy as np

    from hpo.studies import Checkpoint


class EpochRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes every epoch into the session, keeps a checkpoint, reports it, and ends a fit that is to go no further.

    The best weights are those that were validated. They are others than those at an epoch's end where a moving average
    is validated, so this has to stand before `keras.callbacks.SwapEMAWeights`.

    It lives through all fits of a trial, and before each one `begin_fit` is called. What is fitted is the model, or a
    head with its layers and its optimizer. Of several repeats, the one whose
    turn it is has the model, for an epoch; the numbers of the others wait in the memory of the host.

    Attributes:
        session: the trial's state.
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
        *,
        starts: Sequence[Arrays] = (),
    ) -> None:
        """Begin, or go on from where the checkpointer says.

        Args:
            model: what is trained.
            session: the trial's state; of a training that goes on, with its epochs so far.
            images: to train on.
            observer: is told of every epoch.
            checkpointer: keeps a checkpoint of every epoch; None where none is kept.
            starts: the numbers that each repeat begins with; empty where the model has those of the only one, or a
                checkpoint has all.

        Raises:
            UnusableCheckpointError: the checkpoint has other variables than the model.
        """
        super().__init__()
        self.set_model(model)
        self._whole = model
        self.end: Verdict | Cause | None = None
        self.images_per_second = 0.0
        self.session = session
        self.first_step = 0
        self._images = images
        self._observer = observer
        self._checkpointer = checkpointer
        # Parts of a batch, each of which Keras calls a batch.
        self._accumulation_steps = checkpointer.accumulation_steps if checkpointer else 1
        self._steps = math.ceil(images / session.phases[0][0].batch_size)
        self._resumed_step = 0
        self._started = 0.0
        self._training_s = 0.0
        self._trained_images = 0
        self._earlier_s = 0.0
        self._report: EpochReport | None = None
        self._validated: list[np.ndarray] = []
        self._predicted: np.ndarray | None = None
        self._best: list[list[np.ndarray]] = [[] for _ in session.repeats]
        self._best_predictions: list[np.ndarray | None] = [None] * len(session.repeats)
        self._still: dict[int, np.ndarray] = {}
        self._waiting: list[Arrays | None] = list(starts) or [None] * len(session.repeats)
        self._generators: dict[str, np.ndarray] = {}
        self._first_generators: dict[str, np.ndarray] = {}
        self._metrics: dict[str, np.ndarray] = {}
        self._averages = EpochAverages(session)
        checkpoint = checkpointer.hand_over() if checkpointer else None
        if checkpoint is not None:
            self._go_on_from(checkpoint)

    @property
    def has_fresh_repeats(self) -> bool:
        """Whether a repeat waits for the optimizer of a phase, which it has not begun."""
        return bool(self._fresh_repeats)

    @property
    def _fresh_repeats(self) -> list[int]:
        return [
            index
            for index, arrays in enumerate(self._waiting)
            if arrays is not None and self.session.takes_part(index) and not group(arrays, "optimizer")
        ]

    def restore_best(self, repeat: int = 0) -> None:
        """Give the model the weights of a repeat's best epoch; it keeps its own where there is none."""
        if self._best[repeat]:
            write_values(self._whole.weights, self._best[repeat])

    def best_predictions(self, repeat: int = 0) -> np.ndarray | None:
        """Give what the validation of a repeat's best epoch has predicted; None where that is not known."""
        return self._best_predictions[repeat]

    def begin_phase(self, compile_model: Callable[[], keras.Model]) -> None:
        """Compile the model for a phase, in which each repeat begins with its best weights and a fresh optimizer."""
        fresh = self._fresh_repeats
        if self._waiting[0] is None and len(self._waiting) == 1:
            self.restore_best()
        if not fresh:
            self._whole = compile_model()
        for index in fresh:
            arrays = self._waiting[index] or {}
            write_variables(self._whole.variables, group(arrays, "model"))
            self.restore_best(index)
            self._whole = compile_model()
            self._waiting[index] = make_fresh_optimizer(self._whole, arrays, self._accumulation_steps)
        self.set_model(self._whole)

    def begin_fit(self) -> None:
        """Have the repeat whose turn it is take the model, where it does not have it; the model is compiled for it.

        Raises:
            UnusableCheckpointError: a checkpoint that it goes on from has other variables.
        """
        turn = self.session.turn
        arrays, self._waiting[turn] = self._waiting[turn], None
        self.first_step, self._resumed_step = self._resumed_step, 0
        self._generators = read_generators() if arrays is None else group(arrays, "generators")
        self._metrics = {} if arrays is None else group(arrays, "metrics")
        if arrays is not None:
            write_training(self._whole, arrays, self._accumulation_steps)

    def check_time(self) -> None:
        """Let the observer see that the trial goes on, while something else than a fit does.

        Raises:
            PauseNow: it has to wait.
            TimeIsUp: it has taken as long as it may.
        """
        if self._observer.must_pause():
            raise PauseNow
        if self._checkpointer is not None:
            self._checkpointer.check_time()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin with the learning rate that the session has come to; read what the fit of a head does not change."""
        self._set_learning_rate()
        self._still = read_beside(self._whole, self.model)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Let go of what may change from here on."""
        self._still = {}

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock; in the first epoch of a fit, set what the fit would have changed before."""
        self._started = time.perf_counter()
        if not self.first_step:
            # Not before: on PyTorch, Keras (3.15) draws from the process's generator when a fit begins.
            self._first_generators = self._generators or read_generators()
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
        if (batch or self.session.turns_done) and (must_pause or is_due):
            if keras.backend.backend() == "jax":
                self.model.jax_state_sync()
            if is_finite(self.model):  # what has diverged would do so again from here, whatever is mended
                drawn = {} if batch or self.first_step else read_generators()
                if drawn:  # before the first step of a turn, PyTorch's loader has drawn what it draws again from here
                    write_generators(self._first_generators)
                self._take_checkpoint(step=self.first_step + steps)
                if drawn:
                    write_generators(drawn)
        if must_pause:
            raise PauseNow
        if self._checkpointer is not None:
            self._checkpointer.check_time()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Take the time that training took; have averages of the weights validated where that is asked."""
        self._training_s += time.perf_counter() - self._started
        self._averages.swap_in(self._whole)
        keep_predictions(self.model)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Let the observer see that the trial goes on; a pause waits for the end of the validation."""
        self._observer.must_pause()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Set the weights aside where the epoch may be the best."""
        value = float((logs or {})[self.session.objective.metric.removeprefix("val_")])
        predicted = take_predictions(self.model)
        is_best = self.session.repeat.is_best(value)
        self._validated = read_values(self._whole.weights, self._still) if is_best else []
        self._predicted = predicted if is_best else None
        self._averages.swap_out(self._whole)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the epoch in; where every repeat has had it, keep a checkpoint and report it; end what goes no further.

        A fit goes on where the next epoch is one of the same repeat, in the same phase.
        """
        session, turn, phase, max_epochs = self.session, self.session.turn, self.session.phase, self.session.max_epochs
        repeat = session.repeat
        self._trained_images += self._images - self.first_step * repeat.recipe.batch_size
        is_whole = session.record(self._collect_metrics(logs or {}), self._epoch_s)
        if session.diverged is not None:
            self._stop(Cause("nan_loss", self._describe_divergence(turn)))
            return
        if repeat.best_epoch == repeat.epoch:
            self._best[turn], self._best_predictions[turn] = self._validated, self._predicted
        goes_on = session.turn == turn and session.phase == phase and not self.first_step
        if not goes_on and (len(session.repeats) > 1 or session.phase == phase) and not session.is_over:
            self._waiting[turn] = self._read_repeat(turn)
        self._earlier_s, self._started = self._epoch_s, time.perf_counter()
        if is_whole:
            self._end_epoch(max_epochs)
        if self.end is not None or session.is_over:
            self._stop(self.end)
            return
        if self._observer.must_pause():
            if not is_whole:
                self._take_checkpoint()
            raise PauseNow
        if goes_on:
            self._set_learning_rate()
        else:
            self._stop(None)

    @property
    def _epoch_s(self) -> float:
        """Seconds that the epoch of the trial has taken so far, by all repeats."""
        return self._earlier_s + time.perf_counter() - self._started

    def _collect_metrics(self, logs: dict[str, Any]) -> dict[str, float]:
        metrics = {name: float(value) for name, value in logs.items()}
        session = self.session
        if len(session.phases) > 1 or isinstance(session.repeat.recipe.schedule, ReduceOnPlateau):
            metrics["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        return metrics

    def _end_epoch(self, max_epochs: int) -> None:
        """Report an epoch of the trial, which may have been its last."""
        session, seconds = self.session, self._earlier_s
        self.images_per_second = self._trained_images / self._training_s
        self._trained_images, self._training_s, self._earlier_s = 0, 0.0, 0.0
        metrics = {name: values[-1] for name, values in session.history.items()}
        self._report = EpochReport(
            session.epoch,
            max_epochs,
            session.last_value,
            self.images_per_second,
            metrics,
            seconds,
            session.reported_repeats,
        )
        self._take_checkpoint()
        self._tell(self._report)

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        session = self.session
        is_shared = "trial" in checkpoint.about
        for index, arrays in enumerate(split_repeats(checkpoint.arrays, len(session.repeats))):
            write_variables(self._whole.variables, group(arrays, "model"))
            self._waiting[index] = arrays
            self._averages.restore(index, arrays)
            if is_shared or session.repeats[index].best_epoch:
                self._best[index] = list(group(arrays, "best").values()) or read_values(self._whole.weights)
        if checkpoint.step:
            self._resumed_step = checkpoint.step - session.turns_done * self._steps
            self._earlier_s = checkpoint.about["epoch_s"]
        if is_shared:
            self._replay(checkpoint)
        elif session.epoch:
            self._report = report_in(checkpoint, session)
            self.images_per_second = self._report.images_per_second
            self._tell(self._report)

    def _replay(self, checkpoint: Checkpoint) -> None:
        """Report the epochs that another trial has trained, as far as this one comes, and keep a checkpoint of them."""
        for report in replay(checkpoint, self.session):
            self._report, self.images_per_second = report, report.images_per_second
            self._tell(report)
            if self.end is not None:
                return
        self._take_checkpoint()

    def _take_checkpoint(self, step: int = 0) -> None:
        """Keep a checkpoint, after so many steps of the epoch of the repeat whose turn it is."""
        if self._checkpointer is None:
            return
        turn = self.session.turn
        steps = self.session.turns_done * self._steps + step
        self._checkpointer.take(
            self.session,
            lambda: [self._read_repeat(index, step if index == turn else 0) for index in range(len(self._waiting))],
            step=steps,
            epoch_s=self._epoch_s if steps else 0.0,
            report=self._report,
        )

    def _read_repeat(self, index: int, step: int = 0) -> Arrays:
        """Give the numbers of a repeat that waits, or read those of the one in the model, after steps of an epoch."""
        repeat, arrays = self.session.repeats[index], self._waiting[index]
        if arrays is None:
            arrays = read_training(
                self._whole,
                head=self.model,
                known=self._still,
                accumulation_steps=self._accumulation_steps,
                is_in_phase=bool(step or repeat.phase_epoch),
                is_in_epoch=bool(step),
            )
        arrays = {**arrays, **self._averages.group(index)}
        has_best = not step and repeat.best_epoch == repeat.epoch and not is_averaged(self.session.phases)
        return arrays if has_best else {**arrays, **group_weights(self._best[index])}

    def _write_generators(self) -> None:
        if self._generators:
            write_generators(self._generators)
            self._generators = {}

    def _tell(self, report: EpochReport) -> None:
        """Report an epoch; after the last one, a trial is complete whatever the pruner says."""
        if self._observer.report(report) is Verdict.PRUNE and report.epoch < report.epochs:
            self.end = Verdict.PRUNE

    def _set_learning_rate(self) -> None:
        if self.session.repeat.learning_rate is not None:
            self.model.optimizer.learning_rate = self.session.repeat.learning_rate

    def _stop(self, end: Verdict | Cause | None) -> None:
        self.end = end
        self.model.stop_training = True

    def _describe_divergence(self, turn: int) -> str:
        repeat = self.session.repeats[turn]
        which = {"loss": "loss", "val_loss": "validation loss"}.get(str(repeat.diverged), repeat.diverged)
        recipe, optimizer = repeat.recipe, self.model.optimizer
        trained = f"with learning rate {recipe.highest_rate:g} and {recipe.optimizer.name}"
        if own_compilation(self.model) is not None:
            rate, name = float(optimizer.learning_rate), type(optimizer).__name__
            trained = f"at learning rate {rate:g} of the model's own {name}"
        return f"the {which} was no finite number in {self.describe_epoch(repeat.epoch, turn)}, {trained}"

    def describe_epoch(self, epoch: int, turn: int) -> str:
        """Name an epoch, and the repeat that had it where there are several."""
        return f"epoch {epoch}" + (f" of repeat {turn + 1}" if len(self.session.repeats) > 1 else "")


class PauseNow(Exception):  # noqa: N818 - a signal, no error
    """Leaves `fit` where a trial can go on from its last checkpoint."""
