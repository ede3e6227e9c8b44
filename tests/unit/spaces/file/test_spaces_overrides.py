"""`--set path=value`: changes to a file from the command line, parameters included."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import Choice, Float, Int

TEXT = """\
data: {dataset: digits, augmentation: {shift: 0.1}}
model: {family: simple_cnn, depth: {int: [1, 3]}}
training:
  epochs: 3
  early_stopping:
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
"""


def parameters(spec) -> dict[str, Int | Float | Choice]:
    return {each.name: each for each in spec.space.parameters()}


def test_a_path_begins_with_its_section(read):
    assert read(TEXT, "training.epochs=7").config({"depth": 1, "optimizer": "adam"}).training.epochs == 7


def test_a_path_may_leave_the_section_out_as_names_do(read):
    spec = read(TEXT, "epochs=7", "depth=2", "augmentation.shift=0.2")
    config = spec.config({"optimizer": "adam"})
    assert (config.training.epochs, config.model.depth, config.data.augmentation.shift) == (7, 2, 0.2)


def test_a_constant_can_become_a_parameter_and_a_parameter_a_constant(read):
    spec = read(TEXT, "epochs={int: [1, 4]}", "depth=1", "optimizer=sgd")
    assert parameters(spec) == {"epochs": Int("epochs", 1, 4)}


def test_a_part_of_a_parameter_can_be_changed(read):
    spec = read(TEXT, "depth.int=[2, 6]", "depth.step=2")
    assert parameters(spec)["depth"] == Int("depth", 2, 6, step=2)


def test_a_path_leads_into_an_alternative(read):
    spec = read(TEXT, "optimizer.sgd.momentum=0.5", "optimizer.adam.beta_1={float: [0.8, 0.9]}")
    assert list(parameters(spec)) == ["depth", "optimizer", "optimizer.adam.beta_1"]
    assert spec.config({"depth": 1, "optimizer": "sgd"}).training.optimizer.momentum == 0.5


def test_an_alternative_can_be_added(read):
    spec = read(TEXT, "optimizer.rmsprop={rho: 0.8}")
    assert parameters(spec)["optimizer"].categories == ("adam", "sgd", "rmsprop")


def test_a_path_leads_into_a_section_that_is_a_choice(read):
    text = "data: digits\nmodel: {choice: {simple_cnn: {depth: 2}, vgg16: {weights: none}}}\n"
    spec = read(text, "simple_cnn.depth={int: [1, 2]}", "model.vgg16.dropout=0.5")
    assert list(parameters(spec)) == ["model", "simple_cnn.depth"]
    assert spec.config({"model": "vgg16"}).model.dropout == 0.5


def test_an_alternative_whose_option_there_is_not_is_refused_after_a_change_in_it_too(read):
    text = "data: digits\nmodel: {simple_cnn: {choice: {flat: {depth: 1}, deep: {depth: 3}}}}\n"
    with pytest.raises(SpaceError, match=r"simple_cnn\.flat: the keys of simple_cnn are .* Received 'flat'"):
        read(text, "model.flat.depth=2")


@pytest.mark.parametrize("model", ["deep_cnn", "{deep_cnn: }", "{net: {family: deep_cnn}}", "{deep_cnn: {depth: 2}}"])
@pytest.mark.parametrize(
    "change", ["model.int.weights=3", "model.float=[1, 2]", "model.repeat=2", "model.choice=[vgg16]"]
)
def test_a_section_that_a_change_makes_a_parameter_is_refused(read, model, change):
    with pytest.raises(SpaceError, match=r"a section is made a parameter as a whole\. Received .* Set model=\{"):
        read(f"data: digits\nmodel: {model}\n", change)


def test_what_is_to_become_a_parameter_is_set_as_a_whole(read):
    with pytest.raises(
        SpaceError, match=r"made a parameter as a whole\. Received 'choice'\. Set model=\{choice: \.\.\.\}"
    ):
        read("data: digits\nmodel: vgg16\n", "model.choice=[simple_cnn, vgg16]")
    with pytest.raises(SpaceError, match=r"Received 1\. Set training\.epochs=\{int: \.\.\.\}"):
        read("data: digits\nmodel: vgg16\ntraining: {epochs: 1}\n", "training.epochs.int=[1, 3]")
    spec = read("data: digits\nmodel: vgg16\n", "model={choice: [simple_cnn, vgg16]}")
    assert list(parameters(spec)) == ["model"]


def test_keys_and_sections_are_added_where_the_file_has_none(read):
    spec = read(
        "data: digits\nmodel: {family: simple_cnn}\n",
        "training.schedule.reduce_on_plateau.factor={float: [0.1, 0.5]}",
        "search.trials=5",
        "engine=jax",
        "study=other",
    )
    assert list(parameters(spec)) == ["schedule.reduce_on_plateau.factor"]
    assert (spec.search.trials, spec.engine, spec.name) == (5, "jax", "other")


def test_a_key_without_a_value_can_be_filled(read):
    spec = read(TEXT, "early_stopping.patience=2")
    assert spec.config({"depth": 1, "optimizer": "adam"}).training.early_stopping.patience == 2


def test_nothing_is_a_value(read):
    with pytest.raises(SpaceError, match=r"epochs: it is a whole number. Received nothing"):
        read(TEXT, "epochs=")


def test_a_later_change_wins(read):
    assert read(TEXT, "epochs=7", "training.epochs=8").config({"depth": 1, "optimizer": "adam"}).training.epochs == 8


def test_a_value_may_hold_an_equals_sign(read):
    with pytest.raises(SpaceError, match="Received 'a=b'"):
        read(TEXT, "study=a=b")


def test_changes_are_made_before_anything_is_checked(read):
    assert read(TEXT.replace("epochs: 3", "epochs: many"), "epochs=3").space.size is None


def test_a_change_goes_into_the_stored_spec(read):
    assert '"epochs": 7' in read(TEXT, "epochs=7").to_json()


@pytest.mark.parametrize("text", ["training.epochs", "=3", "training..epochs=3", "training.=3", ".=", ""])
def test_what_is_no_change_is_refused(read, text):
    with pytest.raises(SpaceError, match="--set: it takes path=value") as caught:
        read(TEXT, text)
    assert "Write --set training.epochs=5." in str(caught.value)


def test_a_misspelled_path_is_refused_with_a_suggestion(read):
    with pytest.raises(SpaceError, match=r"--set epoch: a path begins with .* Did you mean 'epochs'\?"):
        read(TEXT, "epoch=3")


def test_a_misspelled_section_is_refused_with_a_suggestion(read):
    with pytest.raises(SpaceError, match=r"Received 'trainin'. Did you mean 'training'\?"):
        read(TEXT, "trainin.epochs=3")


def test_a_key_that_two_sections_have_is_refused_with_both_paths(read):
    with pytest.raises(SpaceError, match=r"Received 'depth'. Write model\.depth or training\.depth\."):
        read(TEXT + "  depth: 3\n", "depth=3")


@pytest.mark.parametrize(
    ("change", "received"),
    [("training.epochs.a=3", "3"), ("seed.a=3", None)],
)
def test_a_path_does_not_lead_through_a_constant(read, change, received):
    if received is None:
        change, received = "data.dataset.name=3", "'digits'"
    with pytest.raises(SpaceError, match=rf"can only be set in a mapping. Received {received}"):
        read(TEXT, change)


def test_a_path_leads_into_a_section_that_a_name_alone_stands_for(read):
    spec = read(
        TEXT + "search: {pruner: median}\n",
        "optimizer=sgd",
        "optimizer.sgd.momentum=0.5",
        "search.pruner.median.n_warmup_steps=4",
    )
    assert spec.config({"depth": 1}).training.optimizer.momentum == 0.5
    assert spec.search.pruner.n_warmup_steps == 4
    with pytest.raises(SpaceError, match=r"can only be set in a mapping. Received 'median'"):
        read(TEXT + "search: {pruner: median}\n", "search.pruner.percentile.percentile=20")


def test_an_item_of_a_list_is_set_by_its_number(read):
    text = "data: digits\nmodel: simple_cnn\ntraining: {phases: [{epochs: 5, frozen_layers: all}, {epochs: 9}]}\n"
    spec = read(text, "training.phases.1.epochs={int: [1, 3]}", "phases.0.learning_rate=0.5")
    phases = spec.document["training"]["phases"]
    assert phases == [
        {"epochs": 5, "frozen_layers": "all", "learning_rate": 0.5},
        {"epochs": {"int": [1, 3]}},
    ]
    assert [parameter.name for parameter in spec.space.parameters()] == ["phases.1.epochs"]


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ("optimizer.choice.sgd.momentum.float.low=3", "'low' in a list of 2. Set training.optimizer.choice.sgd"),
        ("constraints.1=depth < 3", "'1' in a list of 1. Set constraints as a whole"),
        ("constraints.-1=depth < 3", "'-1' in a list of 1. Set constraints as a whole"),
    ],
)
def test_an_item_that_a_list_does_not_have_is_told(read, change, received):
    with pytest.raises(SpaceError) as caught:
        read(f"{TEXT}constraints: [depth < 4]\n", change)
    assert f"must be there. Received {received}" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ("blocks.0.filters=16", "set model.blocks.of.filters, or write the list out"),
        ("model.blocks.1.filters=16", "set model.blocks.of.filters, or write the list out"),
        ("blocks.2={filters: 8}", "set model.blocks.of, or write the list out"),
    ],
)
def test_an_item_of_a_repeat_is_not_set_alone_and_what_they_have_in_common_is(read, change, remedy):
    text = (
        "data: digits\nmodel: {family: simple_cnn, blocks: {repeat: {int: [1, 3]}, of: {filters: {choice: [8, 16]}}}}\n"
    )
    with pytest.raises(SpaceError) as caught:
        read(text, change)
    (problem,) = caught.value.faults
    assert problem.rule == "the items of a repeat are alike, and are not set one by one"
    assert problem.remedy == remedy
    assert list(parameters(read(text, "blocks.of.filters=16"))) == ["blocks"]
    assert list(parameters(read(text, "blocks.repeat=1"))) == ["blocks.0.filters"]


def test_a_value_that_breaks_a_rule_is_placed_at_the_change(read):
    with pytest.raises(SpaceError) as caught:
        read(TEXT, "epochs=0", "model.dpth=3")
    assert sorted(str(problem) for problem in caught.value.faults)[0].startswith("--set epochs: it is at")
    assert any("--set model.dpth: the keys of simple_cnn" in line for line in str(caught.value).splitlines())


def test_a_value_that_is_no_yaml_is_placed_at_the_change(read):
    with pytest.raises(SpaceError, match=r"--set epochs: `\[` is closed by `\]`"):
        read(TEXT, "epochs={int: [1, 4}")
