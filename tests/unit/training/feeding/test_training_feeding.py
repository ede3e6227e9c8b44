"""What a model is fed: targets, weights, smoothing and mixing; and what it is never fed."""

from __future__ import annotations

import re
from dataclasses import replace
from weakref import ref

import numpy as np
import pytest

from hpo.data import Part, TrialData
from hpo.training import Failed

pytestmark = pytest.mark.engine


@pytest.fixture
def uneven(data) -> TrialData:
    """The fixture `data`, of three classes: 48 dark, 16 bright and no odd images to train on."""
    labels = np.repeat(np.array([0, 1], np.int32), [48, 16])
    return replace(data, classes=("dark", "bright", "odd"), train=Part(data.train.images, labels))


def batches_of(config, data, seed: int = 1, epochs: int = 1) -> list[tuple[np.ndarray, ...]]:
    from hpo.training.feeding.feeding import training_batches

    batches, fed = training_batches(data, config, seed), []
    for _ in range(epochs):
        fed += [batches[index] for index in range(len(batches))]
        batches.on_epoch_end()
    return fed


def assert_same(fed, expected) -> None:
    for arrays, others in zip(fed, expected, strict=True):
        for array, other in zip(arrays, others, strict=True):
            assert array.dtype == other.dtype
            np.testing.assert_array_equal(array, other)


def test_without_options_labels_go_in_as_they_are(config_of, data):
    for images, labels in batches_of(config_of(), data):
        assert (images.dtype, labels.dtype, labels.shape) == (np.uint8, np.int32, (16,))


def test_smoothed_targets_share_a_part_among_all_classes(config_of, uneven):
    for _, targets in batches_of(config_of("label_smoothing: 0.3"), uneven):
        assert targets.dtype == np.float32
        np.testing.assert_allclose(np.sort(targets, axis=1), [[0.1, 0.1, 0.8]] * 16, rtol=1e-6)


def test_balanced_weights_are_scikit_learn_s(config_of, uneven):
    from sklearn.utils.class_weight import compute_class_weight

    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=uneven.train.labels)
    for _, labels, weights in batches_of(config_of("class_weights: balanced"), uneven):
        assert weights.dtype == np.float32
        np.testing.assert_allclose(weights, expected[labels], rtol=1e-6)


def test_weights_by_name_leave_the_other_classes_as_they_are(config_of, uneven):
    for _, targets, weights in batches_of(config_of("class_weights: {bright: 2.5}, targets: one_hot"), uneven):
        np.testing.assert_allclose(weights, np.where(targets[:, 1] == 1, 2.5, 1))


