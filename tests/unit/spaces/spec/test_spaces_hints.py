"""Hints: they know the field's words, and whoever follows them has a file that is accepted."""

from __future__ import annotations

from typing import get_args

import pytest
from following import follow

from hpo.catalog import DATASETS, MODELS
from hpo.errors import SpaceError
from hpo.models.families.keras_networks import APPLICATIONS
from hpo.spaces import Recipe, Search
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.sections.options import options_of
from hpo.spaces.space.rendering import flow
from hpo.spaces.text.source import parse, parse_value, plain_value
from hpo.vocabulary import NAMES, OPTIONS, find_meaning, find_synonym

HEAD = "data: digits\nmodel: simple_cnn\n"


def training(text: str) -> str:
    return f"{HEAD}training: {text}\n"


def model(text: str) -> str:
    return f"data: digits\nmodel: {text}\n"


def search(text: str) -> str:
    return f"{HEAD}search: {text}\n"


def accepted_by_following(text: str) -> list[str]:
    """The hints that were followed until the file was accepted."""
    hints: list[str] = []
    for _ in range(5):
        try:
            read_spec(rewrite_sections(parse(text, "r.yaml")), "r")
        except SpaceError as error:
            hints.append(error.faults[0].remedy or f"none for: {error}")
            text = follow(text, error.faults[0])
        else:
            return hints
    raise AssertionError(f"{text}: not accepted after {hints}")


WORDS = [
    (training("{optimizer: Adam}"), "adam"),
    (training("{optimizer: SGD}"), "sgd"),
    (training("{optimizer: {SGD: {momentum: 0.9}}}"), "sgd"),
    (training("{optimizer: {choice: [adam, RMSprop]}}"), "rmsprop"),
    (training("{optimizer: AdamW}"), "adamw"),
    (training("{optimizer: torch.optim.Adam}"), "adam"),
    (training("{loss: keras.losses.CategoricalCrossentropy}"), "crossentropy"),
    (training("{schedule: cosine_annealing}"), "cosine"),
    (training("{schedule: CosineAnnealingLR}"), "cosine"),
    (training("{schedule: ReduceLROnPlateau}"), "reduce_on_plateau"),
    (training("{schedule: none}"), "constant"),
    (training("{loss: sparse_categorical_crossentropy}"), "crossentropy"),
    (training("{loss: categorical_crossentropy}"), "crossentropy"),
    (training("{loss: CrossEntropyLoss}"), "crossentropy"),
    (training("{loss: mse}"), "mean_squared_error"),
    (training("{precision: float16}"), "mixed_float16"),
    (training("{precision: fp16}"), "mixed_float16"),
    (training("{precision: bfloat16}"), "mixed_bfloat16"),
    (training("{metrics: [acc]}"), "accuracy"),
    (model("{family: simple_cnn, activation: ReLU}"), "relu"),
    (model("{family: simple_cnn, activation: swish}"), "silu"),
    (model("{family: simple_cnn, head_pooling: avg}"), "average"),
    (model("{family: application, weights: none, name: resnet}"), "resnet50"),
    (model("SimpleCNN"), "simple_cnn"),
    (model("{vgg-16: {weights: none}}"), "vgg16"),
    ("data: Digits\nmodel: simple_cnn\n", "digits"),
    ("data: {dataset: CIFAR10}\nmodel: simple_cnn\n", "cifar10"),
    ("data: FashionMNIST\nmodel: simple_cnn\n", "fashion_mnist"),
    (search("{sampler: TPE}"), "tpe"),
    (search("{sampler: bayesian}"), "tpe"),
    (search("{sampler: GridSearch}"), "grid"),
    (search("{pruner: asha}"), "successive_halving"),
    (search("{pruner: HyperBand}"), "hyperband"),
    (f"{HEAD}objective: accuracy\n", "val_accuracy"),
    (f"{HEAD}objective: acc\n", "val_accuracy"),
    (f"{HEAD}objective: f1\n", "val_macro_f1"),
    (f"{HEAD}objective: {{metric: val_loss, direction: min}}\n", "minimize"),
    (f"{HEAD}engine: PyTorch\n", "torch"),
    (training("{lr: 0.1}"), "learning_rate"),
    (training("{bs: 16}"), "batch_size"),
    (training("{num_epochs: 3}"), "epochs"),
    (training("{lr_scheduler: cosine}"), "schedule"),
    (training("{learning_rate: {float: [0.1, 0.2], log_scale: true}}"), "log"),
    (training("{schedule: {step: {gamma: 0.1}}}"), "factor"),
    (training("{schedule: {exponential: {gamma: 0.9}}}"), "decay"),
    (training("{ema: {decay: 0.99}}"), "momentum"),
    (model("{family: simple_cnn, n_layers: 2}"), "depth"),
    ("data: {dataset: digits, img_size: 8}\nmodel: simple_cnn\n", "image_size"),
    (search("{n_trials: 5}"), "trials"),
    (search("{num_samples: 5}"), "trials"),
    (f"{HEAD}random_state: 3\n", "seed"),
    (f"{training('{learning_rate: {float: [0.1, 0.3]}}')}start_from: [{{lr: 0.2}}]\n", "learning_rate"),
]


