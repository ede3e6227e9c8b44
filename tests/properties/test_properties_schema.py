"""Any space that the parser takes follows the schema; a space with a mistake in its form does not."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hpo.errors import SpaceError
from hpo.spaces import json_schema, parse_spec

VALIDATOR = Draft202012Validator(json_schema(built_in_only=True))
COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
NOTHING = st.sampled_from([None, {}])


def is_taken(document: dict[str, object]) -> bool:
    try:
        parse_spec(json.dumps(document), "generated")
    except SpaceError:
        return False
    return True


def a_few(items: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(items, min_size=2, max_size=3, unique_by=repr).map(lambda found: {"choice": found})


@st.composite
def ranges(draw, kind: str, numbers: st.SearchStrategy) -> dict[str, object]:
    low, high = sorted(draw(st.tuples(numbers, numbers)))
    found: dict[str, object] = {kind: [low, high]}
    if draw(st.booleans()):
        found["log"] = draw(st.booleans())
    if draw(st.booleans()):
        found["step"] = draw(st.integers(1, 3) if kind == "int" else st.sampled_from([1, 0.05, 0.25]))
    return found


def whole(low: int, high: int) -> st.SearchStrategy:
    numbers = st.integers(low, high)
    return numbers | ranges("int", numbers) | a_few(numbers)


def number(low: float, high: float) -> st.SearchStrategy:
    numbers = st.floats(low, high).map(lambda value: round(value, 3)) | st.integers(int(low), int(high))
    return numbers | ranges("float", numbers) | ranges("int", st.integers(int(low), int(high))) | a_few(numbers)


def word(*words: str) -> st.SearchStrategy:
    words_ = st.sampled_from(words)
    named = st.lists(words_, min_size=2, max_size=3, unique=True)
    return (
        words_
        | a_few(words_)
        | named.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, NOTHING))).map(
            lambda names: {"choice": names}
        )
    )


TRUTH = st.booleans() | a_few(st.booleans())


def some(options: dict[str, st.SearchStrategy]) -> st.SearchStrategy:
    return st.fixed_dictionaries({}, optional=options)


@st.composite
def named(draw, unions: dict[str, dict[str, st.SearchStrategy]]) -> object:
    """A word, a word with options, or a choice of either."""
    names = draw(st.lists(st.sampled_from(sorted(unions)), min_size=1, max_size=3, unique=True))
    options = {name: draw(some(unions[name]) | st.none()) for name in names}
    spelled = [names[0], {names[0]: options[names[0]]}, {"choice": names}, {"choice": options}]
    return draw(st.sampled_from(spelled))


OPTIMIZERS = {
    "adam": {"beta_1": number(0, 0.99), "amsgrad": TRUTH},
    "rmsprop": {"rho": number(0, 0.99), "centered": TRUTH},
    "sgd": {"momentum": number(0, 0.99), "nesterov": TRUTH},
    "adamw": {"amsgrad": TRUTH},
    "adafactor": {"relative_step": TRUTH},
    "muon": {"ns_steps": whole(1, 9)},
}
SCHEDULES = {
    "constant": {"warmup_epochs": number(0, 3)},
    "step": {"every": whole(1, 9), "factor": number(0.1, 0.9)},
    "cosine": {"final_share": number(0, 0.9)},
    "one_cycle": {"warmup_share": number(0.1, 0.9), "start_divisor": number(1, 50)},
    "reduce_on_plateau": {"factor": number(0.1, 0.9), "patience": whole(1, 9)},
}
LOSSES = {"crossentropy": {}, "focal": {"gamma": number(0, 5)}, "mean_squared_error": {}}
CLIPPING = st.sampled_from([{"norm": 1}, {"value": 0.5}, {"global_norm": 2.5}])
CLASS_WEIGHTS = st.sampled_from(["none", "balanced", None, {"0": 2.5}, {"0": {"float": [1, 3]}, "7": 1}])
STOPPING = {"patience": whole(1, 9), "min_delta": number(0, 1)}
HEAD = {
    "dense_units": whole(0, 64) | st.lists(whole(1, 64), max_size=3),
    "dropout": number(0, 0.9),
    "head_pooling": word("flatten", "average", "max"),
    "head_batch_normalization": TRUTH | st.just("after_activation"),
}
BLOCK = some({"filters": whole(1, 64), "kernel_size": whole(1, 15), "dropout": number(0, 0.9)})
COUNT = whole(1, 4)
BLOCKS = st.lists(BLOCK, min_size=1, max_size=3) | st.builds(
    lambda count, of: {"repeat": count, "of": of}, COUNT, BLOCK
)
FAMILIES = {
    "simple_cnn": {
        **HEAD,
        "filters": whole(1, 64) | st.lists(whole(1, 64), min_size=3, max_size=4),
        "blocks": BLOCKS | st.none(),
        "activation": word("relu", "gelu", "tanh"),
        "max_pooling": TRUTH,
    },
    "deep_cnn": {
        **HEAD,
        "depth": whole(1, 3),
        "convolutions": whole(1, 8),
        "block_dropout_growth": number(0, 0.3),
        "batch_normalization": TRUTH | st.just("after_activation"),
        "weights": st.just("none") | a_few(st.sampled_from(["none", "study:first", "study:a b"])),
    },
    "application": {
        **HEAD,
        "name": word("mobilenet_v2", "MobileNetV2", "xception") | st.just("ResNet50"),
        "weights": word("imagenet", "none"),
        "input_size": st.sampled_from(["none", 96]) | whole(32, 224),
        "extra_convolutions": st.lists(whole(1, 64), max_size=3),
    },
    "resnet50v2": {**HEAD, "gaussian_noise": number(0, 1), "kernel_l2": number(0, 1)},
    "vgg16": {**HEAD, "frozen_layers": whole(0, 19), "weights": word("imagenet", "none")},
    "vgg16_small": {**HEAD, "filters": whole(1, 64), "first_dropout": number(0, 0.9)},
}
PHASED = {
    "learning_rate": number(0.001, 2),
    "optimizer": named(OPTIMIZERS),
    "schedule": named(SCHEDULES),
    "early_stopping": st.just("none") | st.none() | some(STOPPING) | a_few(st.just("none") | some(STOPPING)),
}
RECIPE = {
    **PHASED,
    "batch_size": whole(1, 512),
    "weight_decay": number(0, 0.1) | st.none(),
    "gradient_clipping": st.just("none") | CLIPPING | a_few(CLIPPING),
    "ema": st.just("none") | some({"momentum": number(0.9, 0.99)}),
    "precision": word("float32", "mixed_float16", "mixed_bfloat16"),
    "loss": named(LOSSES),
    "label_smoothing": number(0, 0.5),
    "targets": word("auto", "one_hot"),
    "class_weights": CLASS_WEIGHTS | a_few(st.sampled_from(["none", "balanced"])),
    "metrics": st.lists(st.sampled_from(["accuracy", "macro_f1", "top_k_accuracy"]), max_size=3),
    "top_k": whole(2, 9),
}
EPOCHS = whole(1, 50)
PHASE = st.fixed_dictionaries({"epochs": EPOCHS}, optional={**PHASED, "frozen_layers": whole(0, 9) | st.just("all")})
PHASES = st.lists(PHASE, min_size=1, max_size=3) | st.builds(
    lambda count, of: {"repeat": count, "of": of}, COUNT, PHASE
)
TRAINING = some({"epochs": EPOCHS, **RECIPE}) | some({"phases": PHASES, **RECIPE})
PREPARATION = {
    "image_size": whole(32, 64) | st.none(),
    "resize": word("stretch", "pad", "crop"),
    "color": word("rgb", "grey", "as_is"),
    "cache": word("auto", "memory"),
    "validation": st.floats(0.1, 0.5) | st.just("validation"),
    "normalization": word("none", "unit", "imagenet"),
    "augmentation": st.just("none")
    | some(
        {
            "flip": word("none", "both"),
            "shift": number(0, 1),
            "crop": whole(0, 8) | number(0, 0.5),
            "zoom": number(0, 0.5),
            "hue": number(0, 180),
            "cutout": whole(0, 8) | number(0, 0.5),
        }
    ),
}


@st.composite
def models(draw) -> object:
    """A family in every way of writing it."""
    name = draw(st.sampled_from(sorted(FAMILIES)))
    options = draw(some(FAMILIES[name]))
    variants = {"small": {"family": name, **options}, "vgg16": draw(some(FAMILIES["vgg16"]) | st.none())}
    shared = draw(some(HEAD))
    spelled = [name, {"family": name, **options}, {name: options or None}, {"mine": {"family": name, **options}}]
    chosen = [{"choice": variants}, {"choice": sorted(FAMILIES)}, {"family": {"choice": sorted(FAMILIES)}, **shared}]
    return draw(st.sampled_from([*spelled, *chosen]))


DATA = st.sampled_from(["cifar10", "digits"]) | some(PREPARATION).map(lambda options: {"dataset": "digits", **options})
SEARCH = some(
    {
        "sampler": st.sampled_from(["tpe", "random", {"tpe": {"n_startup_trials": 3}}, {"qmc": None}]),
        "pruner": st.sampled_from(["none", "hyperband", {"median": {"n_warmup_steps": 2}}]),
        "trials": st.integers(1, 99),
        "timeout": st.sampled_from([30, 1.5, "90", "8h", "1h30m", "0.5d", None]),
    }
)
RECOVERY = some(
    {
        "retries": st.integers(0, 9),
        "trial_timeout": st.sampled_from([30, "2h", "none", None]),
        "hang_timeout": st.sampled_from(["30m", "none", 90.5]),
        "lease": st.sampled_from([1, "60s", "1h30m"]),
        "max_growth": st.sampled_from([10**9, "500MB", "1.5GiB", "none"]),
    }
)
METRICS = st.sampled_from(["val_accuracy", "val_loss", "val_macro_f1", "parameters", "latency_ms"])
OBJECTIVE = METRICS | METRICS.map(lambda metric: {"metric": metric}) | st.lists(METRICS | st.none(), max_size=3)
SPACES = st.fixed_dictionaries(
    {"data": DATA, "model": models()},
    optional={
        "training": TRAINING | st.none() | a_few(st.sampled_from([{"epochs": 3}, {"epochs": 4}, None])),
        "search": SEARCH | st.none(),
        "recovery": RECOVERY | st.none(),
        "objective": OBJECTIVE,
        "seed": st.integers(0, 9),
        "study": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True),
    },
)


@COMMON
@given(SPACES)
def test_what_the_parser_takes_the_schema_takes(document):
    if is_taken(document):
        VALIDATOR.validate(document)


def places(value: object) -> list[dict[str, object]]:
    """Every mapping of a document that holds options."""
    if isinstance(value, list):
        return [place for item in value for place in places(item)]
    if not isinstance(value, dict):
        return []
    return [value, *(place for item in value.values() for place in places(item))]


@COMMON
@given(SPACES, st.data())
def test_a_key_that_nobody_knows_is_refused_by_both_wherever_it_stands(document, data):
    document = copy.deepcopy(document)
    data.draw(st.sampled_from(places(document)))["learning_rat"] = 3
    assert not is_taken(document)
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "mistake", [[], [[]], "no such word", -1, {"choice": [1]}, {"choise": [1, 2]}, {"int": [3, 3]}]
)
@COMMON
@given(SPACES, st.data())
def test_a_value_that_fits_nowhere_is_refused_by_both_wherever_it_stands(mistake, document, data):
    document = copy.deepcopy(document)
    was_taken = is_taken(document)  # else it is refused for what a schema has no words for, as an objective given twice
    place = data.draw(st.sampled_from([place for place in places(document) if place and "choice" not in place]))
    key = data.draw(st.sampled_from(sorted(place)))
    place[key] = mistake
    if was_taken and key not in ("weights",) and not is_taken(document):
        assert not VALIDATOR.is_valid(document)
