"""Parameters that cannot matter."""

from __future__ import annotations

import json
from collections.abc import Callable

from hpo.checking.exploration import draw_sample
from hpo.checking.idle_parameters import find_idle_parameters
from hpo.spaces import Choice, Float, Int, Params, Recipe, SearchSpace
from hpo.spaces.space.parameters import Alternative


def find_idle(space: SearchSpace, fingerprint: Callable[[Params], str | None]) -> list[str]:
    return [
        str(parameter)
        for parameter in find_idle_parameters(space, fingerprint, draw_sample(space, lambda _: True, 20, 0).all())
    ]


def choice(name: str, *values: object) -> Choice:
    return Choice(name, tuple(Alternative(value, value) for value in values))


def recipes(**training: object) -> tuple[SearchSpace, Callable[[Params], str]]:
    space = SearchSpace({"training": training})
    return space, lambda params: Recipe.model_validate(space.tree(params)["training"]).effective().model_dump_json()


def test_where_every_parameter_changes_the_training_there_is_none():
    space = SearchSpace(
        {"depth": Int("depth", 1, 5), "rate": Float("rate", 0.0, 1.0), "kind": choice("kind", "a", "b")}
    )
    assert find_idle(space, json.dumps) == []


def test_a_parameter_that_changes_nothing_anywhere_cannot_matter():
    space = SearchSpace({"depth": Int("depth", 1, 5), "unused": Int("unused", 1, 5)})
    assert find_idle(space, lambda params: str(params["depth"])) == ["unused cannot matter"]


def test_a_parameter_that_another_s_value_makes_idle_is_told_with_that_value():
    space = SearchSpace({"depth": Int("depth", 1, 4), "third": choice("third", 16, 32)})
    assert find_idle(space, lambda p: str((p["depth"], p["third"] if p["depth"] >= 3 else None))) == [
        "third cannot matter where depth <= 2"
    ]


def test_nesterov_cannot_matter_without_momentum():
    momentum, nesterov = Float("momentum", 0.0, 0.9), choice("nesterov", True, False)
    sgd = Choice(
        "optimizer",
        (Alternative("adam", "adam"), Alternative("sgd", {"sgd": {"momentum": momentum, "nesterov": nesterov}})),
    )
    assert find_idle(*recipes(optimizer=sgd)) == ["nesterov cannot matter where momentum = 0"]


def test_a_condition_that_the_file_itself_states_is_not_repeated():
    rho = Float("rho", 0.8, 0.99)
    optimizer = Choice("optimizer", (Alternative("adam", "adam"), Alternative("rmsprop", {"rmsprop": {"rho": rho}})))
    assert find_idle(*recipes(optimizer=optimizer)) == []


def test_patience_that_outlasts_the_training_is_all_the_same():
    early_stopping = {"patience": Int("patience", 3, 30)}
    assert find_idle(*recipes(epochs=10, early_stopping=early_stopping)) == ["patience: all values >= 9 are the same"]


def test_patience_matters_where_only_some_trainings_are_short():
    early_stopping = {"patience": Int("patience", 3, 30)}
    space, fingerprint = recipes(epochs=choice("epochs", 5, 20), early_stopping=early_stopping)
    assert find_idle(space, fingerprint) == ["patience: all values >= 19 are the same"]


def test_patience_of_a_training_that_is_always_shorter_cannot_matter():
    early_stopping = {"patience": Int("patience", 12, 30)}
    assert find_idle(*recipes(epochs=Int("epochs", 5, 10), early_stopping=early_stopping)) == ["patience cannot matter"]


def test_a_config_that_trains_nothing_is_no_evidence():
    space = SearchSpace({"depth": Int("depth", 1, 3), "unused": Int("unused", 1, 3)})
    assert find_idle(space, lambda p: None if p["depth"] == 3 else str(p["depth"])) == ["unused cannot matter"]


def test_values_at_either_end_that_are_the_same_are_told():
    space = SearchSpace({"frozen": Int("frozen", 0, 19), "rate": Float("rate", 0.0, 1.0)})
    assert find_idle(space, lambda p: str((min(max(p["frozen"], 1), 18), p["rate"]))) == [
        "frozen: all values >= 18 are the same",
        "frozen: all values <= 1 are the same",
    ]
