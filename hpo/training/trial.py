"""One trial: build, fit, report every epoch, and say how it ended."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import keras

from hpo.data import TrialData
from hpo.data.batches import Batches
from hpo.errors import WorkError
from hpo.models import ImpossibleArchitectureError
from hpo.spaces import Config, Objective, Recipe
from hpo.spaces.recipe import ReduceOnPlateau
from hpo.training.failures import cause_of, impossible_architecture
from hpo.training.memory import released_afterwards
from hpo.training.model import build_model, symbolic_model
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
from hpo.training.pace import measure_latency, model_megabytes


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
    """
    with released_afterwards():
        try:
            return _run(config, data, objectives, seed, observer)
        except WorkError:
            raise
        except Exception as error:  # whatever an engine raises, the study goes on
            traceback.print_exc(file=sys.stderr)
            return Failed(cause_of(error))


def _run(  # noqa: PLR0911 - one return a way to end
    config: Config, data: TrialData, objectives: Sequence[Objective], seed: int, observer: Observer
) -> Outcome:
    started = time.monotonic()
    try:
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
    recipe = config.training
    objective = next(objective for objective in objectives if objective.is_learned)
    follower = _Follower(objective, recipe, len(data.train), observer)
    keeper = _keep_best_epoch(objective)
    try:
        fitted = built.model.fit(
            Batches(data.train, recipe.batch_size, seed=seed),
            validation_data=Batches(data.validation, recipe.batch_size),
            epochs=recipe.epochs,
            shuffle=False,  # batches have an order of their own, and can be read ahead in it
            callbacks=[keeper, *_callbacks(recipe, objective), follower],
            verbose=0,
        )
    except _PauseNow:
        return Paused()
    history = _plain(fitted.history)
    if isinstance(follower.end, Cause):
        return Failed(follower.end, history)
    best_epoch = int(keeper.best_epoch)
    learned = Learned(
        best_value=float(keeper.best),
        best_epoch=best_epoch + 1,
        last_value=history[objective.metric][-1],
        measures={
            **asdict(built.cost),
            "model_mb": model_megabytes(built.model),
            "duration_s": time.monotonic() - started,
        },
        images_per_second=follower.images_per_second,
        history=history,
    )
    if follower.end is Verdict.PRUNE:
        return Pruned(learned)
    if any(objective.metric == "latency_ms" for objective in objectives):
        learned.measures["latency_ms"] = measure_latency(built.model)
    values = tuple(
        history[each.metric][best_epoch] if each.is_learned else learned.measures[each.metric] for each in objectives
    )
    return Completed(learned, values, save_model=built.model.save)


def _keep_best_epoch(objective: Objective) -> keras.callbacks.EarlyStopping:
    """Never stops; puts the weights of the best epoch back when training ends."""
    return keras.callbacks.EarlyStopping(
        objective.metric,
        mode="max" if objective.direction == "maximize" else "min",
        patience=sys.maxsize,
        restore_best_weights=True,
    )


def _callbacks(recipe: Recipe, objective: Objective) -> list[keras.callbacks.Callback]:
    callbacks: list[keras.callbacks.Callback] = []
    if recipe.early_stopping is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                objective.metric,
                mode="max" if objective.direction == "maximize" else "min",
                patience=recipe.early_stopping.patience,
                min_delta=recipe.early_stopping.min_delta,
            )
        )
    if isinstance(recipe.schedule, ReduceOnPlateau):
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                "val_loss",
                factor=recipe.schedule.factor,
                patience=recipe.schedule.patience,
                min_delta=recipe.schedule.min_delta,
                cooldown=recipe.schedule.cooldown,
                min_lr=recipe.schedule.min_learning_rate,
            )
        )
    return callbacks


class _Follower(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports every epoch and ends the fit when the observer, or a loss that is no number, says so.

    `end` says why: the verdict, or the cause of a failure; None where Keras ended it.
    """

    async_safe = True  # lets engines run ahead: nothing here needs a batch's logs

    def __init__(self, objective: Objective, recipe: Recipe, images: int, observer: Observer) -> None:
        super().__init__()
        self.end: Verdict | Cause | None = None
        self.images_per_second = 0.0
        self._metric = objective.metric
        self._recipe = recipe
        self._images = images
        self._observer = observer
        self._clock = 0.0
        self._training_s = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._clock = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pause_if_asked()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._training_s = time.perf_counter() - self._clock

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pause_if_asked()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = logs or {}
        value = float(values[self._metric])
        self.images_per_second = self._images / self._training_s
        if not all(math.isfinite(float(values[name])) for name in ("loss", "val_loss", self._metric)):
            self._stop(Cause("nan_loss", self._nan_message(epoch + 1, values)))
            return
        report = EpochReport(epoch + 1, self._recipe.epochs, value, self.images_per_second)
        verdict = self._observer.report(report)
        if verdict is Verdict.PRUNE and report.epoch < report.epochs:  # after its last epoch a trial is complete
            self._stop(Verdict.PRUNE)

    def _pause_if_asked(self) -> None:
        if self._observer.must_pause():
            raise _PauseNow

    def _stop(self, end: Verdict | Cause) -> None:
        self.end = end
        self.model.stop_training = True

    def _nan_message(self, epoch: int, values: dict[str, Any]) -> str:
        which = "loss" if not math.isfinite(float(values["loss"])) else "validation loss"
        return (
            f"the {which} was no finite number in epoch {epoch}, with learning rate {self._recipe.learning_rate:g} "
            f"and {self._recipe.optimizer.name}"
        )


class _PauseNow(Exception):  # noqa: N818 - a signal, no error
    """Leaves `fit` in the middle of an epoch."""


def _plain(history: History) -> History:
    return {name: [float(value) for value in values] for name, values in history.items()}
