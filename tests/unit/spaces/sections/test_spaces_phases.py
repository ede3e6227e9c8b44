"""Phases of a training: what each is trained by, what may vary in them, and which mistakes are told."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import Recipe, parse_spec
from hpo.spaces.change.adoption import adopt
from hpo.spaces.change.matching import Misfit
from hpo.spaces.sections.recipe import EarlyStopping
from hpo.spaces.sections.training.optimizers import Sgd
from hpo.spaces.sections.training.schedules import ReduceOnPlateau

MODEL = "data: digits\nmodel: simple_cnn\n"
TWO = "[{epochs: 5, frozen_layers: all}, {epochs: 20, frozen_layers: 15, learning_rate: 1e-5}]"


def recipe_of(**training: object) -> Recipe:
    return Recipe.model_validate(training)


def test_a_recipe_without_phases_has_one_in_which_the_model_says_what_is_frozen():
    recipe = recipe_of(epochs=7)
    assert recipe.each_phase() == [(recipe, None)]
    assert recipe.total_epochs == 7


def test_a_phase_says_its_epochs_and_what_differs_from_the_recipe():
    recipe = recipe_of(
        learning_rate=0.1,
        batch_size=8,
        early_stopping={"patience": 3},
        phases=[
            {"epochs": 5, "frozen_layers": "all", "optimizer": {"sgd": {"momentum": 0.5}}},
            {"epochs": 20, "frozen_layers": 15, "learning_rate": 1e-5, "early_stopping": "none"},
            {"epochs": 1, "schedule": "reduce_on_plateau"},
        ],
    )
    (first, all_layers), (second, fifteen), (third, as_the_model) = recipe.each_phase()
    assert (all_layers, fifteen, as_the_model) == ("all", 15, None)
    assert (first.epochs, first.learning_rate, first.batch_size) == (5, 0.1, 8)
    assert (first.optimizer, first.early_stopping) == (Sgd(momentum=0.5), EarlyStopping(patience=3))
    assert (second.epochs, second.learning_rate, second.early_stopping) == (20, 1e-5, None)
    assert (third.epochs, third.learning_rate, third.schedule) == (1, 0.1, ReduceOnPlateau())
    assert recipe.total_epochs == 26
    assert all(phase.phases is None for phase, _ in recipe.each_phase())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # What the recipe says, a phase may say itself.
        (
            {"learning_rate": 0.1, "phases": [{"epochs": 2}]},
            {"learning_rate": 9.0, "phases": [{"epochs": 2, "learning_rate": 0.1}]},
        ),
        # What has no effect in a phase.
        (
            {"phases": [{"epochs": 3, "early_stopping": {"patience": 2}}, {"epochs": 9}]},
            {"phases": [{"epochs": 3}, {"epochs": 9, "optimizer": {"adam": {}}}]},
        ),
    ],
)
def test_recipes_that_train_the_same_phases_are_the_same_in_effect(one: dict, other: dict):
    assert recipe_of(**one).effective().model_dump() == recipe_of(**other).effective().model_dump()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"early_stopping": "none"}, {}),
        ({"frozen_layers": 0}, {}),
        ({"epochs": 9}, {}),
        ({"learning_rate": 0.5}, {}),
        ({"optimizer": "sgd"}, {}),
    ],
)
def test_what_a_phase_says_has_an_effect(one: dict, other: dict):
    def effective(phase: dict) -> dict:
        recipe = recipe_of(early_stopping={"patience": 2}, phases=[{"epochs": 5, **phase}])
        return recipe.effective().model_dump()

    assert effective(one) != effective(other)


def test_everything_in_a_phase_may_be_a_parameter(read):
    spec = read(
        MODEL + "training: {phases: [{epochs: 1, frozen_layers: {choice: [all, 3]}},"
        " {epochs: {int: [1, 9]}, learning_rate: {float: [1e-6, 1e-3], log: true},"
        " optimizer: {choice: {adam: , sgd: {momentum: {float: [0, 0.9]}}}}}]}\n"
    )
    assert [parameter.name for parameter in spec.space.parameters()] == [
        "phases.0.frozen_layers",
        "phases.1.epochs",
        "phases.1.learning_rate",
        "phases.1.optimizer",
        "phases.1.optimizer.sgd.momentum",
    ]
    config = spec.config(
        {
            "phases.0.frozen_layers": "all",
            "phases.1.epochs": 4,
            "phases.1.learning_rate": 1e-4,
            "phases.1.optimizer": "sgd",
            "phases.1.optimizer.sgd.momentum": 0.5,
        }
    )
    (_, frozen), (second, _) = config.training.each_phase()
    assert frozen == "all"
    assert (second.epochs, second.learning_rate, second.optimizer) == (4, 1e-4, Sgd(momentum=0.5))


def test_the_number_of_phases_may_be_a_parameter(read):
    spec = read(MODEL + "training: {phases: {repeat: {int: [1, 3]}, of: {epochs: {int: [2, 4]}}}}\n")
    config = spec.config({"phases": 2, "phases.0.epochs": 2, "phases.1.epochs": 3})
    assert config.training.total_epochs == 5


def test_a_file_may_choose_among_lists_of_phases(read):
    spec = read(MODEL + f"training: {{phases: {{choice: [[{{epochs: 25}}], {TWO}]}}}}\n")
    (choice,) = spec.space.parameters()
    counts = [len(spec.config({"phases": category}).training.each_phase()) for category in choice.categories]
    assert counts == [1, 2]


def test_phases_are_stored_and_read_as_they_were(read):
    spec = read(MODEL + f"training: {{phases: {TWO}}}\n")
    assert parse_spec(spec.to_json(), "study").config({}) == spec.config({})


@pytest.mark.parametrize(
    ("training", "told"),
    [
        (
            f"{{epochs: 30, phases: {TWO}}}",
            "training: each of the phases says how many epochs it has: remove epochs, or phases",
        ),
        ("{phases: []}", "phases: it has at least 1 item"),
        ("{phases: [{frozen_layers: all}]}", "phases.0.epochs: it is required"),
        ("{phases: [{epochs: 3}, {epochs: 0}]}", "phases.1.epochs: it is at least 1"),
        ("{phases: [{epochs: 3, optimizer: adm}]}", "Did you mean 'adam'?"),
        ("{phases: [{epochs: 3, learning_rat: 1}]}", "Did you mean 'learning_rate'?"),
        ("{phases: [{epochs: 3, learning_rate: none}]}", "phases.0.learning_rate: it is a number"),
        ("{phases: [{epochs: 3, frozen_layers: -1}]}", "phases.0.frozen_layers: it is at least 0"),
        ("{phases: {epochs: 3}}", "phases: it is a list"),
    ],
)
def test_mistakes_in_phases_are_told(read, training: str, told: str):
    with pytest.raises(SpaceError) as caught:
        read(MODEL + f"training: {training}\n")
    assert told in str(caught.value)


def test_a_trial_is_taken_up_where_another_file_spells_its_phases_out(read):
    old = read(MODEL + "training: {phases: [{epochs: 3}]}\n")
    wider = read(MODEL + "training: {phases: [{epochs: {int: [2, 4]}}]}\n")
    assert adopt(old.space.tree({}), {}, wider.space) == {"phases.0.epochs": 3}
    another = read(MODEL + "training: {phases: [{epochs: 3, early_stopping: {patience: 1}}]}\n")
    assert isinstance(adopt(old.space.tree({}), {}, another.space), Misfit)


def test_a_phase_has_learning_rates_or_one_in_the_place_of_those_of_the_recipe(read):
    recipe = recipe_of(
        learning_rates={"base": 1e-3, "head": 1e-2},
        phases=[
            {"epochs": 1},
            {"epochs": 1, "learning_rate": 0.5},
            {"epochs": 1, "learning_rates": {"base": 0.2, "head": 0.2}},
        ],
    )
    rates = [(phase.highest_rate, phase.base_share) for phase, _ in recipe.each_phase()]
    assert rates == [(1e-2, pytest.approx(0.1)), (0.5, None), (0.2, None)]
    assert recipe.effective().phases[2] == recipe_of(phases=[{"epochs": 1, "learning_rate": 0.2}]).effective().phases[0]
    for rates in ("learning_rate: 1, learning_rates: {base: 1, head: 1}", "learning_rates: {base: 1}"):
        with pytest.raises(SpaceError, match=r"remove learning_rate|learning_rates\.head"):
            read(f"{MODEL}training: {{{rates}}}\n")
