"""Any valid space file, with all that the language has: what is read, stored and rendered is the same spec."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpo.spaces import Choice, load, parse_spec, to_yaml

RATES = st.floats(0.0, 0.9).map(lambda rate: round(rate, 3))
NONE = st.sampled_from(["none"])


def optional(**keys: st.SearchStrategy) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries({}, optional=keys)


def listed(values: st.SearchStrategy) -> st.SearchStrategy[dict]:
    return st.lists(values, min_size=2, max_size=4, unique_by=repr).map(lambda found: {"choice": found})


def whole(low: int, high: int) -> st.SearchStrategy:
    """A whole number, or a parameter of one."""
    ends = st.tuples(st.integers(low, high - 1), st.integers(1, high)).map(lambda x: [x[0], min(high, x[0] + x[1])])
    ranges = st.tuples(ends, st.booleans()).map(lambda x: {"int": x[0], **({"log": True} if x[1] and low > 0 else {})})
    stepped = ends.map(lambda x: {"int": x, "step": max(1, (x[1] - x[0]) // 2)})
    return st.one_of(st.integers(low, high), ranges, stepped, listed(st.integers(low, high)))


def share() -> st.SearchStrategy:
    """A number from 0 to below 1, or a parameter of one."""
    ranges = RATES.map(lambda low: {"float": [low, round(low + 0.05, 3)]})
    stepped = RATES.map(lambda low: {"float": [low, round(low + 0.08, 3)], "step": 0.02})
    return st.one_of(RATES, ranges, stepped, listed(RATES))


BLOCK = optional(filters=whole(1, 64), kernel_size=whole(1, 7), dropout=share())
BLOCKS = st.one_of(
    st.fixed_dictionaries(
        {
            "repeat": st.one_of(st.integers(1, 4), st.just({"int": [1, 4]}), st.just({"choice": [1, 3]})),
            "of": BLOCK,
        }
    ),
    st.lists(BLOCK, min_size=1, max_size=3),
)
HEAD = {"dense_units": whole(0, 64), "dropout": share(), "activation": listed(st.sampled_from(["relu", "elu", "tanh"]))}
BLOCKWISE = st.fixed_dictionaries({"family": st.just("simple_cnn"), "blocks": BLOCKS}, optional=HEAD)
UNIFORM = st.fixed_dictionaries(
    {"family": st.just("simple_cnn")}, optional={**HEAD, "depth": whole(1, 5), "filters": whole(1, 64)}
)
MODELS = st.one_of(
    st.just("simple_cnn"),
    UNIFORM,
    BLOCKWISE,
    st.tuples(UNIFORM, BLOCKWISE).map(lambda both: {"choice": {"even": both[0], "by_block": both[1]}}),
)
OPTIMIZERS = st.one_of(
    st.sampled_from(["adam", "sgd"]),
    optional(momentum=share(), nesterov=st.booleans()).map(lambda options: {"sgd": options}),
    st.tuples(optional(momentum=share()), optional(rho=share())).map(
        lambda both: {"choice": {"adam": None, "sgd": both[0] or None, "rmsprop": both[1] or None, "lion": None}}
    ),
)
PHASE = st.fixed_dictionaries(
    {"epochs": whole(1, 40)},
    optional={
        "frozen_layers": st.one_of(st.just("all"), whole(0, 3)),
        "learning_rate": st.just({"float": [1e-6, 1e-3], "log": True}),
        "optimizer": OPTIMIZERS,
        "early_stopping": NONE,
    },
)
RECIPE = {
    "batch_size": listed(st.sampled_from([8, 16, 32, 64])),
    "learning_rate": st.one_of(st.just(1e-3), st.just({"float": [1e-4, 1e-1], "log": True})),
    "optimizer": OPTIMIZERS,
    "schedule": listed(st.sampled_from(["constant", {"cosine": {"warmup_epochs": 1}}, {"step": {"every": 2}}])),
    "weight_decay": st.one_of(st.just(0.0), st.just({"float": [1e-6, 1e-2], "log": True})),
    "label_smoothing": share(),
    "class_weights": st.one_of(NONE, st.just("balanced"), st.just({"0": {"float": [1, 3]}})),
    "ema": st.one_of(NONE, st.just({"momentum": {"float": [0.9, 0.99]}})),
    "gradient_clipping": listed(st.sampled_from(["none", {"norm": 1.0}, {"value": 0.5}])),
    "early_stopping": st.one_of(NONE, st.just({"patience": {"int": [2, 5]}})),
}
TRAINING = st.one_of(
    optional(epochs=whole(1, 40), **RECIPE),
    optional(phases=st.lists(PHASE, min_size=1, max_size=3), **RECIPE),
)
DATA = st.fixed_dictionaries(
    {"dataset": st.just("digits")},
    optional={
        "image_size": listed(st.sampled_from([8, 16, 24])),
        "resize": listed(st.sampled_from(["stretch", "pad", "crop"])),
        "color": listed(st.sampled_from(["rgb", "grey"])),
        "cache": st.sampled_from(["disk", "stream"]),
        "validation": st.just(0.25),
        "normalization": listed(st.sampled_from(["none", "unit", "standardize"])),
        "augmentation": st.one_of(
            NONE, optional(shift=share(), crop=whole(0, 4), flip=st.sampled_from(["none", "both"]))
        ),
    },
)
OBJECTIVES = st.one_of(
    st.just("val_loss"),
    st.just("val_macro_f1"),
    st.just({"metric": "val_accuracy", "direction": "maximize"}),
    st.lists(st.sampled_from(["parameters", "flops", "latency_ms"]), max_size=3, unique=True).map(
        lambda measured: ["val_accuracy", *measured]
    ),
)
SEARCH = optional(
    sampler=st.sampled_from(["tpe", "random", {"tpe": {"n_startup_trials": 3}}, "nsga2", "qmc"]),
    pruner=st.sampled_from(["none", "median", {"hyperband": {"min_resource": 2}}]),
    trials=st.integers(1, 500),
    timeout=st.sampled_from(["1h30m", "90s", 3600, "2d"]),
)
CONSTRAINTS = st.one_of(
    st.lists(st.sampled_from(["parameters <= 20e6", "flops < 1e9 or memory < 2e9", "not parameters > 9"]), max_size=3),
    st.just("parameters < 5e5"),
)


@st.composite
def files(draw) -> dict:
    """A file that can be used: its constraints speak of its own parameters, and it starts from configs of its space."""
    sections = {"data": draw(st.one_of(st.just("digits"), DATA)), "model": draw(MODELS)}
    keys = optional(
        study=st.from_regex(r"[a-z][a-z0-9._-]{0,9}", fullmatch=True),
        engine=st.sampled_from(["tensorflow", "jax"]),
        seed=st.integers(0, 2**32 - 1),
        training=TRAINING,
        objective=OBJECTIVES,
        constraints=CONSTRAINTS,
        search=SEARCH,
    )
    found = {**sections, **draw(keys)}
    space = parse_spec(json.dumps(found), "made").space
    numbers = [each for each in space.parameters() if not isinstance(each, Choice)]
    if numbers and draw(st.booleans()):
        met = [f"{each.name} <= {each.high}" for each in draw(st.lists(st.sampled_from(numbers), max_size=3))]
        found["constraints"] = [*met, "parameters < 1e9"]
    if draw(st.booleans()):
        corners = [params for _, params in space.corners()]
        found["start_from"] = [{}, *draw(st.lists(st.sampled_from(corners), max_size=3))]
    keys_in_order = draw(st.permutations(list(found)))
    return {key: found[key] for key in keys_in_order}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(document=files())
def test_a_file_is_the_same_spec_after_it_is_rendered_and_after_it_is_stored(tmp_path_factory, document):
    file = tmp_path_factory.mktemp("spec") / "r.yaml"
    file.write_text(to_yaml(document), encoding="utf-8")
    spec = load(file)
    assert {**spec.document, "study": spec.name} == {"study": spec.name, **document}
    file.write_text(to_yaml(spec.document), encoding="utf-8")
    assert load(file) == spec
    assert parse_spec(spec.to_json(), "study") == spec
    stored = parse_spec(spec.to_json(), "study")
    search = {**stored.document["search"], "sampler": None, "pruner": None}  # also where the file does not say them
    said = {**(spec.document.get("search") or {}), "sampler": None, "pruner": None}
    assert {**stored.document, "search": search} == {**spec.document, "search": said}
    assert len(spec.start_from) == len(document.get("start_from", []))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(document=files())
def test_what_a_file_starts_from_is_what_its_space_draws(document):
    spec = parse_spec(json.dumps(document), "study")
    assert list(spec.start_from) == document.get("start_from", [])
    for params in spec.start_from[1:]:
        assert spec.space.tree(params) == spec.config(params).tree
        assert spec.admits(params)
