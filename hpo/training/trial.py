"""One trial: build, fit, report every epoch, and say how it ended."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import keras

from hpo.data import TrialData
from hpo.errors import WorkError
from hpo.models import FrozenLayers, ImpossibleArchitectureError
from hpo.spaces import Config, Objective, Recipe
from hpo.training.assessment import class_scores
from hpo.training.best_epoch import BestEpoch
from hpo.training.callbacks import recipe_callbacks
from hpo.training.classes import check_classes
from hpo.training.failures import cause_of, impossible_architecture
from hpo.training.feeding import evaluation_batches, predictions, training_batches
from hpo.training.memory import released_afterwards
from hpo.training.model import BuiltModel, build_model, symbolic_model
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
from hpo.training.own_compilation import own_compilation
from hpo.training.pace import measure_latency, model_megabytes
from hpo.training.saving import save_model


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
    objective = next(objective for objective in objectives if objective.is_learned)
    follower, keeper = _Follower(objective, len(data.train), observer), BestEpoch(objective)
    try:
        history = _fitted(built, config, data, seed=seed, keeper=keeper, follower=follower)
    except _PauseNow:
        return Paused()
    if isinstance(follower.end, Cause):
        return Failed(follower.end, history)
    learned = Learned(
        best_value=keeper.value,
        best_epoch=keeper.epoch + 1,
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
        history[each.metric][keeper.epoch] if each.is_learned else learned.measures[each.metric] for each in objectives
    )
    probabilities = predictions(built.model, data.validation, config.training.batch_size)
    classes = class_scores(data.validation.labels, probabilities, data.classes)
    return Completed(learned, values, partial(save_model, built.model), classes)


def _fitted(
    built: BuiltModel, config: Config, data: TrialData, *, seed: int, keeper: BestEpoch, follower: _Follower
) -> History:
    """Fit phase by phase; the model has the weights of the best epoch before each next one, and in the end.

    Keras counts epochs anew in each phase, as its schedules do; those of the trial are counted here.
    """
    history: History = {}
    train, validation = training_batches(data, config, seed), evaluation_batches(data, config)
    phases = config.training.each_phase()
    for index, (phase, frozen_layers) in enumerate(phases):
        if index:
            keeper.restore()
            built.begin(phase, frozen_layers, data.outline)
        follower.begin(phases[index:], len(history.get("loss", ())))
        fitted = built.model.fit(
            train,
            validation_data=validation,
            epochs=phase.epochs,
            shuffle=False,  # batches have an order of their own, and can be read ahead in it
            callbacks=[keeper, *recipe_callbacks(phase, follower.objective), follower],
            verbose=0,
        )
        for name, values in fitted.history.items():
            history.setdefault(name, []).extend(map(float, values))
        if follower.end is not None:
            break
    keeper.restore()
    return history


class _Follower(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports every epoch and ends the fit when the observer, or a loss that is no number, says so.

    `end` says why: the verdict, or the cause of a failure; None where Keras ended it.
    """

    async_safe = True  # lets engines run ahead: nothing here needs a batch's logs

    def __init__(self, objective: Objective, images: int, observer: Observer) -> None:
        super().__init__()
        self.objective = objective
        self.end: Verdict | Cause | None = None
        self.images_per_second = 0.0
        self._images = images
        self._observer = observer
        self._clock = 0.0
        self._training_s = 0.0

    def begin(self, phases: Sequence[tuple[Recipe, FrozenLayers | None]], epochs: int) -> None:
        """Begin a phase.

        Args:
            phases: this one, and those that follow.
            epochs: how many were trained before.
        """
        self._recipe = phases[0][0]
        self._epochs_before = epochs
        self._epochs = epochs + sum(phase.epochs for phase, _ in phases)
        self._has_phases = bool(epochs) or len(phases) > 1

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
        metric, epoch = self.objective.metric, self._epochs_before + epoch + 1
        if self._has_phases:  # each has its own; schedules tell theirs, and here are the others
            values.setdefault("learning_rate", float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))
        self.images_per_second = self._images / self._training_s
        if not all(math.isfinite(float(values[name])) for name in ("loss", "val_loss", metric)):
            self._stop(Cause("nan_loss", self._nan_message(epoch, values)))
            return
        report = EpochReport(epoch, self._epochs, float(values[metric]), self.images_per_second)
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
        if own_compilation(self.model) is None:
            trained = f"with learning rate {self._recipe.learning_rate:g} and {self._recipe.optimizer.name}"
        else:
            optimizer = self.model.optimizer
            trained = (
                f"at learning rate {float(optimizer.learning_rate):g} of the model's own {type(optimizer).__name__}"
            )
        return f"the {which} was no finite number in epoch {epoch}, {trained}"


class _PauseNow(Exception):  # noqa: N818 - a signal, no error
    """Leaves `fit` in the middle of an epoch."""
