"""Whatever is given: it becomes a space file that loads, or is refused on purpose."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpo.errors import HpoError
from hpo.foreign.conversion import convert
from hpo.foreign.conversion.option_names import options
from hpo.foreign.readers.wandb_distributions import DISTRIBUTIONS
from hpo.spaces import load
from hpo.vocabulary import OPTIONS

pytestmark = pytest.mark.thorough

NAMES = st.one_of(
    st.sampled_from([option.path[-1] for option in options()]),
    st.sampled_from([alias for aliases in OPTIONS.values() for alias in aliases.split()]),
    st.builds("{}_{}".format, st.sampled_from(["filters", "units", "kernel_size", "dropout"]), st.integers(0, 20)),
    st.text(max_size=8),
)
INTEGERS = st.integers(-(2**63) + 1, 2**63 - 1)
SCALARS = st.one_of(
    st.integers(-3, 70),
    INTEGERS,
    st.floats(-1, 1),
    st.floats(),
    st.none(),
    st.booleans(),
    st.text(max_size=6),
    st.sampled_from(["adam", "SGD", "relu", "yes", "none"]),
)


def nested(scalars: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
    )


LOOSE = SCALARS | nested(SCALARS)
ANYTHING = LOOSE | nested(SCALARS | st.sampled_from([2**63, 10**30, 10**400]))
FINITE = st.one_of(st.integers(-3, 70), INTEGERS, st.floats(-1, 1), st.floats(-1e300, 1e300), st.just(0))
POSITIVE = st.one_of(st.integers(1, 70), st.floats(1e-9, 1), st.floats(1e-300, 1e300), st.just(1))


def ordered(numbers: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(numbers, numbers).map(sorted)


@st.composite
def well_formed_parameter(draw) -> dict[str, object]:
    """What Weights & Biases takes, with numbers that an option may or may not take."""
    name = draw(st.sampled_from(["values", "value", "range", *DISTRIBUTIONS]))
    if name == "values":
        return {"values": draw(st.lists(SCALARS, min_size=1, max_size=5))}
    if name == "value":
        return {"value": draw(LOOSE)}
    numbers = POSITIVE if name.endswith("values") else st.floats(-20, 20) if "log" in name else FINITE
    if name.startswith("q_"):  # so that its multiples are different numbers
        numbers = st.floats(0.1, 99) if name.endswith("values") else st.floats(-20, 20)
    low, high = draw(ordered(INTEGERS if name == "int_uniform" else numbers))
    if name == "range":
        return {"min": low, "max": high}
    space = {"min": low, "max": high, "q": draw(st.integers(1, 9) | st.floats(0.01, 9))}
    space |= {"mu": draw(st.floats(-9, 9)), "sigma": draw(st.floats(0, 5)), "a": draw(POSITIVE), "b": draw(POSITIVE)}
    return {"distribution": name, **{key: space[key] for key in DISTRIBUTIONS[name]}}


ANY_PARAMETER = st.one_of(
    st.builds(lambda good, key, value: {**good, key: value}, well_formed_parameter(), NAMES, ANYTHING),
    st.dictionaries(
        st.sampled_from(["min", "max", "q", "values", "value", "distribution", "parameters"]), ANYTHING, max_size=4
    ),
    ANYTHING,
)


def sweeps(parameter: st.SearchStrategy, settings_of_it: dict[str, st.SearchStrategy]) -> st.SearchStrategy:
    parameters = st.dictionaries(NAMES, parameter, min_size=1, max_size=6)
    return st.fixed_dictionaries({"parameters": parameters}, optional=settings_of_it)


METHODS = st.sampled_from(["bayes", "random", "grid", "custom"])
WELL_FORMED_SWEEPS = sweeps(
    well_formed_parameter(),
    {
        "method": METHODS,
        "metric": st.fixed_dictionaries({"name": LOOSE}, optional={"goal": st.sampled_from(["minimize", "maximize"])}),
        "early_terminate": st.fixed_dictionaries(
            {"type": st.just("hyperband"), "min_iter": st.integers(1, 2**60), "eta": st.floats(1.1, 1e9)}
        ),
        "run_cap": st.integers(1, 2**63 - 1),
        "name": LOOSE,
        "description": LOOSE,
    },
)
ANY_SWEEPS = sweeps(
    st.one_of(well_formed_parameter(), ANY_PARAMETER),
    {
        "method": METHODS | ANYTHING,
        "metric": st.fixed_dictionaries({"name": ANYTHING, "goal": ANYTHING}) | ANYTHING,
        "early_terminate": st.fixed_dictionaries(
            {"type": st.just("hyperband")}, optional={key: ANYTHING for key in ("min_iter", "max_iter", "s", "eta")}
        ),
        "run_cap": ANYTHING,
    },
)


@st.composite
def well_formed_hyperparameter(draw) -> dict[str, object]:
    """What KerasTuner writes, with numbers that an option may or may not take."""
    kind = draw(st.sampled_from(["Int", "Float", "Choice", "Boolean", "Fixed"]))
    sampling = draw(st.sampled_from(["linear", "log", "reverse_log"]))
    numbers = POSITIVE if sampling != "linear" else FINITE
    low, high = draw(ordered(st.integers(1, 2**40) if kind == "Int" else numbers))
    step = draw(st.none() | (st.integers(2, 99) if kind == "Int" else st.floats(1.01, 99)))
    parent = st.fixed_dictionaries({"name": NAMES, "values": st.lists(SCALARS, min_size=1, max_size=3)})
    config: dict[str, object] = {
        "name": draw(NAMES.filter(bool)),
        "default": draw(SCALARS),
        "conditions": draw(st.lists(st.fixed_dictionaries({"config": parent}), max_size=2)),
    }
    if kind in ("Int", "Float"):
        config |= {"min_value": low, "max_value": high, "step": step, "sampling": sampling}
    elif kind == "Choice":
        config |= {"values": draw(st.lists(SCALARS, min_size=1, max_size=5))}
    elif kind == "Fixed":
        config |= {"value": draw(LOOSE)}
    return {"class_name": kind, "config": config}


def changed(hyperparameter: dict, key: str, value: object) -> dict[str, object]:
    return {**hyperparameter, "config": {**hyperparameter["config"], key: value}}


CONFIG_KEYS = st.sampled_from(["name", "min_value", "max_value", "step", "sampling", "values", "value", "conditions"])
ANY_HYPERPARAMETER = st.one_of(
    st.builds(changed, well_formed_hyperparameter(), CONFIG_KEYS, ANYTHING), well_formed_hyperparameter(), ANYTHING
)


def spaces(hyperparameter: st.SearchStrategy) -> st.SearchStrategy:
    space = st.lists(hyperparameter, min_size=1, max_size=6)
    return st.fixed_dictionaries({"space": space}, optional={"values": ANYTHING})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


def assert_loads(folder, name: str, document: object) -> None:
    (folder / name).write_text(json.dumps(document))
    space = convert(folder / name)
    (folder / "made.yaml").write_text(space.text, encoding="utf-8")
    spec = load(folder / "made.yaml")
    for _, params in spec.space.corners():
        spec.config(params)
    assert max(map(len, space.text.splitlines())) <= 100


def assert_loads_or_is_refused(folder, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    try:
        space = convert(folder / name)
    except HpoError as error:
        assert_told(error)
        return
    (folder / "made.yaml").write_text(space.text, encoding="utf-8")
    load(folder / "made.yaml")


def assert_told(error: HpoError) -> None:
    assert str(error).strip()
    assert error.exit_status == 2


hostile = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@hostile
@given(sweep=WELL_FORMED_SWEEPS)
def test_any_well_formed_sweep_becomes_a_file_that_loads(folder, sweep):
    assert_loads(folder, "f.yaml", sweep)


@hostile
@given(space=spaces(well_formed_hyperparameter()))
def test_any_well_formed_keras_tuner_space_becomes_a_file_that_loads(folder, space):
    assert_loads(folder, "f.json", space)


@hostile
@given(sweep=ANY_SWEEPS)
def test_any_sweep_is_converted_or_refused(folder, sweep):
    assert_loads_or_is_refused(folder, "f.yaml", json.dumps(sweep).encode())


@hostile
@given(space=spaces(ANY_HYPERPARAMETER))
def test_any_keras_tuner_space_is_converted_or_refused(folder, space):
    assert_loads_or_is_refused(folder, "f.json", json.dumps(space).encode())


@hostile
@given(document=ANYTHING, name=st.sampled_from(["f.json", "f.yaml"]))
def test_any_document_is_converted_or_refused(folder, document, name):
    assert_loads_or_is_refused(folder, name, json.dumps(document).encode())


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
    assert_loads_or_is_refused(folder, "f.yaml", SWEEP[:start] + insert + SWEEP[start + length :])