@pytest.mark.parametrize(("text", "meant"), WORDS)
def test_a_word_of_the_field_leads_to_the_word_of_the_language(text, meant):
    assert accepted_by_following(text)[0] == f"did you mean {meant!r}?"


VALUES = [
    (model("{family: simple_cnn, depth: [1, 2, 3]}"), "write {choice: [1, 2, 3]}"),
    (training("{optimizer: [adam, sgd]}"), "write {choice: [adam, sgd]}"),
    (training("{batch_size: ['32', '64']}"), "write {choice: [32, 64]}"),
    (model("[simple_cnn, vgg16_small]"), "write {choice: [simple_cnn, vgg16_small]}"),
    (model("{family: [simple_cnn, vgg16_small]}"), "write {choice: [simple_cnn, vgg16_small]}"),
    ("data: {dataset: digits, image_size: [8, 16]}\nmodel: simple_cnn\n", "write {choice: [8, 16]}"),
    (training("{batch_size: {values: [16, 32]}}"), "write {choice: [16, 32]}"),
    (training("{optimizer: {values: [adam, sgd]}}"), "write {choice: [adam, sgd]}"),
    (training("{epochs: {min: 1, max: 4}}"), "write {int: [1, 4]}"),
    (training("{epochs: {randint: [1, 4]}}"), "write {int: [1, 4]}"),
    (training("{epochs: {value: 4}}"), "write 4"),
    (training("{epochs: {int: [1, 2, 4]}}"), "write {choice: [1, 2, 4]}"),
    (training("{epochs: {int: {min: 1, max: 4}}}"), "write {int: [1, 4]}"),
    (training("{learning_rate: {min: 0.1, max: 0.2}}"), "write {float: [0.1, 0.2]}"),
    (
        training("{learning_rate: {distribution: log_uniform_values, min: 0.01, max: 0.1}}"),
        "write {float: [0.01, 0.1], log: true}",
    ),
    (training("{learning_rate: {loguniform: [0.01, 0.1]}}"), "write {float: [0.01, 0.1], log: true}"),
    (training("{ema: 0.99}"), "write {momentum: 0.99}"),
    (training("{ema: true}"), "write {momentum: 0.99}"),
    (training("{early_stopping: 5}"), "write {patience: 5}"),
    (training("{early_stopping: 0.01}"), "write {min_delta: 0.01}"),
    (training("{early_stopping: false}"), "write none"),
    (training("{gradient_clipping: 1.0}"), "write {norm: 1.0}"),
    (training("{class_weights: true}"), "write balanced"),
    (training("{optimizer: {type: sgd, momentum: 0.9}}"), "write {sgd: {momentum: 0.9}}"),
    (training("{optimizer: {class_name: SGD, config: {momentum: 0.9}}}"), "write {sgd: {momentum: 0.9}}"),
    (training("{optimizer: {momentum: 0.9}}"), "write {sgd: {momentum: 0.9}}"),
    (training("{optimizer: {beta_1: 0.8}}"), "write {adam: {beta_1: 0.8}}"),
    (training("{optimizer: {sgd: {nesterov: yes}}}"), "write true"),
    (training("{epochs: '5'}"), "write 5"),
    (training("5"), "write {epochs: 5}"),
    (training("adam"), "write {optimizer: adam}"),
    (search("{pruner: {n_warmup_steps: 3}}"), "write {median: {n_warmup_steps: 3}}"),
    (search("{pruner: false}"), "write none"),
    (search("tpe"), "write {sampler: tpe}"),
    (search("50"), "write {trials: 50}"),
    (f"{HEAD}study: 2024\n", "write '2024'"),
    (training("{schedule: [cosine, none]}"), "write {choice: [cosine, constant]}"),
    (training("{loss: [crossentropy, mse]}"), "write {choice: [crossentropy, mean_squared_error]}"),
    (training("{precision: [float32, float16]}"), "write {choice: [float32, mixed_float16]}"),
    (model("{family: simple_cnn, activation: [relu, Swish]}"), "write {choice: [relu, silu]}"),
    (training("{optimizer: {Adam: , SGD: }}"), "write {choice: {adam: null, sgd: null}}"),
    (training("{ema: '0.99'}"), "write {momentum: 0.99}"),
    (training("{ema: {float: [0.9, 0.99]}}"), "write {momentum: {float: [0.9, 0.99]}}"),
    (training("{early_stopping: [3, 5]}"), "write {patience: {choice: [3, 5]}}"),
    (training("{phases: {epochs: 3}}"), "write [{epochs: 3}]"),
    (training("{metrics: f1}"), "write [macro_f1]"),
    (training("{epochs: {int: 3}}"), "write 3"),
    (training("{epochs: {choice: 3}}"), "write 3"),
    (search("{timeout: 2 hours}"), "write 2h"),
    (training("{optimizer: {sgd: 0.9}}"), "write {sgd: {momentum: 0.9}}"),
    (training("{schedule: {step: 10}}"), "write {step: {every: 10}}"),
    (training("{schedule: {exponential: 0.9}}"), "write {exponential: {decay: 0.9}}"),
    (training("{schedule: null}"), "write constant"),
    (training("{precision: 16}"), "write mixed_float16"),
    (training("{precision: true}"), "write mixed_float16"),
    (training("{learning_rate: {log: [0.01, 0.1]}}"), "write {float: [0.01, 0.1], log: true}"),
    (training("{epochs: {range: [1, 4]}}"), "write {int: [1, 4]}"),
    (search("{pruner: {asha: 3}}"), "write {successive_halving: {min_resource: 3}}"),
    (search("{pruner: true}"), "write auto"),
    (f"{HEAD}objective: max\n", "write val_accuracy"),
    (f"{HEAD}objective: min\n", "write val_loss"),
    (f"{HEAD}objective: {{val_acc: max}}\n", "write {metric: val_accuracy, direction: maximize}"),
    (f"{HEAD}objective: {{minimize: val_loss}}\n", "write {metric: val_loss, direction: minimize}"),
    (f"{HEAD}objective: {{metric: [val_acc, params]}}\n", "write [val_accuracy, parameters]"),
    (model("{family: vgg16, weights: true}"), "write imagenet"),
    (model("{family: simple_cnn, kernel_size: 3x3}"), "write 3"),
    ("data: {dataset: digits, validation: 20%}\nmodel: simple_cnn\n", "write 0.2"),
    ("data: {dataset: digits, augmentation: {mixup: 0.2}}\nmodel: simple_cnn\n", "write {alpha: 0.2}"),
    (model("[vgg19, ResNet50]"), "write {family: application, name: {choice: [vgg19, resnet50]}}"),
    (model("{family: [vgg19, resnet50]}"), "write {family: application, name: {choice: [vgg19, resnet50]}}"),
    (model("{family: {choice: [vgg19, resnet50]}}"), "write {family: application, name: {choice: [vgg19, resnet50]}}"),
    (
        model("{family: {choice: [simple_cnn, resnet50]}}"),
        "write {choice: [simple_cnn, {family: application, name: resnet50}]}",
    ),
    (model("{type: simple_cnn, depth: 2}"), "write {family: simple_cnn, depth: 2}"),
    (model("{name: ResNet50, weights: none}"), "write {family: application, name: resnet50, weights: none}"),
    ("data: {name: CIFAR10}\nmodel: simple_cnn\n", "write {dataset: cifar10}"),
    ("data: {dataset: digits, augmentation: {flip: true}}\nmodel: simple_cnn\n", "write horizontal"),
]


