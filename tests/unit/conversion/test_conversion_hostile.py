"""Whatever is given: it becomes a space file that loads, or is refused on purpose."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpo.conversion import convert
from hpo.conversion.counterparts import ALIASES, options
from hpo.conversion.distributions import DISTRIBUTIONS
from hpo.errors import HpoError
from hpo.spaces import load

NAMES = st.one_of(
    st.sampled_from([option.path[-1] for option in options()]),
    st.sampled_from([alias for aliases in ALIASES.values() for alias in aliases.split()]),
    st.builds("{}_{}".format, st.sampled_from(["filters", "units", "kernel_size", "dropout"]), st.integers(0, 20)),
    st.text(max_size=8),
)
NUMBERS = st.one_of(
    st.integers(-3, 70),
    st.integers(),
    st.floats(-1, 1),
    st.floats(),
    st.sampled_from([0, 1, 2**63, 10**30, 1e-5, 1e308, -1e308, 5e-324]),
)
SCALARS = st.one_of(
    NUMBERS, st.none(), st.booleans(), st.text(max_size=6), st.sampled_from(["adam", "SGD", "relu", "yes", "none"])
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
LOOSE = SCALARS | ANYTHING


def ordered(numbers: tuple[float, float]) -> tuple[float, float]:
    return (min(numbers), max(numbers))


ENDS = st.one_of(st.tuples(NUMBERS, NUMBERS), st.tuples(NUMBERS, NUMBERS).map(ordered))


@st.composite
def sweep_parameters(draw) -> object:
    low, high = draw(ENDS)
    drawn = st.fixed_dictionaries(
        {"distribution": st.sampled_from(list(DISTRIBUTIONS))},
        optional={key: NUMBERS for key in ("q", "mu", "sigma", "a", "b")},
    )
    made: dict[str, object] = draw(
        st.one_of(
            st.just({"min": low, "max": high}),
            st.fixed_dictionaries({"values": st.lists(SCALARS, max_size=5)}),
            st.fixed_dictionaries({"value": LOOSE}),
            drawn.map(lambda each: {**each, "min": low, "max": high}),
            drawn,
        )
    )
    if "distribution" in made and draw(st.integers(0, 4)):  # mostly without keys that it does not take
        found = DISTRIBUTIONS[str(made["distribution"])]
        made = {key: value for key, value in made.items() if key in ("distribution", *found.needs, *found.defaults)}
    return made


SWEEPS = st.fixed_dictionaries(
    {"parameters": st.dictionaries(NAMES, st.one_of(sweep_parameters(), LOOSE), max_size=6)},
    optional={
        "method": st.sampled_from(["bayes", "random", "grid"]) | LOOSE,
        "metric": st.fixed_dictionaries({"name": LOOSE}, optional={"goal": LOOSE}) | LOOSE,
        "early_terminate": st.fixed_dictionaries(
            {"type": st.just("hyperband")}, optional={key: LOOSE for key in ("min_iter", "max_iter", "s", "eta")}
        ),
        "run_cap": LOOSE,
        "name": LOOSE,
        "description": LOOSE,
    },
)


@st.composite
def keras_tuner_items(draw) -> object:
    low, high = draw(ENDS)
    parent = st.fixed_dictionaries({"name": NAMES, "values": st.lists(SCALARS, max_size=3)})
    conditions = st.lists(st.fixed_dictionaries({"config": parent}), max_size=2)
    config = draw(
        st.fixed_dictionaries(
            {"name": NAMES, "min_value": st.just(low), "max_value": st.just(high)},
            optional={
                "step": NUMBERS | LOOSE,
                "sampling": st.sampled_from(["linear", "log", "reverse_log"]) | LOOSE,
                "values": st.lists(SCALARS, max_size=5) | LOOSE,
                "value": LOOSE,
                "default": LOOSE,
                "conditions": conditions | LOOSE,
            },
        )
    )
    kind = draw(st.sampled_from(["Int", "Float", "Choice", "Boolean", "Fixed"]) | st.text(max_size=3))
    return {"class_name": kind, "config": config}


SPACES = st.fixed_dictionaries(
    {"space": st.lists(st.one_of(keras_tuner_items(), LOOSE), max_size=6)}, optional={"values": LOOSE}
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def assert_told(error: HpoError) -> None:
    assert str(error).strip()
    assert error.exit_status == 2


def assert_converted_or_refused(folder, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    try:
        made = convert(folder / name)
    except HpoError as error:
        assert_told(error)
        return
    (folder / "made.yaml").write_text(made.text, encoding="utf-8")
    spec = load(folder / "made.yaml")
    for _, params in spec.space.corners():
        spec.config(params)
    assert max(map(len, made.text.splitlines())) <= 100


hostile = settings(max_examples=4000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@hostile
@given(sweep=SWEEPS)
def test_any_sweep_is_converted_or_refused(folder, sweep):
    assert_converted_or_refused(folder, "f.yaml", json.dumps(sweep).encode())


@hostile
@given(space=SPACES)
def test_any_keras_tuner_space_is_converted_or_refused(folder, space):
    assert_converted_or_refused(folder, "f.json", json.dumps(space).encode())


@hostile
@given(document=ANYTHING, name=st.sampled_from(["f.json", "f.yaml"]))
def test_any_document_is_converted_or_refused(folder, document, name):
    assert_converted_or_refused(folder, name, json.dumps(document).encode())


SWEEP = b"""\
method: bayes
metric: {name: val_accuracy, goal: maximize}
parameters:
  lr: {distribution: log_uniform_values, min: 1e-4, max: 0.1}
  optimizer: {values: [adam, sgd]}
  momentum: {min: 0.0, max: 0.9}
  batch_size: {distribution: q_uniform, min: 16, max: 64, q: 16}
early_terminate: {type: hyperband, min_iter: 3}
"""


@hostile
@given(st.integers(0, len(SWEEP)), st.integers(0, 12), st.binary(max_size=6))
def test_a_damaged_sweep_is_converted_or_refused(folder, start, length, insert):
    assert_converted_or_refused(folder, "f.yaml", SWEEP[:start] + insert + SWEEP[start + length :])
