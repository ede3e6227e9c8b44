"""A Weights & Biases sweep (its YAML or JSON) as a foreign search."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

from hpo.errors import Fault, RuleError, SpaceError
from hpo.foreign.conversion.distributions import DISTRIBUTIONS, grid_of_q_uniform
from hpo.foreign.conversion.foreign import Domain, ForeignSearch, Hyperparameter, Setting, ValueList
from hpo.foreign.conversion.writing import shown
from hpo.spaces import Value
from hpo.spaces.sections.objectives import Metric, natural_direction
from hpo.spaces.space.parameters import as_whole
from hpo.spaces.text.source import Node, Scalar, Table, describe, plain_value
from hpo.vocabulary import suggestion, synonym

_TOOL = "W&B"
_CATEGORICAL = ("categorical", "categorical_w_probabilities")
_NAMES = ("constant", *_CATEGORICAL, *DISTRIBUTIONS)
_SAMPLERS = {"bayes": "tpe", "random": "random", "grid": "grid"}
_KEYS_THAT_SEARCH = ("parameters", "method", "metric", "early_terminate", "run_cap", "name")


def read_sweep(root: Table) -> ForeignSearch:
    """Read a parsed sweep.

    Raises:
        SpaceError: with every mistake in it, each with its place.
    """
    return _SweepReader(root).read()


class _SweepReader:
    """Reads the keys of a sweep one after the other, collecting problems on the way."""

    def __init__(self, root: Table) -> None:
        self.root = root
        self.problems: list[Fault] = []
        self.remarks: dict[str, Value] = {}
        self._is_grid = "method" in root.entries and plain_value(root.entries["method"]) == "grid"

    def read(self) -> ForeignSearch:
        hyperparameters = tuple(self._hyperparameters(self.root, ""))
        if not hyperparameters and not self.problems:
            place = self.root.key_places.get("parameters", self.root.place)
            rule, remedy = "a sweep has parameters", "write parameters: {learning_rate: {min: 0.0001, max: 0.1}}"
            self.problems.append(Fault(rule, "none", remedy, place=place, subject="parameters"))
        settings = [*self._study(), *self._objective(), self._sampler(), *self._pruner(), self._trials()]
        if self.problems:
            raise SpaceError(self.problems)
        others = {key: plain_value(node) for key, node in self.root.entries.items() if key not in _KEYS_THAT_SEARCH}
        return ForeignSearch(
            _TOOL, "Weights & Biases sweep", hyperparameters, tuple(settings), {**others, **self.remarks}
        )

    def _problem(self, node: Node, subject: str, rule: str, received: str | None, remedy: str | None = None) -> None:
        self.problems.append(Fault(rule, received, remedy, place=node.place, subject=subject))

    # What varies

    def _hyperparameters(self, holder: Table, prefix: str) -> Iterator[Hyperparameter]:
        below = holder.entries.get("parameters")
        if below is None:
            return
        if not isinstance(below, Table):
            self._problem(below, f"{prefix}parameters", "parameters is a mapping of names", describe(below))
            return
        for key, node in below.entries.items():
            name = f"{prefix}{key}"
            if not isinstance(node, Table):
                remedy = f"write {{value: {describe(node)}}}" if isinstance(node, Scalar) else "write {values: [...]}"
                rule = "a parameter of a sweep is a mapping, such as {value: 3} or {min: 0, max: 1}"
                self._problem(node, name, rule, describe(node), remedy)
            elif isinstance(node.entries.get("parameters"), Table):
                yield from self._hyperparameters(node, f"{name}.")
            else:
                try:
                    domain, notes = self._domain(node)
                    yield Hyperparameter(name, domain, plain_value(node), notes)
                except RuleError as error:
                    self.problems.append(replace(error.fault, place=node.place, subject=name))

    def _domain(self, node: Table) -> tuple[Domain, tuple[str, ...]]:
        kind = self._distribution(node)
        if kind == "constant":
            _check_keys(node, kind, ("value",), ())
            return ValueList((plain_value(node.entries["value"]),)), ()
        if kind in _CATEGORICAL:
            return self._categorical(node, kind)
        distribution = DISTRIBUTIONS[kind]
        if kind == "q_uniform" and self._is_grid:
            distribution = replace(distribution, make=grid_of_q_uniform)
        _check_keys(node, kind, distribution.needs, tuple(distribution.defaults))
        given = {key: _number(item, key) for key, item in node.entries.items() if key != "distribution"}
        return distribution.make({**distribution.defaults, **given})

    def _distribution(self, node: Table) -> str:
        """What the parameter says, or what W&B concludes from its keys."""
        if "distribution" in node.entries:
            named = plain_value(node.entries["distribution"])
            if named not in _NAMES:
                rule = f"a distribution is one of {', '.join(_NAMES)}"
                raise RuleError(rule, shown(named, 80), suggestion(str(named), list(_NAMES)))
            return str(named)
        if "value" in node.entries:
            return "constant"
        if "values" in node.entries:
            return _CATEGORICAL["probabilities" in node.entries]
        ends = [plain_value(node.entries[key]) for key in ("min", "max") if key in node.entries]
        if len(ends) == 2:  # noqa: PLR2004 - low and high
            return "int_uniform" if all(isinstance(end, int) for end in ends) else "uniform"
        rule = "a parameter of a sweep has value, values, min and max, or a distribution"
        raise RuleError(rule, describe(node) if node.entries else "an empty mapping")

    def _categorical(self, node: Table, kind: str) -> tuple[Domain, tuple[str, ...]]:
        has_shares = kind == _CATEGORICAL[1]
        _check_keys(node, kind, ("values", "probabilities") if has_shares else ("values",), ())
        values = plain_value(node.entries["values"])
        if not isinstance(values, list) or not values:
            raise RuleError("values is a list of one value or more", describe(node.entries["values"]))
        if not has_shares:
            return ValueList(tuple(values)), ()
        shares = plain_value(node.entries["probabilities"])
        if not isinstance(shares, list) or len(shares) != len(values):
            received = describe(node.entries["probabilities"])
            raise RuleError(f"probabilities is a list with one number for each of {len(values)} values", received)
        never = [value for value, share in zip(values, shares, strict=True) if share == 0]
        drawn = tuple(value for value, share in zip(values, shares, strict=True) if share != 0)
        notes = (f"probabilities {shown(shares, 60)} left out: all are drawn alike",)
        if never and drawn:
            return ValueList(drawn), (*notes, f"left out {shown(never, 60)}, of probability 0")
        return ValueList(tuple(values)), notes

    # How it is searched

    def _study(self) -> Iterator[Setting]:
        node = self.root.entries.get("name")
        name = None if node is None else plain_value(node)
        if not isinstance(name, str):
            return
        study = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:100]
        if study:
            yield Setting(("study",), study, () if study == name else (f"from {shown(name, 60)}",))

    def _objective(self) -> Iterator[Setting]:
        node = self._table("metric")
        name = None if node is None else plain_value(node.entries.get("name", Scalar(None, node.place)))
        metric, notes = _metric(name)
        yield Setting(("objective", "metric"), metric, notes)
        if node is None:
            return
        goal = plain_value(node.entries.get("goal", Scalar(None, node.place)))
        direction = natural_direction(metric)
        if goal not in ("minimize", "maximize", None):
            place = node.entries["goal"]
            self._problem(place, "metric.goal", "a goal is minimize or maximize", describe(place))
        elif goal is None and direction != "minimize":
            note = "the sweep names no goal, which W&B takes as minimize"
            yield Setting(("objective", "direction"), direction, (note,))
        elif goal not in (direction, None):
            note = f"the sweep's goal is {goal}; {metric} is to be {direction}d"
            yield Setting(("objective", "direction"), direction, (note,))
        else:
            yield Setting(("objective", "direction"), direction)
        for key, value in node.entries.items():
            if key not in ("name", "goal"):
                self.remarks[f"metric.{key}"] = plain_value(value)

    def _sampler(self) -> Setting:
        node = self.root.entries.get("method")
        path = ("search", "sampler")
        if node is None:
            return Setting(path, "tpe", ("the sweep names no method",))
        method = plain_value(node)
        if method == "custom":
            return Setting(path, "tpe", ("the sweep has a scheduler of its own",))
        if not isinstance(method, str) or method not in _SAMPLERS:
            rule, close = f"a method is one of {', '.join(_SAMPLERS)}", suggestion(str(method), list(_SAMPLERS))
            self._problem(node, "method", rule, describe(node), close)
            return Setting(path, "tpe")
        return Setting(path, _SAMPLERS[method], () if method in _SAMPLERS.values() else (f"from {method}",))

    def _pruner(self) -> Iterator[Setting]:
        path = ("search", "pruner")
        node = self._table("early_terminate")
        if node is None:
            yield Setting(path, "none", ("the sweep stops no run early; median or hyperband would",))
            return
        kind = node.entries.get("type")
        if kind is None or plain_value(kind) != "hyperband":
            rule = "early_terminate is of type hyperband"
            self._problem(kind or node, "early_terminate.type", rule, None if kind is None else describe(kind))
            return
        try:
            resource, factor, notes = _bracket(node)
        except RuleError as error:
            self.problems.append(replace(error.fault, place=node.place, subject="early_terminate"))
            return
        # A sweep stops its second run already, where it is worse than the first.
        halving: Value = {"min_resource": resource, "reduction_factor": factor, "n_min_trials": 1}
        pruner: Value = {"successive_halving": halving}
        yield Setting(path, pruner, ("hyperband of W&B is one bracket of it", *notes))
        if "strict" in node.entries:
            self.remarks["early_terminate.strict"] = plain_value(node.entries["strict"])

    def _trials(self) -> Setting:
        path, node = ("search", "trials"), self.root.entries.get("run_cap")
        if node is None:
            return Setting(path, 100, ("the budget; the sweep has no run_cap",))
        cap = as_whole(plain_value(node))
        if not isinstance(cap, int) or isinstance(cap, bool) or cap < 1:
            self._problem(node, "run_cap", "run_cap is a whole number, at least 1", describe(node))
            return Setting(path, 100)
        return Setting(path, cap)

    def _table(self, key: str) -> Table | None:
        node = self.root.entries.get(key)
        if node is None or isinstance(node, Table):
            return node
        self._problem(node, key, f"{key} is a mapping", describe(node))
        return None


def _check_keys(node: Table, kind: str, needs: tuple[str, ...], options: tuple[str, ...]) -> None:
    known = [*needs, *options, "distribution"]
    for key in node.entries:
        if key not in known:
            close = suggestion(key, known)
            if key == "q":
                close = f"write distribution: q_{kind.removeprefix('int_')}"
            raise RuleError(f"the keys of {kind} are {', '.join(known)}", repr(key), close)
    missing = [key for key in needs if key not in node.entries]
    if missing:
        raise RuleError(f"{kind} needs {' and '.join(needs)}", f"no {' and no '.join(missing)}")


def _number(node: Node, key: str) -> float:
    value = plain_value(node)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RuleError(f"{key} is a finite number", describe(node))
    return value


def _metric(name: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - whatever stands in the file
    """The metric of hpo that is meant, and what is to be said of it."""
    if name is None:
        return "val_accuracy", ("the sweep names no metric",)
    *_, last = str(name).split("/")  # epoch/val_accuracy is what wandb's Keras callback logs
    usual, learned = ("val_accuracy", "val_loss"), [each for each in get_args(Metric) if each.startswith("val_")]
    known = learned if last.lower().startswith("val") else usual
    metric = next((found for each in (str(name), last) if (found := synonym(each, known)) is not None), None)
    if metric is not None:
        return metric, () if metric == name else (f"from {shown(name, 60)}",)
    near = synonym(str(name), get_args(Metric))
    metric = "val_loss" if str(name).lower().rstrip("_").endswith("loss") else "val_accuracy"
    return metric, (f"was {shown(name, 60)}; {'hpo has no such metric' if near is None else f'or {near}'}",)


def _bracket(node: Table) -> tuple[int, int, tuple[str, ...]]:
    """`min_resource` and `reduction_factor` of the one bracket: W&B looks at a run after min_iter * eta^k epochs."""
    numbers = {
        key: _number(item, key) for key, item in node.entries.items() if key in ("min_iter", "max_iter", "s", "eta")
    }
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
