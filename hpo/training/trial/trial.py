"""One trial: build, fit, report every epoch, and say how it ended."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import keras

from hpo.data import TrialData
from hpo.errors import WorkError
from hpo.models import FrozenLayers, ImpossibleArchitectureError
from hpo.models.foreign import own_compilation
from hpo.spaces import Config, Objective, Recipe
from hpo.training.failures import cause_of, impossible_architecture
from hpo.training.feeding.classes import check_classes
from hpo.training.feeding.feeding import evaluation_batches, predictions, training_batches
from hpo.training.measuring.assessment import class_scores
from hpo.training.measuring.pace import measure_latency, model_megabytes
from hpo.training.memory import released_afterwards
from hpo.training.network.model import BuiltModel, build_model, symbolic_model
from hpo.training.outcome import (
    Cause,
    Completed,
    EpochReport,
    Failed,
    History,
    Infeasible,
    Learned,
    Observer,
    Outcome,
    Paused,
    Pruned,
    Verdict,
)
from hpo.training.trial.best_epoch import BestEpoch
from hpo.training.trial.callbacks import recipe_callbacks
from hpo.training.trial.saving import depth_in, describe_model, resize_of, save_model


def run_trial(
    config: Config, data: TrialData, objectives: Sequence[Objective], seed: int, observer: Observer
) -> Outcome:
    """Train what a config describes.

    Args:
        config: the file with every parameter filled in.
        data: what the trial may see.
        objectives: what is optimized; the first that is learned is reported after every epoch.
        seed: of weights, order of images, dropout and augmentation: the same on the same machine gives the same values.
        observer: is told of every epoch, and may end the trial.

    Returns:
        How it ended. A trial whose network cannot be built or trained has `Failed`, which is no error.

    Raises:
        WorkError: no trial of the study can run: pre-trained weights cannot be had.
        Exception: whatever the observer raises; its failure is not the trial's.
    """
    with released_afterwards():
        try:
            return _run(config, data, objectives, seed, _Guarded(observer))
        except WorkError:
            raise
        except _ObserverFailed as failed:
            raise failed.error from None
        except Exception as error:  # whatever an engine raises, the study goes on
            traceback.print_exc(file=sys.stderr)
            return Failed(cause_of(error))


def _run(  # noqa: PLR0911 - one return a way to end
    config: Config, data: TrialData, objectives: Sequence[Objective], seed: int, observer: Observer
) -> Outcome:
    started = time.monotonic()
    try:
        check_classes(config.training, data.classes)
        # Before any weight is allocated: a network that constraints rule out may be one that memory has no room for.
        cost = symbolic_model(config, data.outline).cost
        if not observer.accepts(asdict(cost)):
            return Infeasible()
        keras.utils.set_random_seed(seed)  # here, so that judging the network first draws nothing from it
        built = build_model(config, data)
    except ImpossibleArchitectureError as error:
        return Failed(impossible_architecture(error))
    except ValueError as error:  # Keras refuses the network; where, only the traceback tells
        traceback.print_exc(file=sys.stderr)
        return Failed(impossible_architecture(error))
    keeper = BestEpoch(next(objective for objective in objectives if objective.is_learned))
    follower = _Follower(objectives, len(data.train), observer, keeper)
    try:
        end = _fit(built, config, data, seed, follower)
    except _PauseNow:
        return Paused()
    if isinstance(end, Cause) and not keeper.has_one:
        return Failed(end, follower.history)
    keeper.restore()
    history = follower.history
    learned = Learned(
        best_value=keeper.value,
        best_epoch=keeper.epoch + 1,
        last_value=keeper.last_value,
        measures={
            **asdict(built.cost),
            "model_mb": model_megabytes(built.model),
            "duration_s": time.monotonic() - started,
        },
        images_per_second=follower.images_per_second,
        history=history,
    )
    if end is Verdict.PRUNE:
        return Pruned(learned)
    if any(objective.metric == "latency_ms" for objective in objectives):
        learned.measures["latency_ms"] = measure_latency(built.model)
    values = tuple(
        history[each.metric][keeper.epoch] if each.is_learned else learned.measures[each.metric] for each in objectives
    )
    probabilities = predictions(built.model, data.validation, config.training.batch_size)
    classes = class_scores(data.validation.labels, probabilities, data.classes)
    remark = end if isinstance(end, Cause) else None
    about = describe_model(config, data)
    save = partial(save_model, built.model, resize=resize_of(config), depth=depth_in(data), about=about)
    return Completed(learned, values, save, classes, remark)


def _fit(built: BuiltModel, config: Config, data: TrialData, seed: int, follower: _Follower) -> Verdict | Cause | None:
    """Fit phase by phase, each from the weights of the best epoch so far.

    Keras counts epochs anew in each phase, as its schedules do; those of the trial are counted here.

    Returns:
        What ended the training early: the pruner, or what failed in the middle of it; None where nothing did.
    """
    train, validation = training_batches(data, config, seed), evaluation_batches(data, config)
    phases = config.training.each_phase()
    try:
        for index, (phase, frozen_layers) in enumerate(phases):
            if index:
                follower.keeper.restore()
                built.begin(phase, frozen_layers, data.outline)
            follower.begin(phases[index:])
            built.model.fit(
                train,
                validation_data=validation,
                epochs=phase.epochs,
                shuffle=False,  # batches have an order of their own, and can be read ahead in it
                callbacks=[follower.keeper, *recipe_callbacks(phase, follower.objective), follower],
                verbose=0,
            )
            if follower.end is not None:
                return follower.end
    except (WorkError, _PauseNow, _ObserverFailed):
        raise
    except Exception as error:
        if not follower.keeper.has_one:
            raise
        traceback.print_exc(file=sys.stderr)
        cause = cause_of(error)
        return Cause(cause.kind, f"in epoch {follower.epochs_done + 1}: {cause.message}")
    return None


class _Follower(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports every epoch and ends the fit when the observer, or a value that is no number, says so.

    Attributes:
        objective: the learned one that is reported.
        keeper: is told which epochs count: those that were reported.
        end: why it has ended the fit: the verdict, or the cause of a failure; None where it has not.
        history: every metric at every epoch, the one that diverged included.
        images_per_second: in the last epoch.
    """

    async_safe = True  # lets engines run ahead: nothing here needs a batch's logs

    def __init__(self, objectives: Sequence[Objective], images: int, observer: Observer, keeper: BestEpoch) -> None:
        super().__init__()
        learned = [objective for objective in objectives if objective.is_learned]
        self.objective = learned[0]
        self.keeper = keeper
        self.end: Verdict | Cause | None = None
        self.history: History = {}
        self.images_per_second = 0.0
        self._finite = ("loss", "val_loss", *(objective.metric for objective in learned))
        self._images = images
        self._observer = observer
        self._clock = 0.0
        self._training_s = 0.0

    @property
    def epochs_done(self) -> int:
        """How many epochs have ended, over all phases."""
        return len(self.history.get("loss", ()))

    def begin(self, phases: Sequence[tuple[Recipe, FrozenLayers | None]]) -> None:
        """Begin a phase.

        Args:
            phases: this one, and those that follow.
        """
        self._recipe = phases[0][0]
        self._epochs = self.epochs_done + sum(phase.epochs for phase, _ in phases)
        self._has_phases = bool(self.epochs_done) or len(phases) > 1

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._clock = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pause_if_asked()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._training_s = time.perf_counter() - self._clock

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pause_if_asked()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = {} if logs is None else logs
        if self._has_phases:  # each has its own; schedules tell theirs, and here are the others
            values.setdefault("learning_rate", float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))
        for name, value in values.items():
            self.history.setdefault(name, []).append(float(value))
        self.images_per_second = self._images / self._training_s
        diverged = next((name for name in self._finite if not math.isfinite(self.history[name][-1])), None)
        if diverged is not None:
            self._stop(Cause("nan_loss", self._nan_message(diverged)))
            return
        value = self.history[self.objective.metric][-1]
        report = EpochReport(self.epochs_done, self._epochs, value, self.images_per_second)
        verdict = self._observer.report(report)
        self.keeper.confirm()
        if verdict is Verdict.PRUNE and report.epoch < report.epochs:  # after its last epoch a trial is complete
            self._stop(Verdict.PRUNE)

    def _pause_if_asked(self) -> None:
        if self._observer.must_pause():
            raise _PauseNow

    def _stop(self, end: Verdict | Cause) -> None:
        self.end = end
        self.model.stop_training = True

    def _nan_message(self, metric: str) -> str:
        which = {"loss": "loss", "val_loss": "validation loss"}.get(metric, metric)
        if own_compilation(self.model) is None:
            trained = f"with learning rate {self._recipe.learning_rate:g} and {self._recipe.optimizer.name}"
        else:
            optimizer = self.model.optimizer
            trained = (
                f"at learning rate {float(optimizer.learning_rate):g} of the model's own {type(optimizer).__name__}"
            )
        return f"the {which} was no finite number in epoch {self.epochs_done}, {trained}"


class _PauseNow(Exception):  # noqa: N818 - a signal, no error
    """Leaves `fit` in the middle of an epoch."""


class _ObserverFailed(Exception):  # noqa: N818 - wraps one
    """Leaves `fit` with what the observer has raised."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class _Guarded:
    """An observer whose errors are told from those of the training in the midst of which it is called."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def accepts(self, measures: Mapping[str, float]) -> bool:
        with _marked():
            return self._observer.accepts(measures)

    def report(self, report: EpochReport) -> Verdict:
        with _marked():
            return self._observer.report(report)

    def must_pause(self) -> bool:
        return self._observer.must_pause()


@contextmanager
def _marked() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _ObserverFailed(error) from error
