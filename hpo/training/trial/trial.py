"""One trial: build, fit, report every epoch, and say how it ended."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import keras

from hpo.data import TrialData
from hpo.errors import WorkError
from hpo.models import ImpossibleArchitectureError, ModelFamily
from hpo.spaces import Config, Objective
from hpo.studies import TrialCheckpoints
from hpo.training.failures import cause_of, impossible_architecture
from hpo.training.features.store import FeatureStore
from hpo.training.features.trainee import Trainees
from hpo.training.feeding.classes import check_classes
from hpo.training.feeding.datasets import options_of_fit
from hpo.training.feeding.feeding import training_batches
from hpo.training.measuring.examples import choose_examples
from hpo.training.measuring.latency import measure_latency
from hpo.training.measuring.score import Probabilities, score_of
from hpo.training.memory import free_memory_afterwards, keep_kernels, uses_gpu
from hpo.training.network.cost import model_megabytes
from hpo.training.network.model import BuiltModel, build_model, symbolic_model
from hpo.training.outcome import (
    Cause,
    Completed,
    EpochReport,
    Failed,
    Infeasible,
    Learned,
    Observer,
    Outcome,
    Paused,
    Prefixes,
    Pruned,
    RepeatResult,
    Verdict,
)
from hpo.training.pool.pool import ModelPool
from hpo.training.trial.callbacks import EpochRecorder, PauseNow
from hpo.training.trial.checkpointer import Checkpointer
from hpo.training.trial.prefixes import begin_shared
from hpo.training.trial.repeat import RepeatSession
from hpo.training.trial.saving import depth_in, describe_model, resize_of, save_model, versions_of
from hpo.training.trial.session import TrialSession, mean, repeat_seeds
from hpo.training.trial.sidecar import write_description, write_predictions
from hpo.training.trial.swapping import read_training
from hpo.training.trial.variables import Arrays, UnusableCheckpointError, keep_values

T = TypeVar("T")


def run_trial(
    config: Config,
    data: TrialData,
    objectives: Sequence[Objective],
    seed: int,
    observer: Observer,
    *,
    checkpoints: TrialCheckpoints | None = None,
    accumulation_steps: int = 1,
    time_limit: float | None = None,
    prefixes: Prefixes | None = None,
    pool: ModelPool | None = None,
    features: FeatureStore | None = None,
) -> Outcome:
    """Train what a config describes, from its last checkpoint on if there is one.

    Args:
        config: the file with every parameter filled in.
        data: what the trial may see.
        objectives: what is optimized; the first that is learned is reported after every epoch.
        seed: of weights, order of images, dropout and augmentation: the same on the same machine gives the same values;
            of several repeats, it is that of the first (see `repeat_seeds`).
        observer: gets a report of every epoch, and may end the trial.
        checkpoints: of this trial; one is kept after every epoch, before it is reported. Without, a trial that is
            interrupted begins anew.
        accumulation_steps: in how many parts each batch is computed, so that it fits into the memory; the recipe's
            batch makes a step all the same.
        time_limit: seconds for all attempts at the trial together, after which it ends at the next step: with its best
            epoch, or as one that has failed.
        prefixes: by which the trial shares its first phases with others, where it has checkpoints; None where it does
            not.
        pool: of compiled models, which may be trained again; without, each trial compiles its own. With it, the model
            of an outcome can be saved until the next trial begins.
        features: of images, by which a head is trained where what lies below it is frozen. Without, each epoch computes
            them anew; the numbers are the same.

    Returns:
        How it ended. A trial whose network cannot be built or trained has `Failed`, which is no error.

    Raises:
        WorkError: no trial of the study can run: pre-trained weights cannot be had, or no checkpoint can be written.
        Exception: whatever the observer raises; its failure is not the trial's.
    """
    guarded, models = _GuardedObserver(observer), ModelPool(max_bytes=0) if pool is None else pool
    run = partial(_run, config, data, objectives, seed, guarded, pool=models, features=features)

    def attempt() -> Outcome:
        with free_memory_afterwards(lambda: not models.has_dropped()):
            try:
                checkpointer = Checkpointer(checkpoints, config, data, seed, accumulation_steps)
                checkpointer.time_limit, checkpointer.prefixes = time_limit, prefixes
                try:
                    return run(checkpointer=checkpointer)
                except UnusableCheckpointError as error:
                    checkpointer.begin_anew(str(error))
                    return run(checkpointer=checkpointer)
            except PauseNow:
                return Paused()
            except Exception as error:  # whatever an engine raises, the study goes on
                if guarded.is_of_study(error):
                    raise
                traceback.print_exc(file=sys.stderr)
                return Failed(cause_of(error, uses_gpu=uses_gpu()))

    outcome = attempt()
    match outcome:
        case Failed(Cause("out_of_memory")) | Completed(remark=Cause("out_of_memory")):
            if models.clear():  # it may suffice without what earlier trials have left
                del outcome
                gc.collect()
                return attempt()
    return outcome


def _run(
    config: Config,
    data: TrialData,
    objectives: Sequence[Objective],
    seed: int,
    observer: _GuardedObserver,
    *,
    checkpointer: Checkpointer,
    pool: ModelPool,
    features: FeatureStore | None,
) -> Outcome:
    seeds = repeat_seeds(seed, config.training.repeats)
    try:
        check_classes(config.training, data.classes)
        start = _judge_and_build(config, data, seeds, observer, checkpointer, pool=pool)
    except ValueError as error:  # Keras refuses the network; only the traceback says where
        if observer.is_of_study(error):
            raise
        if not isinstance(error, ImpossibleArchitectureError):
            traceback.print_exc(file=sys.stderr)
        return Failed(impossible_architecture(error))
    if start is None:
        return Infeasible()
    built, starts = start
    session = checkpointer.open_session(config.training, objectives)
    recorder = EpochRecorder(built.model, session, len(data.train), observer, checkpointer, starts=starts)
    trainees = Trainees(built, config, data, features)
    try:
        _fit(trainees, seeds, recorder)
        pool.give_back(built)
    except (PauseNow, UnusableCheckpointError):
        raise
    except Exception as error:
        if observer.is_of_study(error):
            raise
        traceback.print_exc(file=sys.stderr)
        cause = cause_of(error, uses_gpu=uses_gpu())
        epoch = recorder.describe_epoch(session.epoch + 1, session.turn)
        recorder.end = Cause(cause.kind, f"in {epoch}: {cause.message}" if session.best_epoch else cause.message)
    if isinstance(recorder.end, Cause) and not session.best_epoch:
        return Failed(recorder.end, session.history)
    recorder.restore_best(session.best_repeat)
    measures = {
        **asdict(built.cost),
        "model_mb": model_megabytes(built.model),
        "duration_s": checkpointer.duration,
    }
    if recorder.end is Verdict.PRUNE:
        return Pruned(_sum_up(session, recorder, measures, seeds))
    if any(objective.metric == "latency_ms" for objective in objectives):
        with keep_values(built.model):
            measures["latency_ms"] = measure_latency(built.model)
    learned = _sum_up(session, recorder, measures, seeds, objectives)
    values = tuple(_values_of(repeat, objectives, measures) for repeat in session.repeats)
    kept = session.repeats[session.best_repeat]
    about: dict[str, Any] = {"metrics": {"epoch": kept.best_epoch, **kept.best_metrics, **measures}}
    if learned.repeats:
        about["repeats"] = [asdict(repeat) for repeat in learned.repeats]
    validated = recorder.best_predictions(session.best_repeat)
    predict = cache(partial(_predict, trainees, validated))  # once, for the model that is kept and for its examples
    return Completed(
        learned,
        tuple(map(mean, zip(*values, strict=True))),
        save_model=partial(_save, built, config, data, about, predict=predict),
        save_examples=lambda path: choose_examples(data, predict()).save(path),
        remark=recorder.end if isinstance(recorder.end, Cause) else None,
    )


def _sum_up(
    session: TrialSession,
    recorder: EpochRecorder,
    measures: dict[str, float],
    seeds: Sequence[int],
    objectives: Sequence[Objective] = (),
) -> Learned:
    """Say what training gave, and what each repeat gave: its values by the objectives, where there are any."""
    results = (
        RepeatResult(
            seed,
            repeat.best_epoch,
            repeat.best_value,
            repeat.last_value,
            _values_of(repeat, objectives, measures),
            is_kept=index == session.best_repeat,
        )
        for index, (repeat, seed) in enumerate(zip(session.repeats, seeds, strict=True))
    )
    return Learned(
        best_value=session.best_value,
        best_epoch=session.best_epoch,
        last_value=session.last_value,
        measures=measures,
        images_per_second=recorder.images_per_second,
        history=session.history,
        repeats=tuple(results) if len(seeds) > 1 else (),
    )


def _values_of(
    repeat: RepeatSession, objectives: Sequence[Objective], measures: Mapping[str, float]
) -> tuple[float, ...]:
    at_best = repeat.best_metrics
    return tuple(
        at_best[objective.metric] if objective.is_learned else measures[objective.metric] for objective in objectives
    )


def _judge_and_build(
    config: Config,
    data: TrialData,
    seeds: Sequence[int],
    observer: _GuardedObserver,
    checkpointer: Checkpointer,
    *,
    pool: ModelPool,
) -> tuple[BuiltModel, list[Arrays]] | None:
    """Build the network, once where nothing can rule it out; None where the observer refuses its cost.

    A network that constraints rule out may be too large for the memory, so where they can, the cost of a model without
    weights is computed first.

    Returns:
        The model with the weights of the first seed; and of several repeats that begin, the numbers of each, read from
        a model of its own, of which there is one at a time.
    """
    if observer.limits_cost and not observer.accepts(asdict(symbolic_model(config, data.outline).cost)):
        return None
    begin_shared(checkpointer, observer.must_pause)
    starts: list[Arrays] = []
    if len(seeds) > 1 and checkpointer.start is None:
        for seed in reversed(seeds[1:]):
            starts.insert(0, read_training(_build(config, data, seed, checkpointer, build_model).model))
            gc.collect()  # the model, which refers to itself
    built = _build(config, data, seeds[0], checkpointer, pool.build)
    if starts:
        starts.insert(0, read_training(built.model))
    if not observer.limits_cost:
        observer.accepts(asdict(built.cost))
    return built, starts


def _build(
    config: Config, data: TrialData, seed: int, checkpointer: Checkpointer, build: Callable[..., BuiltModel]
) -> BuiltModel:
    _set_seed(seed, config)  # here, so that judging the network first draws nothing from it
    return build(config, data, checkpointer.accumulation_steps)


def _set_seed(seed: int, config: Config) -> None:
    """Seed all generators of the process, those of TensorFlow only where a network may draw from them."""
    is_resettable = isinstance(config.model, ModelFamily) and config.model.has_resettable_networks
    with keep_kernels() if is_resettable else nullcontext():
        keras.utils.set_random_seed(seed)


def _predict(trainees: Trainees, validated: Probabilities | None) -> Probabilities:
    """Predict the classes of the validation part, and leave the model as it was."""
    with keep_values(trainees.built.model):
        return trainees.predict(validated)


def _save(
    built: BuiltModel,
    config: Config,
    data: TrialData,
    figures: Mapping[str, Any],
    path: Path,
    *,
    predict: Callable[[], Probabilities],
) -> None:
    """Write a model, and beside it what is known of it and what it predicts for the validation part."""
    part, probabilities = data.validation, predict()
    form: dict[str, Any] = {"resize": resize_of(config), "depth": depth_in(data), "versions": versions_of(config)}
    score = score_of(part.labels, probabilities, data.classes, config.training.top_k)
    about = describe_model(config, data, **figures, validation=score.to_json())
    save_model(built.model, path, about=about, **form)
    write_description(path, about)
    write_predictions(path, "validation", part, probabilities)


def _fit(trainees: Trainees, seeds: Sequence[int], recorder: EpochRecorder) -> None:
    """Fit phase by phase, each from the weights of the best epoch so far; of several repeats, epoch by epoch in turn.

    Keras counts epochs anew in each phase, as its schedules do; those of the trial are counted by the session.
    """
    built, config, session = trainees.built, trainees.config, recorder.session
    phase = None if recorder.has_fresh_repeats else 0  # which the model is compiled for
    while recorder.end is None and not session.is_over:
        recipe, frozen_layers = session.phases[session.phase]
        if session.phase != phase:
            phase = session.phase
            recorder.begin_phase(partial(built.begin, recipe, frozen_layers, trainees.data.outline))
        recorder.begin_fit()
        repeat, seed = session.repeat, seeds[session.turn]
        epochs = repeat.recipe.epochs - repeat.phase_epoch
        trainee = trainees.choose(session.phase, session.turn, epochs, recorder.check_time)
        passes, first_step = repeat.epoch + repeat.phase, recorder.first_step
        train = training_batches(
            trainee.data, config, seed, passes, first_step=first_step, accumulation_steps=built.accumulation_steps
        )
        if first_step:
            with keep_values(built.model):  # Keras makes variables of metrics at their first batch
                trainee.model.test_on_batch(*trainee.validation[0])
        averaging = [] if recipe.ema is None else [keras.callbacks.SwapEMAWeights()]
        try:
            trainee.model.fit(
                **options_of_fit(train, trainee.validation),
                initial_epoch=repeat.phase_epoch,
                epochs=recipe.epochs,
                shuffle=False,  # batches have an order of their own, and can be read ahead in it
                callbacks=[recorder, *averaging],
                verbose=0,
            )
        except Exception as error:
            if (cause := train.error or trainee.validation.error) is not None:
                raise cause from error
            raise


class _GuardedObserver:
    """An observer whose errors can be distinguished from those of the training that calls it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._error: Exception | None = None

    def is_of_study(self, error: Exception) -> bool:
        """Whether an error says nothing of the trial: every trial would meet it, or the observer has raised it."""
        return isinstance(error, WorkError) or error is self._error

    @property
    def limits_cost(self) -> bool:
        return self._observer.limits_cost

    def accepts(self, measures: Mapping[str, float]) -> bool:
        return self._ask(self._observer.accepts, measures)

    def report(self, report: EpochReport) -> Verdict:
        return self._ask(self._observer.report, report)

    def must_pause(self) -> bool:
        return self._ask(self._observer.must_pause)

    def _ask(self, question: Callable[..., T], *arguments: object) -> T:
        try:
            return question(*arguments)
        except Exception as error:
            self._error = error
            raise