@pytest.mark.parametrize(("text", "hint"), VALUES)
def test_a_value_of_another_shape_leads_to_what_was_meant(text, hint):
    assert accepted_by_following(text) == [hint]


PLACES = [
    (training("{patience: 3}"), "write early_stopping: {patience: 3}"),
    (training("{clipnorm: 1.0}"), "write gradient_clipping: {norm: 1.0}"),
    (training("{dropout: 0.5}"), "write model: {family: simple_cnn, dropout: 0.5}"),
    (training("{image_size: 8}"), "write data: {dataset: digits, image_size: 8}"),
    (training("{momentum: 0.9}"), "write it below training, as `optimizer: {sgd: {momentum: 0.9}}`"),
    (training("{trials: 5}"), "write it below search, as `trials: 5`"),
    (training("{optimizer: {adam: {lr: 0.1}}}"), "write it below training, as `learning_rate: 0.1`"),
    (model("{family: simple_cnn, epochs: {int: [1, 2]}}"), "write it below training, as `epochs: {int: [1, 2]}`"),
    (search("{batch_size: 3}"), "write it below training, as `batch_size: 3`"),
    (f"{HEAD}optimizer: adam\n", "write it below training, as `optimizer: adam`"),
    (f"{HEAD}n_trials: 3\n", "write it below search, as `trials: 3`"),
    (f"{HEAD}objective: val_loss\ndirection: minimize\n", "write objective: {metric: val_loss, direction: minimize}"),
]


