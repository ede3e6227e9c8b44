"""Models that are trained again by the next trial: which are, how many wait, and what becomes of those that failed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpo.models.families.cnn import SimpleCnn
from hpo.training import Completed, Failed

pytestmark = pytest.mark.engine


@pytest.fixture
def pool():
    from hpo.training.pool.pool import ModelPool

    return ModelPool()


@pytest.fixture
def build(pool, data):
    """Builds the model of a config as a trial does, and gives it back."""

    def build_it(config, pool=pool):
        built = pool.build(config, data)
        pool.give_back(built)
        return built.model

    return build_it


def test_a_model_is_used_again_where_only_values_of_variables_differ(build, config_of):
    first = build(config_of("learning_rate: 0.1, batch_size: 16, epochs: 2"))
    again = build(config_of("learning_rate: 0.2, batch_size: 32, epochs: 3, early_stopping: {patience: 1}"))
    assert again is first
    assert float(again.optimizer.learning_rate) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("training", "model", "preparation"),
    [
        ("optimizer: {sgd: {momentum: 0.9}}", "", ""),
        ("schedule: cosine", "", ""),
        ("metrics: [macro_f1]", "", ""),
        ("label_smoothing: 0.1", "", ""),
        ("weight_decay: 0.1", "", ""),
        ("precision: mixed_bfloat16", "", ""),
        ("", "dropout: 0.1", ""),
        ("", "kernel_l2: 0.1", ""),
        ("", "frozen_layers: 2", ""),
        ("", "", "normalization: unit"),
        ("", "", "augmentation: {flip: horizontal}"),
    ],
)
def test_what_is_compiled_into_a_model_makes_another(build, config_of, training: str, model: str, preparation: str):
    first = build(config_of(data="normalization: standardize"))
    assert build(config_of(training, model, preparation or "normalization: standardize")) is not first
    assert build(config_of(data="normalization: standardize")) is first


def test_models_with_other_optimizers_share_their_layers_and_keep_their_functions(build, config_of):
    first, other = build(config_of("optimizer: sgd")), build(config_of("optimizer: adam"))
    assert [id(layer) for layer in first.layers] == [id(layer) for layer in other.layers]
    assert type(first.optimizer) is not type(other.optimizer)


def test_a_model_that_waits_predicts_with_the_weights_of_a_saved_one_as_that_does(
    pool, build, config_of, data, tmp_path: Path
):
    from hpo.training.measuring.saved_model import predict_with
    from hpo.training.network.model import build_model
    from hpo.training.trial.saving import save_model

    options = "normalization: standardize, augmentation: {flip: horizontal}"
    model, path = build(config_of(model="dropout: 0.2", data=options)), tmp_path / "model.keras"
    save_model(model, path)
    for weight in model.weights:
        weight.assign(weight + 1.0)  # as the next trial does that trains it
    part = data.validation, data.classes, 16
    expected = predict_with(path, *part)
    np.testing.assert_array_equal(predict_with(path, *part, pool), expected)
    assert model.predict_function.experimental_get_tracing_count() == 1

    save_model(build_model(config_of(model="dropout: 0.3", data=options), data).model, path)
    weights = model.get_weights()
    np.testing.assert_array_equal(predict_with(path, *part, pool), predict_with(path, *part))
    assert all(map(np.array_equal, model.get_weights(), weights)), "another network than that of the file"


@pytest.mark.parametrize("targets", ["", "augmentation: {mixup: {alpha: 0.2}}"])
def test_a_model_that_has_validated_predicts_by_the_function_of_that(
    run, config_of, *, pool, data, monkeypatch, tmp_path, targets: str
):
    from hpo.training.measuring.saved_model import predict_with

    outcome, path = run(config_of("epochs: 1", data=targets), pool=pool), tmp_path / "model.keras"
    outcome.save_model(path)
    expected = predict_with(path, data.train, data.classes, 24)
    (waiting,) = pool._waiting.values()
    monkeypatch.setattr(type(waiting.model), "test_step", pytest.fail)  # it is called where it is traced
    np.testing.assert_array_equal(predict_with(path, data.train, data.classes, 24, pool), expected)
    assert waiting.model.predict_function is None


def test_a_model_that_waits_with_the_same_layers_in_another_order_predicts_for_none(pool):
    import keras

    from hpo.training.pool.pool import _describe_calls, _describe_weights

    def build(skipped: int, factor: float) -> keras.Model:
        keras.backend.clear_session(free_memory=False)  # names are counted anew, as in each trial
        first = keras.Input((4,), name="first")
        second = keras.layers.Dense(4, name="second")(first)
        third = keras.layers.Dense(4, name="third")(second)
        outputs = keras.layers.Add(name="sum")([third, (first, second)[skipped]])
        return keras.Model(first, keras.ops.multiply(outputs, factor))

    one, same, other, scaled = build(0, 2.0), build(0, 2.0), build(1, 2.0), build(0, 3.0)
    assert _describe_weights(one) == _describe_weights(other)
    assert _describe_calls(one) == _describe_calls(same)
    assert len({_describe_calls(one), _describe_calls(other), _describe_calls(scaled)}) == 3


def test_a_network_is_described_only_where_a_model_with_its_weights_waits(pool):
    import keras

    class Opaque(keras.layers.Dense):
        def get_config(self) -> dict:
            raise NotImplementedError("it has no options")

    images = keras.Input((4,))
    assert pool.load_weights(keras.Model(images, Opaque(2)(images))) is None


def test_the_last_used_models_wait_that_there_is_room_for(pool, build, config_of):
    from hpo.training.pool.pool import ModelPool, _size

    configs = [config_of(model=f"filters: {filters}") for filters in (2, 3, 4)]
    build(configs[0])
    small = ModelPool(max_bytes=int(2.5 * _size(next(iter(pool._waiting.values())))))
    first, second = build(configs[0], small), build(configs[1], small)
    assert build(configs[0], small) is first
    assert not small.has_dropped()
    build(configs[2], small)
    assert len(small) == 2
    assert small.has_dropped()
    assert build(configs[0], small) is first
    assert build(configs[1], small) is not second


def test_a_model_whose_head_alone_was_fitted_takes_less_room(run_with, config_of, tmp_path):
    from hpo.data.pixels.cache import Cache
    from hpo.training.features.store import FeatureStore
    from hpo.training.pool.pool import ModelPool, _size

    config = config_of("epochs: 3", "depth: 3, filters: 2, frozen_layers: all")
    sizes = []
    for features in (None, FeatureStore(Cache(tmp_path, content="features"), least_operations=0)):
        pool = ModelPool()
        assert isinstance(run_with(config, pool=pool, features=features), Completed)
        (built,) = pool._waiting.values()
        sizes.append(_size(built))
    variables = len(built.model.variables) - len(built.model.trainable_variables)
    assert sizes[0] - sizes[1] == variables * 10**6
    built.model.predict_on_batch(np.zeros((1, 8, 8, 1), np.uint8))  # as the latency is measured
    assert _size(built) == sizes[0]


def test_the_model_of_a_trial_that_failed_is_not_used_again(pool, run_with, config_of, monkeypatch):
    assert isinstance(run_with(config_of("epochs: 1")), Completed)
    assert len(pool) == 1
    monkeypatch.setattr("hpo.training.trial.trial._fit", _raise_error)
    assert isinstance(run_with(config_of("epochs: 1")), Failed)
    assert len(pool) == 0


def test_a_trial_for_which_the_memory_did_not_suffice_has_that_of_the_waiting_models_too(
    pool, run_with, config_of, monkeypatch
):
    from hpo.training.trial import trial

    run_with(config_of("epochs: 1"))
    fit, waiting = trial._fit, []

    def fit_alone(*arguments):
        waiting.append(len(pool))
        if len(pool):
            raise MemoryError
        fit(*arguments)

    monkeypatch.setattr(trial, "_fit", fit_alone)
    assert isinstance(run_with(config_of("epochs: 1", model="filters: 3")), Completed)
    assert waiting == [1, 0]


def test_functions_are_prepared_once_for_all_trials_with_an_equal_network(run_with, config_of, monkeypatch):
    from tensorflow.python.eager import context

    cleared: list[int] = []
    clear = context.pywrap_tfe.TFE_ContextClearCaches

    def count(*arguments):
        cleared.append(trial)
        clear(*arguments)

    monkeypatch.setattr(context.pywrap_tfe, "TFE_ContextClearCaches", count)
    for trial, rate in enumerate([0.1, 0.2, 0.1]):
        if trial == 2:
            monkeypatch.setattr(SimpleCnn, "has_resettable_networks", False)
        run_with(config_of(f"epochs: 1, learning_rate: {rate}"), seed=trial)
    assert cleared == [2, 2]  # as a network may draw from TensorFlow's own generators, and as it is not used again


def test_the_model_of_an_outcome_cannot_be_saved_when_the_next_trial_has_taken_it(run_with, config_of, tmp_path):
    outcome = run_with(config_of("epochs: 1"))
    outcome.save_model(tmp_path / "model.keras")
    run_with(config_of("epochs: 1"))
    with pytest.raises(AttributeError):
        outcome.save_model(tmp_path / "other.keras")


@pytest.fixture
def run_with(pool, data, accuracy, watcher):
    """Runs a trial with the pool."""
    from hpo.training.trial.trial import run_trial

    return lambda config, seed=1, pool=pool, **options: run_trial(
        config, data, (accuracy,), seed, watcher(), pool=pool, **options
    )


def _raise_error(*arguments):
    raise RuntimeError
