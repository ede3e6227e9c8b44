"""What of a recipe has an effect, and which recipes contradict themselves."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import Recipe


def effective(**training: object) -> Recipe:
    return Recipe.model_validate(training).effective()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"optimizer": {"sgd": {"nesterov": True}}}, {"optimizer": "sgd"}),
        ({"epochs": 10, "average_last_epochs": 50}, {"epochs": 10, "average_last_epochs": 10}),
        ({"epochs": 1, "average_last_epochs": 2}, {"epochs": 1}),
        ({"epochs": 10, "early_stopping": {"patience": 9, "min_delta": 0.1}}, {"epochs": 10}),
        ({"epochs": 10, "schedule": {"reduce_on_plateau": {"patience": 9}}}, {"epochs": 10}),
        ({"learning_rate": 0.1, "schedule": {"reduce_on_plateau": {"min_learning_rate": 0.1}}}, {"learning_rate": 0.1}),
        ({"epochs": 10, "schedule": {"step": {"every": 10}}}, {"epochs": 10}),
        (
            {"epochs": 10, "schedule": {"step": {"every": 8, "warmup_epochs": 2}}},
            {"epochs": 10, "schedule": {"constant": {"warmup_epochs": 2}}},
        ),
        ({"optimizer": "adamw"}, {"optimizer": "adam", "weight_decay": 0.004}),
        ({"optimizer": "adamw", "weight_decay": 0}, {"optimizer": "adam"}),
        ({"optimizer": "muon", "weight_decay": 0.004}, {"optimizer": "muon"}),
        ({"targets": "one_hot"}, {}),
        ({"metrics": ["macro_f1", "top_k_accuracy"], "top_k": 3}, {}),
        ({"class_weights": {"cat": 1}}, {}),
    ],
)
def test_what_has_no_effect_is_left_out(one: dict, other: dict):
    assert effective(**one) == effective(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"optimizer": {"sgd": {"momentum": 0.1, "nesterov": True}}}, {"optimizer": {"sgd": {"momentum": 0.1}}}),
        ({"epochs": 10, "early_stopping": {"patience": 8}}, {"epochs": 10}),
        ({"epochs": 10, "schedule": {"reduce_on_plateau": {"patience": 8}}}, {"epochs": 10}),
        ({"optimizer": "adam"}, {"optimizer": "rmsprop"}),
        ({"epochs": 10}, {"epochs": 11}),
        ({"epochs": 10, "schedule": {"step": {"every": 9}}}, {"epochs": 10}),
        ({"epochs": 10, "schedule": {"constant": {"warmup_epochs": 0.5}}}, {"epochs": 10}),
        ({"weight_decay": 1e-4}, {}),
        ({"loss": "focal"}, {}),
        ({"label_smoothing": 0.1}, {}),
        ({"ema": {"momentum": 0.9}}, {}),
        ({"precision": "mixed_bfloat16"}, {}),
        ({"gradient_clipping": {"norm": 1}}, {"gradient_clipping": {"global_norm": 1}}),
        ({"class_weights": "balanced"}, {}),
    ],
)
def test_what_has_an_effect_stays(one: dict, other: dict):
    assert effective(**one) != effective(**other)


MIXED = "data: {dataset: digits, augmentation: {mixup: {alpha: 0.2}}}\nmodel: simple_cnn\n"
PLAIN = "data: digits\nmodel: simple_cnn\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{PLAIN}training: {{label_smoothing: 0.1, targets: sparse}}",
            "targets: smoothed labels are no classes by",
        ),
        (f"{PLAIN}training: {{loss: focal, targets: sparse}}", "3:34 targets: focal takes one number a class"),
        (
            f"{PLAIN}training: {{loss: generalized_crossentropy, label_smoothing: 0.1}}",
            "label_smoothing: generali",
        ),
        (
            f"{PLAIN}training: {{loss: generalized_crossentropy, targets: one_hot}}",
            "targets: generalized_crossent",
        ),
        (
            f"{MIXED}training: {{targets: sparse}}",
            "3:21 targets: mixup of the augmentation gives images of two classes",
        ),
        (
            f"{MIXED}training: {{loss: {{choice: [crossentropy, generalized_crossentropy]}}}}",
            "loss: mixup of the augmen",
        ),
        (
            f"{PLAIN}training: {{gradient_clipping: {{norm: 1, value: 1}}}}",
            "gradient_clipping: it clips in one way: by",
        ),
        (
            f"{PLAIN}training: {{gradient_clipping: {{}}}}",
            "gradient_clipping: it clips in one way: by `norm`, by `value`",
        ),
        (f"{PLAIN}training: {{class_weights: {{cat: 0}}}}", "class_weights.cat: it is above 0. Received 0"),
        (f"{PLAIN}training: {{class_weights: balancd}}", "class_weights: it is balanced, or a mapping. Received"),
        (f"{PLAIN}training: {{metrics: [macro_f2]}}", "Did you mean 'macro_f1'?"),
        (f"{PLAIN}training: {{precision: float16}}", "precision: it is one of float32, mixed_float16, mixed_bfloat16"),
        (f"{PLAIN}training: {{loss: {{choice: [crossentropy, focal]}}}}\nobjective: val_loss", "compared by val_loss"),
        (
            f"{PLAIN}training: {{loss: {{focal: {{gamma: {{float: [1, 3]}}}}}}}}\nobjective: [val_accuracy, val_loss]",
            "r.yaml:3:18 loss: trials are compared by val_loss, which is another measure for another loss. "
            "Received one that varies. Write a constant, or another objective, such as val_accuracy.",
        ),
        (
            f"{PLAIN}training: {{top_k: {{int: [2, 3]}}}}\nobjective: val_top_k_accuracy",
            "compared by val_top_k_accuracy",
        ),
    ],
)
def test_a_recipe_that_contradicts_itself_or_the_data_is_refused_with_the_reason(read, text: str, message: str):
    with pytest.raises(SpaceError) as caught:
        read(f"{text}\n")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "training",
    [
        "{loss: {choice: [crossentropy, focal]}}",
        "{label_smoothing: {float: [0, 0.3]}, class_weights: {choice: [none, balanced, {cat: 2}]}}",
        "{ema: {momentum: {float: [0.9, 0.99]}}, precision: {choice: [float32, mixed_bfloat16]}}",
        "{gradient_clipping: {choice: [none, {norm: 1}, {global_norm: 0.5}]}, ema: {choice: [none, {momentum: 0.9}]}}",
        "{schedule: {choice: {constant: {warmup_epochs: {float: [0, 2]}}, one_cycle: , step: {every: {int: [2, 9]}}}}}",
        "{class_weights: {cat: {float: [1, 5]}, dog: 2}}",
    ],
)
def test_every_value_may_be_a_parameter(read, training: str):
    spec = read(f"{PLAIN}training: {training}\n")
    for _, params in spec.corners():
        assert spec.config(params).training


def test_images_that_are_mixed_have_one_hot_targets_and_others_what_the_loss_takes(read):
    assert read(MIXED).config({}).training.has_one_hot_targets
    assert not read(PLAIN).config({}).training.has_one_hot_targets
    assert read(f"{PLAIN}training: {{loss: focal}}\n").config({}).training.has_one_hot_targets


def test_smoothed_targets_do_not_keep_trials_from_being_compared_by_their_loss(read):
    assert read(f"{PLAIN}training: {{label_smoothing: {{float: [0, 0.3]}}}}\nobjective: val_loss\n").objective


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training: {ema: {}, average_last_epochs: 3}", "ema and average_last_epochs each say which average"),
        ("data: {dataset: digits, test_time_augmentation: {}}", "set flip or shift, or leave it out"),
        ("data: {dataset: digits, test_time_augmentation: {shift: {choice: [1, 2]}}}", "test_time_augmentation"),
    ],
)
def test_averages_that_contradict_each_other_or_have_nothing_to_average_are_refused(read, text, message):
    rest = "model: simple_cnn\n" + ("" if text.startswith("data") else "data: digits\n")
    with pytest.raises(SpaceError, match=message):
        read(f"{rest}{text}\n")