@pytest.mark.parametrize(("text", "hint"), PLACES)
def test_a_key_of_another_section_leads_there(text, hint):
    assert accepted_by_following(text) == [hint]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("resnet50", "resnet50"),
        ("vgg19", "vgg19"),
        ("mobilenet_v2", "mobilenet_v2"),
        ("MobileNetV2", "mobilenet_v2"),
        ("EfficientNetB0", "efficientnet_b0"),
        ("efficientnet-b0", "efficientnet_b0"),
        ("densenet", "densenet121"),
        ("InceptionV3", "inception_v3"),
    ],
)
def test_a_network_of_keras_named_as_a_family_leads_to_the_family_that_has_it(written, name):
    for text in (model(written), model(f"{{family: {written}}}"), model(f"{{choice: [{written}, simple_cnn]}}")):
        assert accepted_by_following(text) == [f"write {{family: application, name: {name}}}"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{resnet50: {weights: none}}", "write resnet50: {family: application, name: resnet50, weights: none}"),
        ("{choice: {ResNet50: , vgg16: }}", "write ResNet50: {family: application, name: resnet50}"),
        (
            "{choice: {vgg19: {dropout: {float: [0, 0.5]}}, vgg16: }}",
            "write vgg19: {family: application, name: vgg19, dropout: {float: [0, 0.5]}}",
        ),
    ],
)
def test_a_network_that_is_named_as_an_alternative_keeps_its_options_and_the_others(text, hint):
    assert accepted_by_following(model(text)) == [hint]


def test_the_shape_comes_first_and_unknown_keys_after_it():
    shape, key = accepted_by_following(training("{optimizer: {class_name: SGD, config: {lr: 0.1, momentum: 0.9}}}"))
    assert shape == "write {sgd: {lr: 0.1, momentum: 0.9}}"
    assert key == "write it below training, as `learning_rate: 0.1`"


@pytest.mark.parametrize(
    "text",
    [
        training("{loss: mean_absolute_error}"),
        training("{schedule: {cosine: 5}}"),
        training("{phases: 2}"),
        model("{family: simple_cnn, blocks: 3}"),
        model("resnet18"),
        model("{resnet18: {dropout: 0.5}}"),
        model("[simple_cnn, resnet18]"),
        model("{family: {choice: [simple_cnn, resnet50]}, dropout: 0.5}"),
        "data: svhn\nmodel: simple_cnn\n",
        "data: {dataset: digits, augmentation: [flip]}\nmodel: simple_cnn\n",
        f"{HEAD}objective: {{val_loss: max}}\n",
        training("{optimizer: radam}"),
        training("{schedule: polynomial}"),
        training("{schedule: 0.9}"),
        model("{family: application, name: resnet18}"),
        model("{family: resnet18}"),
        "data: {dataset: digits, validation: [0.1, 0.2]}\nmodel: simple_cnn\n",
        training("{learning_rate: [0.0, 0.1]}"),
        training("{epochs: {min: 0, max: 3}}"),
    ],
)
def test_what_has_no_counterpart_gets_no_hint(read, text):
    with pytest.raises(SpaceError) as caught:
        read(text)
    assert [problem.remedy for problem in caught.value.faults] == [None]