def test_mixed_batches_follow_from_seed_epoch_and_index_alone(config_of, data):
    from hpo.training.feeding.feeding import training_batches

    config = config_of(data="augmentation: {mixup: {alpha: 1.0}, cutmix: {alpha: 1.0}}")
    first, same = batches_of(config, data, epochs=2), batches_of(config, data, epochs=2)
    for one, other in zip(first, same, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    assert not np.array_equal(first[0][1], first[4][1])
    backwards = training_batches(data, config, 1)
    np.testing.assert_array_equal(backwards[3][0], first[3][0])
    np.testing.assert_array_equal(backwards[0][0], first[0][0])


def test_what_models_are_compared_on_is_neither_mixed_nor_smoothed_nor_weighted(config_of, data):
    from hpo.training.feeding.feeding import evaluation_batches

    config = config_of("label_smoothing: 0.2, class_weights: balanced", data="augmentation: {mixup: {alpha: 1.0}}")
    batches = evaluation_batches(data, config)
    images, targets = (np.concatenate(parts) for parts in zip(*(batches[i] for i in range(len(batches))), strict=True))
    np.testing.assert_array_equal(images, data.validation.images)
    np.testing.assert_array_equal(targets, np.eye(2, dtype=np.float32)[data.validation.labels])


@pytest.mark.parametrize("one_hot", [True, False], ids=["one-hot", "sparse"])
def test_macro_means_are_those_of_scikit_learn_over_batches_of_any_size(one_hot: bool):
    from sklearn.metrics import precision_recall_fscore_support

    from hpo.training.network.metrics import MacroMeans

    random = np.random.default_rng(0)
    labels, probabilities = random.integers(0, 4, 50).astype(np.int32), random.random((50, 6)).astype(np.float32)
    probabilities[:, 5] = 0  # a class that is neither there nor predicted
    metric = MacroMeans(6, ["macro_f1", "macro_precision", "macro_recall"])
    for start, end in ((0, 20), (20, 49), (49, 50)):
        targets = np.eye(6, dtype=np.float32)[labels] if one_hot else labels
        metric.update_state(targets[start:end], probabilities[start:end])
    expected = precision_recall_fscore_support(labels, probabilities.argmax(1), average="macro", zero_division=0)
    values = {name: float(value) for name, value in metric.result().items()}
    assert values == pytest.approx(
        {"macro_precision": expected[0], "macro_recall": expected[1], "macro_f1": expected[2]}, rel=1e-5
    )
    metric.reset_state()
    assert float(metric.result()["macro_f1"]) == 0


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ("metrics: [top_k_accuracy]", "training.top_k: .* Received 5 for 2 classes"),
        ("class_weights: {brigt: 2}", "training.class_weights: .* Received 'brigt'. Did you mean 'bright'?"),
    ],
)
def test_what_a_recipe_says_of_other_classes_fails_before_any_training(config_of, run, watcher, training, said):
    observer = watcher()
    outcome = run(config_of(training), observer=observer)
    assert isinstance(outcome, Failed)
    assert re.search(said, outcome.cause.message)
    assert observer.measures == observer.reports == []


def test_a_dataset_has_the_batches_of_each_pass_and_is_not_tuned(config_of, uneven):
    from hpo.training.feeding.datasets import options_of_fit
    from hpo.training.feeding.feeding import evaluation_batches, training_batches

    config = config_of("batch_size: 24, class_weights: balanced, label_smoothing: 0.1")
    expected = batches_of(config, uneven, epochs=3)[3:]  # Keras ends a pass before the first epoch
    batches, validation = training_batches(uneven, config, seed=1), evaluation_batches(uneven, config)
    options = options_of_fit(batches, validation)
    assert not options["x"].options().autotune.enabled  # its end would be waited for
    assert not options["validation_data"].options().autotune.enabled
    assert options["steps_per_epoch"] == len(batches) == 3
    assert options["validation_steps"] == len(validation)
    assert_same(options["x"].take(6).as_numpy_iterator(), expected)
    assert_same(options["validation_data"].take(2 * len(validation)).as_numpy_iterator(), [*validation, *validation])
    kept = ref(batches)
    del batches
    assert kept() is None  # TensorFlow keeps the function that a dataset calls, for good


def test_a_fit_makes_one_iterator_for_all_epochs_and_one_for_each_validation(config_of, data, monkeypatch):
    """Keras (3.15) makes two for each of both where it is told of no steps."""
    import keras
    import tensorflow as tf

    from hpo.training.feeding.datasets import options_of_fit
    from hpo.training.feeding.feeding import evaluation_batches, training_batches

    config, made = config_of(), []
    begin = tf.data.Dataset.__iter__
    monkeypatch.setattr(tf.data.Dataset, "__iter__", lambda dataset: made.append(1) or begin(dataset))
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(len(data.classes))])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches, validation = training_batches(data, config, seed=1), evaluation_batches(data, config)
    history = model.fit(**options_of_fit(batches, validation), epochs=3, shuffle=False, verbose=0).history
    assert len(history["val_loss"]) == 3
    assert len(made) == 1 + 3
    assert batches.passes == 3


def test_images_that_cannot_be_read_are_named_where_a_dataset_reads_them(config_of, data):
    from hpo.training.feeding.datasets import as_dataset
    from hpo.training.feeding.feeding import training_batches

    batches = training_batches(data, config_of(), seed=1)
    dataset = as_dataset(batches)
    batches.make_batch = lambda *_: (_ for _ in ()).throw(OSError("7.png: it is truncated"))
    with pytest.raises(Exception, match=r"7\.png: it is truncated"):
        list(dataset)
    assert isinstance(batches.error, OSError)
