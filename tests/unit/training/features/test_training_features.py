"""A head that is trained on features of the frozen layers becomes the same as in the whole model, to the last bit."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpo.data.pixels.cache import Cache
from hpo.errors import WorkError
from hpo.studies import StudyFiles
from hpo.training import Completed, Paused

pytestmark = pytest.mark.engine

FROZEN = (
    "depth: 2, filters: 4, frozen_layers: all, head_pooling: average, dense_units: [6, 4], dropout: 0.3, "
    "kernel_l2: 0.01, head_batch_normalization: true"
)


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def make_store(root):
    """Makes the store of a worker, which takes features however small the base is."""
    from hpo.training.features.store import FeatureStore

    return lambda limit=None: FeatureStore(Cache(root, limit, "features"), least_operations=0)


@pytest.fixture
def train(data, accuracy, watcher):
    from hpo.training.trial.trial import run_trial

    def run(config, features=None, *, seed=1, observer=None, on=data, **options):
        return run_trial(config, on, [accuracy], seed, observer or watcher(), features=features, **options)

    return run


@pytest.fixture
def entries(root):
    """Lists the features that are kept."""
    return lambda: sorted(root.glob("features/*.npy"))


def save(outcome, path: Path):
    import keras

    outcome.save_model(path)
    return keras.models.load_model(path)


def require_equal(one, other, tmp_path: Path, images) -> None:
    """Hold that two outcomes have the same history and the same model, to the last bit."""
    assert isinstance(one, Completed)
    assert isinstance(other, Completed)
    assert one.learned.history == other.learned.history
    assert one.values == other.values
    first, second = save(one, tmp_path / "one.keras"), save(other, tmp_path / "other.keras")
    assert len(first.weights) == len(second.weights)
    for weight, same in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)
    np.testing.assert_array_equal(first.predict(images, verbose=0), second.predict(images, verbose=0))
    predicted = [
        np.load(path.with_suffix(".validation.npz"))["probabilities"] for path in sorted(tmp_path.glob("*.keras"))
    ]
    np.testing.assert_array_equal(*predicted)


RECIPES = {
    "clipped": "epochs: 3, batch_size: 24, optimizer: adam, gradient_clipping: {global_norm: 0.1}",
    "averaged": "epochs: 3, optimizer: {sgd: {momentum: 0.9}}, ema: {momentum: 0.9}, label_smoothing: 0.1",
    "repeats": "epochs: 2, precision: mixed_bfloat16, repeats: 2, class_weights: {dark: 2.0}",
}


def test_features_change_no_bit_of_history_model_and_predictions(
    train, make_store, config_of, entries, *, data, tmp_path
):
    config = config_of("epochs: 3", FROZEN)
    require_equal(train(config), train(config, make_store()), tmp_path, data.validation.images)
    assert len(entries()) == 1


@pytest.mark.parametrize("recipe", [pytest.param(name, marks=pytest.mark.long) for name in RECIPES])
@pytest.mark.parametrize("frozen_layers", ["all", "4"])
def test_features_change_no_bit_of_any_recipe(train, make_store, config_of, entries, *, recipe, frozen_layers):
    config = config_of(RECIPES[recipe], f"<<: {{{FROZEN}}}, frozen_layers: {frozen_layers}")
    whole, quick = train(config), train(config, make_store())
    assert whole.learned.history == quick.learned.history
    assert entries()


@pytest.mark.engines
def test_every_engine_comes_to_the_same_with_features(train, make_store, config_of, data, tmp_path):
    config = config_of("epochs: 3, optimizer: adam", FROZEN)
    require_equal(train(config), train(config, make_store()), tmp_path, data.validation.images)


@pytest.mark.long
def test_features_of_a_branched_base_change_no_digit(train, make_store, config_of, entries, tmp_path):
    random = np.random.default_rng(0)
    from hpo.data import Part, TrialData

    def part(count: int) -> Part:
        return Part(random.integers(0, 256, (count, 32, 32, 3), np.uint8), (np.arange(count) % 3).astype(np.int32))

    on = TrialData(("a", "b", "c"), part(70), part(33))
    base = "family: application, name: mobilenet_v2, alpha: 0.35, weights: none, input_size: 48, dropout: 0.5"
    for frozen_layers in ("all", "block_6_project_BN"):
        config = config_of("epochs: 3, optimizer: adam", f"<<: {{{base}}}, frozen_layers: {frozen_layers}")
        require_equal(train(config, on=on), train(config, make_store(), on=on), tmp_path, on.validation.images)
    assert len(entries()) == 2


def test_a_checkpoint_serves_with_features_and_without(train, make_store, config_of, watcher, tmp_path):
    config, store, files = config_of("epochs: 2, optimizer: adam", FROZEN), make_store(), StudyFiles(tmp_path)
    whole = train(config, store)  # so that the features are there, and no question is asked while they are computed
    for attempt, (features, question) in enumerate([(store, 3), (None, 8)], start=1):
        observer = watcher(pause_at=question)
        paused = train(config, features, observer=observer, checkpoints=files.checkpoints(7, attempt))
        assert isinstance(paused, Paused)
        assert files.checkpoints(7, attempt).latest().step
    outcome = train(config, store, checkpoints=files.checkpoints(7, 3))
    assert outcome.learned.history == whole.learned.history


def test_while_a_head_is_trained_what_lies_below_it_is_read_once(train, make_store, config_of, monkeypatch, tmp_path):
    from hpo.training.trial import variables

    config, files = config_of("epochs: 4, optimizer: adam", FROZEN), StudyFiles(tmp_path)
    train(config, checkpoints=files.checkpoints(1, 1))
    read, times = variables._read, Counter()
    monkeypatch.setattr(variables, "_read", lambda variable: times.update([variable.path]) or read(variable))
    train(config, make_store(), checkpoints=files.checkpoints(2, 1))
    below = {count for name, count in times.items() if name.startswith("block")}
    assert below == {2}  # when the fit begins, and when it has ended
    assert times["probabilities/kernel"] > 4
    with_images, with_features = (files.checkpoints(number, 2).latest().arrays for number in (1, 2))
    assert with_images.keys() == with_features.keys()
    for name, array in with_images.items():
        np.testing.assert_array_equal(array, with_features[name])


def test_trials_of_other_heads_and_batches_share_features(make_store, config_of, entries, data):
    from hpo.training.features.store import FeatureRequest

    for size, units in ((16, 4), (20, 8)):
        _, cut = _cut(config_of("epochs: 2", f"<<: {{{FROZEN}}}, dense_units: {units}"), data)
        assert make_store().open(FeatureRequest(cut, replace(data, key="same"), {size, 4}), lambda: None) is not None
    assert len(entries()) == 1


def test_other_images_and_other_weights_have_features_of_their_own(make_store, config_of, entries, data):
    from hpo.training.features.store import FeatureRequest

    built, cut = _cut(config_of("epochs: 2", FROZEN), data)
    for key in ("a", "b"):
        make_store().open(FeatureRequest(cut, replace(data, key=key), {16}), lambda: None)
    weight = cut.variables[0]
    weight.assign(weight + 1)
    make_store().open(FeatureRequest(cut, replace(data, key="b"), {16}), lambda: None)
    assert len(entries()) == 3
    assert built.model.weights


def test_other_settings_of_an_engines_kernels_have_features_of_their_own(
    make_store, config_of, entries, data, monkeypatch
):
    from hpo.training.features.store import FeatureRequest

    _, cut = _cut(config_of("epochs: 2", FROZEN), data)
    for is_on in "01":
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", is_on)
        make_store().open(FeatureRequest(cut, replace(data, key="a"), {16}), lambda: None)
    assert len(entries()) == 2


def test_a_model_whose_steps_are_compiled_as_a_whole_has_no_features(make_store, config_of, data):
    from hpo.training.features.trainee import Trainees
    from hpo.training.network.model import build_model

    config = config_of("epochs: 2", FROZEN)
    built = build_model(config, data)
    built.model.jit_compile = True
    assert Trainees(built, config, data, make_store()).choose(0, 0, 2, lambda: None).model is built.model


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("frozen_layers: 0", ""),
        ("<<: {family: vgg16_small, filters: 2}, frozen_layers: all", "image_size: 32"),
        ("", "augmentation: {flip: horizontal}"),
    ],
    ids=["nothing is frozen", "dropout in the base", "augmentation"],
)
def test_what_changes_from_epoch_to_epoch_has_no_features(make_store, config_of, entries, data, *, model, options):
    from hpo.training.features.trainee import Trainees
    from hpo.training.network.model import build_model

    if "vgg16" in model:
        from hpo.data import Part

        parts = (
            Part(np.zeros((len(part), 32, 32, 1), np.uint8), part.labels) for part in (data.train, data.validation)
        )
        data = replace(data, **dict(zip(("train", "validation"), parts, strict=True)))
    config = config_of("epochs: 2", model if "family" in model else f"<<: {{{FROZEN}}}, {model}", options)
    built = build_model(config, data)
    trainee = Trainees(built, config, data, make_store()).choose(0, 0, 2, lambda: None)
    assert trainee.model is built.model
    assert not entries()


def test_an_operation_with_code_of_another_has_no_features():
    import keras

    from hpo.training.features.cut import cut_model

    def clip(values):
        return keras.ops.minimum(values, 1)

    images = keras.Input((8, 8, 1))
    pixels = keras.layers.Conv2D(2, 3, name="own")(images)
    operations = [keras.layers.Activation(clip), lambda pixels: keras.ops.fori_loop(0, 2, lambda _, x: x * 2, pixels)]
    for operation in operations:
        features = keras.layers.GlobalAveragePooling2D()(operation(pixels))
        model = keras.Model(images, keras.layers.Dense(2)(features))
        model.get_layer("own").trainable = False
        assert [call.operation.name for call in cut_model(model).calls] == ["own"]


def test_a_cache_without_room_has_no_features(make_store, config_of, entries, data):
    from hpo.training.features.store import FeatureRequest

    _, cut = _cut(config_of("epochs: 2", FROZEN), data)
    assert make_store(limit=10).open(FeatureRequest(cut, data, {16}), lambda: None) is None
    assert not entries()


def test_features_are_computed_in_batches_of_one_size(make_store, config_of, data, monkeypatch):
    from hpo.training.features import store
    from hpo.training.features.store import FeatureRequest

    predict, sizes = store._predict, []
    monkeypatch.setattr(store, "_predict", lambda cut, pixels: sizes.append(len(pixels)) or predict(cut, pixels))
    _, cut = _cut(config_of("epochs: 2", FROZEN), data)
    features = make_store().open(FeatureRequest(cut, data, {24}), lambda: None)
    assert features is not None
    assert len(features) == 64 + 30
    np.testing.assert_array_equal(
        features[60:], predict(cut, np.concatenate([data.train.images[60:], data.validation.images]))
    )
    assert set(sizes) == {24}


def test_one_worker_computes_features_while_others_wait(make_store, config_of, data, entries, root):
    _, cut = _cut(config_of("epochs: 2", FROZEN), data)
    from hpo.training.features.store import FeatureRequest

    begun, features = threading.Event(), []

    def watch() -> None:
        begun.set()

    def compute() -> None:
        features.append(make_store().open(FeatureRequest(cut, replace(data, key="x"), {16, 14}), watch))

    with Cache(root, content="features").lock("other"):
        threads = [threading.Thread(target=compute) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert begun.is_set()
    np.testing.assert_array_equal(*features)
    assert len(entries()) == 1


def test_computing_that_is_interrupted_leaves_nothing_half(make_store, config_of, data, root):
    from hpo.training.features.store import FeatureRequest

    _, cut = _cut(config_of("epochs: 2", FROZEN), data)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_store().open(FeatureRequest(cut, data, {16}), stop)
    assert not list(root.glob("features/*"))
    assert make_store().open(FeatureRequest(cut, data, {16}), lambda: None) is not None


def test_a_flip_has_two_versions(train, make_store, config_of, data, entries):
    config = config_of("epochs: 2", FROZEN, "augmentation: {flip: horizontal}, cache_augmented: 4")
    assert isinstance(train(config, make_store()), Completed)
    (entry,) = entries()
    features = np.load(entry)
    assert len(features) == 2 * 64 + 30
    _, cut = _cut(config, data)
    mirrored = cut.base.predict_on_batch(data.train.images[:16, :, ::-1])
    np.testing.assert_array_equal(features[64 : 64 + 16], mirrored)


def test_each_epoch_draws_a_version_of_each_image_from_its_seed(config_of, data):
    from hpo.data import Part
    from hpo.training.feeding.feeding import training_batches

    images = data.train.images
    versions = Part(np.concatenate([images, 255 - images]), np.tile(data.train.labels, 2))
    fed, config = replace(data, versions=versions), config_of("epochs: 2")

    def draw(passes: int) -> np.ndarray:
        batches = training_batches(fed, config, 1, passes)
        return np.concatenate([batches[step][0] for step in range(len(batches))])

    plain = training_batches(data, config, 1, 1)
    pixels = np.concatenate([plain[step][0] for step in range(len(plain))])
    is_first = (draw(1) == pixels).all(axis=(1, 2, 3))
    assert 16 < is_first.sum() < 48
    np.testing.assert_array_equal(draw(1)[~is_first], 255 - pixels[~is_first])
    np.testing.assert_array_equal(draw(1), draw(1))
    assert (draw(2) != draw(1)).any()


def test_versions_are_drawn_once_for_all_trials(make_store, config_of, entries, data):
    from hpo.training.features.store import FeatureRequest
    from hpo.training.features.versions import make_versions

    config = config_of("epochs: 2", FROZEN, "augmentation: {shift: 0.2, flip: horizontal}, cache_augmented: 3")
    versions, kept = make_versions(config.data.augmentation, 3), []
    for sizes in ({16}, {20}):
        _, cut = _cut(config, data)
        make_store().open(FeatureRequest(cut, data, sizes, versions), lambda: None)
        (entry,) = entries()
        kept.append(np.load(entry))
        entry.unlink()
    np.testing.assert_array_equal(*kept)
    assert all((kept[0][:64] != kept[0][64 * version : 64 * (version + 1)]).any() for version in (1, 2))


def test_versions_that_have_no_room_are_an_error(train, make_store, config_of):
    config = config_of("epochs: 2", FROZEN, "augmentation: {flip: horizontal}, cache_augmented: 2")
    with pytest.raises(WorkError, match=r"cache_augmented.*Raise HPO_CACHE_GB"):
        train(config, make_store(limit=10))


def _cut(config, data):
    import keras

    from hpo.training.features.cut import cut_model
    from hpo.training.network.model import build_model

    keras.utils.set_random_seed(1)
    built = build_model(config, data)
    return built, cut_model(built.model, through_augmentation=True)