def test_a_sweep_that_is_taken_for_a_space_file_leads_to_what_converts_it(read):
    with pytest.raises(SpaceError, match="`hpo convert FILE` makes a space file of a Weights & Biases sweep"):
        read(f"{HEAD}method: bayes\nparameters: {{lr: {{min: 0.1, max: 0.2}}}}\n")


def test_a_hint_does_not_write_the_value_of_one_config_over_a_parameter(read):
    with pytest.raises(SpaceError) as caught:
        read(training("{optimizer: {momentum: {float: [0.1, 0.9]}}}"))
    assert {problem.remedy for problem in caught.value.faults} == {None}


def test_a_key_that_a_command_line_names_is_found_in_its_section(read):
    for change, hint in (
        ("lr=0.1", "training.learning_rate"),
        ("epochs=3", "training.epochs"),
        ("momentum=0.9", "sgd"),
    ):
        with pytest.raises(SpaceError) as caught:
            read(HEAD, change)
        assert hint in str(caught.value)


def _named_words():
    sections = [("training", Recipe), ("search", Search)]
    return [
        (section, key, word)
        for section, each in sections
        for key, option in options_of(each).items()
        for word in option.named_sections
    ]


@pytest.mark.parametrize(("section", "key", "word"), _named_words())
def test_every_name_is_known_in_every_spelling_and_by_what_others_call_it(section, key, word):
    names = [*(each for _, field, each in _named_words() if field == key)]
    spellings = [word.upper(), word.title().replace("_", ""), word.replace("_", "-"), *NAMES.get(word, "").split()]
    for spelling in spellings:
        if spelling not in names and plain_value(parse_value(spelling, "")) == spelling:
            text = f"{HEAD}{section}: {{{key}: {spelling}}}\n"
            assert accepted_by_following(text) == [f"did you mean {word!r}?"], spelling


@pytest.mark.parametrize("section", ["data", "model", "training", "search"])
def test_every_alias_of_a_key_leads_to_a_file_that_is_accepted(section):
    classes = {"data": DATASETS.get("digits"), "model": MODELS.get("simple_cnn"), "training": Recipe, "search": Search}
    own = {"data": "dataset: digits", "model": "family: simple_cnn"}
    each = classes[section]
    for key, field in each.model_fields.items():
        default = field.get_default(call_default_factory=True)
        written = flow(default) if isinstance(default, str | int | float) else None
        for alias in OPTIONS.get(key, "").split() if written is not None and key not in ("dataset", "family") else ():
            options = ", ".join(filter(None, [own.get(section), f"{alias}: {written}"]))
            others = {name: text for name, text in (("data", "digits"), ("model", "simple_cnn")) if name != section}
            text = "".join(f"{name}: {text}\n" for name, text in others.items()) + f"{section}: {{{options}}}\n"
            assert accepted_by_following(text) == [f"did you mean {key!r}?"], alias


def test_a_config_to_start_from_gets_hints_too(read):
    with pytest.raises(SpaceError, match="Did you mean 'adam'"):
        read(f"{training('{optimizer: {choice: [adam, sgd]}}')}start_from: [{{optimizer: Adam}}]\n")


def test_numbers_are_told_apart():
    assert find_meaning("1.0", ["1", "10"]) == "1"
    assert find_meaning("resnet18", ["resnet50", "resnet101"]) is None
    assert find_meaning("vgg11", ["vgg16", "vgg16_small"]) is None
    assert find_meaning("macro_f2", ["macro_f1", "macro_recall"]) == "macro_f1"
    assert find_meaning("vgg" + "1" * 5000, MODELS.names()) is None


def test_digits_that_are_exchanged_or_typed_twice_are_a_misspelling():
    assert find_meaning("vgg61", MODELS.names()) == "vgg16"
    assert find_meaning("vgg166", MODELS.names()) == "vgg16"
    assert find_meaning("cifar1000", DATASETS.names()) == "cifar100"
    assert find_meaning("cifar01", DATASETS.names()) == "cifar10"
    assert find_meaning("densenet112", APPLICATIONS) == "densenet121"
    assert find_meaning("resnet34", APPLICATIONS) is None


def test_words_of_the_language_are_its_own():
    for names in (list(get_args(Recipe.model_fields["precision"].annotation)), MODELS.names(), DATASETS.names()):
        for name in names:
            assert find_synonym(name, names) == find_meaning(name, names) == name
