"""A Weights & Biases sweep (its YAML or JSON) as a foreign search."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from hpo.errors import Fault, Place, RuleError, SpaceError
from hpo.foreign.excerpt import excerpt
from hpo.foreign.readers.wandb_distributions import DISTRIBUTIONS, read_distribution
from hpo.foreign.search import Entry, ForeignSearch, Hyperparameter, NotedDomain, ValueList
from hpo.spaces import Value
from hpo.spaces.sections.objectives import Metric, natural_direction
from hpo.spaces.space.parameters import as_whole
from hpo.spaces.text.source import KeyPath, Node, Scalar, Table, describe, plain_value
from hpo.vocabulary import find_synonym, suggest

_CATEGORICAL = ("categorical", "categorical_w_probabilities")
_NAMES = ("constant", *_CATEGORICAL, *DISTRIBUTIONS)
_SAMPLERS = {"bayes": "tpe", "random": "random", "grid": "grid"}


def read_sweep(root: Table) -> ForeignSearch:
    """Read a parsed sweep.

    Raises:
        SpaceError: with every mistake in it and its place.
    """
    faults: list[Fault] = []
    is_grid = "method" in root.entries and plain_value(root.entries["method"]) == "grid"
    hyperparameters = tuple(_read_hyperparameters(root, "", faults, is_grid=is_grid))
    if not hyperparameters and not faults:
        place = root.key_places.get("parameters", root.place)
        rule, remedy = "a sweep has parameters", "write parameters: {learning_rate: {min: 0.0001, max: 0.1}}"
        faults.append(Fault(rule, "none", remedy, place=place, subject="parameters"))
    settings: dict[KeyPath, Entry] = {}
    for key, read in _SETTINGS.items():
        node = root.entries.get(key)
        try:
            settings |= read(node)
        except SpaceError as error:
            faults += error.faults
        except RuleError as error:
            faults.append(replace(error.fault, place=node.place if node else root.place, subject=key))
    if faults:
        raise SpaceError(faults)
    remarks = {key: plain_value(node) for key, node in root.entries.items() if key not in ("parameters", *_SETTINGS)}
    for key, node in _entries(root.entries.get("metric"), "metric").items():
        if key not in ("name", "goal"):
            remarks[f"metric.{key}"] = plain_value(node)
    if (node := _entries(root.entries.get("early_terminate"), "early_terminate").get("strict")) is not None:
        remarks["early_terminate.strict"] = plain_value(node)
    return ForeignSearch("W&B", "Weights & Biases sweep", hyperparameters, settings, remarks)


def _mistake(node: Node | None, subject: str, rule: str, place: Place | None = None) -> SpaceError:
    received, place = (None, place) if node is None else (describe(node), node.place)
    return SpaceError([Fault(rule, received, place=place, subject=subject)])


def _entries(node: Node | None, key: str) -> Mapping[str, Node]:
    """The entries of a mapping of the sweep; none where it lacks it."""
    if node is None or isinstance(node, Table):
        return {} if node is None else node.entries
    raise RuleError(f"{key} is a mapping", describe(node))


# What varies


def _read_hyperparameters(
    holder: Table, prefix: str, faults: list[Fault], *, is_grid: bool
) -> Iterator[Hyperparameter]:
    parameters = holder.entries.get("parameters")
    if parameters is not None and not isinstance(parameters, Table):
        subject, rule = f"{prefix}parameters", "parameters is a mapping of names"
        faults.append(Fault(rule, describe(parameters), place=parameters.place, subject=subject))
        return
    for key, node in parameters.entries.items() if parameters is not None else ():
        name = f"{prefix}{key}"
        if isinstance(node, Table) and isinstance(node.entries.get("parameters"), Table):
            yield from _read_hyperparameters(node, f"{name}.", faults, is_grid=is_grid)
            continue
        try:
            domain, notes = _read_domain(node, is_grid=is_grid)
            yield Hyperparameter(name, domain, plain_value(node), notes)
        except RuleError as error:
            faults.append(replace(error.fault, place=node.place, subject=name))


def _read_domain(node: Node, *, is_grid: bool) -> NotedDomain:
    if not isinstance(node, Table):
        remedy = f"write {{value: {describe(node)}}}" if isinstance(node, Scalar) else "write {values: [...]}"
        rule = "a parameter of a sweep is a mapping, such as {value: 3} or {min: 0, max: 1}"
        raise RuleError(rule, describe(node), remedy)
    kind = _distribution_of(node)
    if kind == "constant":
        _check_keys(node, kind, ("value",))
        return ValueList((plain_value(node.entries["value"]),)), ()
    if kind in _CATEGORICAL:
        return _read_categorical(node, kind)
    defaults = DISTRIBUTIONS[kind]
    needs = tuple(key for key, number in defaults.items() if number is None)
    _check_keys(node, kind, needs, tuple(key for key in defaults if key not in needs))
    numbers = {key: number for key, number in defaults.items() if number is not None}
    numbers |= {key: _read_number(item, key) for key, item in node.entries.items() if key != "distribution"}
    return read_distribution(kind, numbers, is_grid=is_grid)


def _distribution_of(node: Table) -> str:
    """What the parameter says, or what W&B concludes from its keys."""
    if "distribution" in node.entries:
        name = plain_value(node.entries["distribution"])
        if name not in _NAMES:
            rule = f"a distribution is one of {', '.join(_NAMES)}"
            raise RuleError(rule, excerpt(name, 80), suggest(str(name), list(_NAMES)))
        return str(name)
    if "value" in node.entries:
        return "constant"
    if "values" in node.entries:
        return _CATEGORICAL["probabilities" in node.entries]
    ends = [plain_value(node.entries[key]) for key in ("min", "max") if key in node.entries]
    if len(ends) == 2:  # noqa: PLR2004 - low and high
        return "int_uniform" if all(isinstance(end, int) for end in ends) else "uniform"
    rule = "a parameter of a sweep has value, values, min and max, or a distribution"
    raise RuleError(rule, describe(node) if node.entries else "an empty mapping")


def _read_categorical(node: Table, kind: str) -> NotedDomain:
    has_shares = kind == _CATEGORICAL[1]
    _check_keys(node, kind, ("values", "probabilities") if has_shares else ("values",))
    values = plain_value(node.entries["values"])
    if not isinstance(values, list) or not values:
        raise RuleError("values is a list of one value or more", describe(node.entries["values"]))
    if not has_shares:
        return ValueList(tuple(values)), ()
    shares = plain_value(node.entries["probabilities"])
    if not isinstance(shares, list) or len(shares) != len(values):
        received = describe(node.entries["probabilities"])
        raise RuleError(f"probabilities is a list with one number for each of {len(values)} values", received)
    impossible = [value for value, share in zip(values, shares, strict=True) if share == 0]
    possible = tuple(value for value, share in zip(values, shares, strict=True) if share != 0)
    notes = (f"probabilities {excerpt(shares, 60)} left out: all are drawn alike",)
    if impossible and possible:
        return ValueList(possible), (*notes, f"left out {excerpt(impossible, 60)}, of probability 0")
    return ValueList(tuple(values)), notes


# How it is searched: a key of the sweep, as entries of a space file


def _read_study(node: Node | None) -> Mapping[KeyPath, Entry]:
    name = None if node is None else plain_value(node)
    study = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:100] if isinstance(name, str) else ""
    note = () if study == name else (f"from {excerpt(name, 60)}",)
    return {("study",): Entry(study, note)} if study else {}


def _read_objective(node: Node | None) -> Mapping[KeyPath, Entry]:
    keys = _entries(node, "metric")
    name, goal = (plain_value(keys[key]) if key in keys else None for key in ("name", "goal"))
    metric, notes = _match_metric(name)
    settings: dict[KeyPath, Entry] = {("objective", "metric"): Entry(metric, notes)}
    if node is None:
        return settings
    if goal not in ("minimize", "maximize", None):
        raise _mistake(keys["goal"], "metric.goal", "a goal is minimize or maximize")
    direction = natural_direction(metric)
    note: tuple[str, ...] = ()
    if goal is None and direction != "minimize":
        note = ("the sweep names no goal, which W&B takes as minimize",)
    elif goal not in (direction, None):
        note = (f"the sweep's goal is {goal}; {metric} is to be {direction}d",)
    return {**settings, ("objective", "direction"): Entry(direction, note)}


def _read_sampler(node: Node | None) -> Mapping[KeyPath, Entry]:
    method = None if node is None else plain_value(node)
    if node is None or method == "custom":
        note = "the sweep names no method" if node is None else "the sweep has a scheduler of its own"
        return {("search", "sampler"): Entry("auto", (note,))}
    if not isinstance(method, str) or method not in _SAMPLERS:
        rule = f"a method is one of {', '.join(_SAMPLERS)}"
        raise RuleError(rule, describe(node), suggest(str(method), list(_SAMPLERS)))
    notes = () if method in _SAMPLERS.values() else (f"from {method}",)
    return {("search", "sampler"): Entry(_SAMPLERS[method], notes)}


def _read_pruner(node: Node | None) -> Mapping[KeyPath, Entry]:
    path, keys = ("search", "pruner"), _entries(node, "early_terminate")
    if not isinstance(node, Table):
        return {path: Entry("none", ("the sweep stops no run early; auto or hyperband would",))}
    kind = keys.get("type")
    if kind is None or plain_value(kind) != "hyperband":
        raise _mistake(kind, "early_terminate.type", "early_terminate is of type hyperband", node.place)
    resource, factor, notes = _read_bracket(node)
    # A sweep stops its second run already, where it is worse than the first.
    halving: Value = {"min_resource": resource, "reduction_factor": factor, "n_min_trials": 1}
    return {path: Entry({"successive_halving": halving}, ("hyperband of W&B is one bracket of it", *notes))}


def _read_trials(node: Node | None) -> Mapping[KeyPath, Entry]:
    path = ("search", "trials")
    if node is None:
        return {path: Entry(100, ("the budget; the sweep has no run_cap",))}
    cap = as_whole(plain_value(node))
    if not isinstance(cap, int) or isinstance(cap, bool) or cap < 1:
        raise RuleError("run_cap is a whole number, at least 1", describe(node))
    return {path: Entry(cap)}


_SETTINGS: Mapping[str, Callable[[Node | None], Mapping[KeyPath, Entry]]] = {
    "name": _read_study,
    "metric": _read_objective,
    "method": _read_sampler,
    "early_terminate": _read_pruner,
    "run_cap": _read_trials,
}


def _check_keys(node: Table, kind: str, needs: tuple[str, ...], options: tuple[str, ...] = ()) -> None:
    keys = [*needs, *options, "distribution"]
    for key in node.entries:
        if key not in keys:
            close = suggest(key, keys)
            if key == "q":
                close = f"write distribution: q_{kind.removeprefix('int_')}"
            raise RuleError(f"the keys of {kind} are {', '.join(keys)}", repr(key), close)
    missing = [key for key in needs if key not in node.entries]
    if missing:
        raise RuleError(f"{kind} needs {' and '.join(needs)}", f"no {' and no '.join(missing)}")


def _read_number(node: Node, key: str) -> float:
    value = plain_value(node)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RuleError(f"{key} is a finite number", describe(node))
    return value


def _match_metric(name: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - whatever stands in the file
    """The metric of hpo that is meant, and what is to be said of it."""
    if name is None:
        return "val_accuracy", ("the sweep names no metric",)
    *_, last = str(name).split("/")  # epoch/val_accuracy is what wandb's Keras callback logs
    learned = [metric for metric in get_args(Metric) if metric.startswith("val_")]
    candidates = learned if last.lower().startswith("val") else ("val_accuracy", "val_loss")
    metric = find_synonym(str(name), candidates) or find_synonym(last, candidates)
    if metric is not None:
        return metric, () if metric == name else (f"from {excerpt(name, 60)}",)
    near = find_synonym(str(name), get_args(Metric))
    metric = "val_loss" if str(name).lower().rstrip("_").endswith("loss") else "val_accuracy"
    return metric, (f"was {excerpt(name, 60)}; {'hpo has no such metric' if near is None else f'or {near}'}",)


def _read_bracket(node: Table) -> tuple[int, int, tuple[str, ...]]:
    """`min_resource` and `reduction_factor` of the one bracket: W&B looks at a run after min_iter * eta^k epochs."""
    keys = ("min_iter", "max_iter", "s", "eta")
    numbers = {key: _read_number(node.entries[key], key) for key in keys if key in node.entries}
    eta = numbers.get("eta", 3)
    if eta <= 1:
        raise RuleError("eta is above 1", describe(node.entries["eta"]))
    factor = min(max(2, round(eta)), 2**31)
    notes = () if factor == eta else (f"eta was {eta:g}",)
    if "max_iter" in numbers and ("s" in numbers or "min_iter" not in numbers):  # which W&B asks for first
        steps = numbers.get("s")
        first = _first_band(numbers["max_iter"], eta, 100 if steps is None else steps)
        notes = (*notes, f"from max_iter {numbers['max_iter']:g}, {'no s' if steps is None else f's {steps:g}'}")
    elif "min_iter" in numbers:
        first = numbers["min_iter"]
    else:
        raise RuleError("hyperband needs min_iter, or max_iter and s", describe(node), "write min_iter: 3")
    return min(max(1, int(first)), 2**31), factor, notes


def _first_band(last: float, eta: float, steps: float) -> float:
    """The epochs after which the bracket begins: `last` divided by `eta`, `steps` times at most and not below 1."""
    band = last
    for _ in range(int(min(max(steps, 0), 100))):
        if band / eta < 1:
            break
        band /= eta
    return band
