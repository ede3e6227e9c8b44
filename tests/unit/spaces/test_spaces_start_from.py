"""`start_from`: what is tried first, in any spelling that a person would use."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError

SPACE = """\
data: {dataset: digits, augmentation: {shift: {float: [0, 0.2]}}}
model: {family: simple_cnn, depth: {int: [1, 9], step: 2}, filters: {choice: [8, [8, 16, 32, 64, 64, 64, 64, 64, 64]]}}
training:
  epochs: 3
  learning_rate: {float: [1e-4, 1], log: true}
  early_stopping: {patience: {int: [2, 5]}}
  optimizer:
    choice:
      adam:
      rmsprop: {rho: {float: [0.5, 0.9]}}
      sgd: {momentum: {float: [0.1, 0.7], step: 0.1}, nesterov: true}
"""
BLOCKS = """\
data: digits
model:
  family: simple_cnn
  blocks: {repeat: {int: [1, 3]}, of: {filters: {choice: [8, 16]}, dropout: {float: [0, 0.5]}}}
"""
VARIANTS = """\
data: digits
model:
  choice:
    small: {family: simple_cnn, depth: 1}
    large: {family: simple_cnn, depth: {int: [2, 3]}, batch_normalization: {choice: [true, false]}}
"""


def start(read, text: str, space: str = SPACE) -> dict:
    (found,) = read(f"{space}start_from:\n- {text}\n").start_from
    return found


def refusal(read, text: str, space: str = SPACE) -> str:
    with pytest.raises(SpaceError) as caught:
        read(f"{space}start_from:\n- {text}\n")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("{}", {}),
        ("{depth: 3}", {"depth": 3}),
        ("{model.depth: 3}", {"depth": 3}),
        ("{model: {depth: 3}}", {"depth": 3}),
        ("{model: {family: simple_cnn, depth: 3}}", {"depth": 3}),
        ("{augmentation.shift: 0.1}", {"augmentation.shift": 0.1}),
        ("{augmentation: {shift: 0.1}}", {"augmentation.shift": 0.1}),
        ("{data: {augmentation: {shift: 0.1}}}", {"augmentation.shift": 0.1}),
        ("{early_stopping: {patience: 3}, epochs: 3}", {"early_stopping.patience": 3}),
        ("{optimizer: adam}", {"optimizer": "adam"}),
        ("{optimizer: {adam: }}", {"optimizer": "adam"}),
        ("{optimizer: sgd, optimizer.sgd.momentum: 0.3}", {"optimizer": "sgd", "optimizer.sgd.momentum": 0.3}),
        ("{optimizer: {sgd: {momentum: 0.3}}}", {"optimizer": "sgd", "optimizer.sgd.momentum": 0.3}),
        ("{optimizer: {sgd: {momentum: 0.3, nesterov: true}}}", {"optimizer": "sgd", "optimizer.sgd.momentum": 0.3}),
        ("{optimizer.sgd: {momentum: 0.3}}", {"optimizer": "sgd", "optimizer.sgd.momentum": 0.3}),
        ("{training: {optimizer: {sgd: }}}", {"optimizer": "sgd"}),
        ("{optimizer.sgd.momentum: 0.3}", {"optimizer": "sgd", "optimizer.sgd.momentum": 0.3}),
        ("{filters: 8}", {"filters": 8}),
        ("{filters: [8, 16, 32, 64, 64, 64, 64, 64, 64]}", {"filters": "[8, 16, 32, 64, 64, 64, 64, 64, 64]"}),
    ],
)
def test_a_config_names_parameters_or_is_nested_as_a_file_is(read, text, params):
    assert start(read, text) == params


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("{blocks: 2}", {"blocks": 2}),
        ("{blocks: [{filters: 8}, {filters: 16}]}", {"blocks": 2, "blocks.0.filters": 8, "blocks.1.filters": 16}),
        ("{blocks: [{}, {dropout: 0.25}]}", {"blocks": 2, "blocks.1.dropout": 0.25}),
        ("{model: {blocks: [{filters: 8}]}}", {"blocks": 1, "blocks.0.filters": 8}),
        ("{blocks.2.filters: 8}", {"blocks": 3, "blocks.2.filters": 8}),
        ("{blocks.0.filters: 8}", {"blocks.0.filters": 8}),
        ("{blocks: 3, blocks.1.filters: 16}", {"blocks": 3, "blocks.1.filters": 16}),
    ],
)
def test_the_items_of_a_list_are_named_one_by_one_or_listed(read, text, params):
    assert start(read, text, BLOCKS) == params


def test_a_list_of_constant_length_is_given_in_part_or_whole(read):
    space = BLOCKS.replace("{int: [1, 3]}", "2")
    assert start(read, "{blocks: [{filters: 8}]}", space) == {"blocks.0.filters": 8}
    assert start(read, "{blocks: [{}, {filters: 8}]}", space) == {"blocks.1.filters": 8}
    assert "blocks.2.filters: start_from fills parameters in" in refusal(
        read, "{blocks: [{}, {}, {filters: 8}]}", space
    )


def test_a_choice_that_only_one_value_allows_is_implied(read):
    assert start(read, "{large.depth: 2}", VARIANTS) == {"large.depth": 2, "model": "large"}
    assert start(read, "{model: {large: {batch_normalization: false}}}", VARIANTS) == {
        "model": "large",
        "large.batch_normalization": False,
    }


def test_a_choice_that_several_values_allow_is_asked_for(read):
    told = refusal(read, "{blocks.1.filters: 8}", BLOCKS)
    assert "blocks.1.filters exists only in some configs. Received no blocks. Add blocks, for example 2." in told


def test_a_choice_that_the_config_contradicts_is_refused(read):
    told = refusal(read, "{blocks: 1, blocks.1.filters: 8}", BLOCKS)
    assert "blocks.1.filters exists only where blocks is 2 or 3. Received blocks = 1." in told
    told = refusal(read, "{optimizer.sgd.momentum: 0.3, optimizer.rmsprop.rho: 0.6}")
    assert "optimizer.rmsprop.rho exists only where optimizer is 'rmsprop'. Received optimizer = 'sgd'." in told


def test_values_come_in_the_types_of_their_parameters(read):
    (one,) = start(read, "{learning_rate: 1}").values()
    assert (one, type(one)) == (1.0, float)
    (truth,) = read(f"{VARIANTS}start_from: [{{large.batch_normalization: true, model: large}}]").start_from
    assert truth["large.batch_normalization"] is True
    assert "is a whole number in [1, 9]" in refusal(read, "{depth: 3.0}")
    assert "is a whole number in [1, 9]" in refusal(read, "{depth: true}")
    assert "is one of true, false. Received 1." in refusal(
        read, "{model: large, large.batch_normalization: 1}", VARIANTS
    )


@pytest.mark.parametrize(("written", "value"), [("0.3", 0.3), ("0.30000000000000004", 0.3), ("0.7", 0.7), ("0.1", 0.1)])
def test_a_value_is_on_its_step_but_for_binary_rounding(read, written, value):
    assert start(read, f"{{optimizer.sgd.momentum: {written}}}")["optimizer.sgd.momentum"] == value


@pytest.mark.parametrize("text", ["depth: 2", "depth: 11", "optimizer.sgd.momentum: 0.35", "learning_rate: .nan"])
def test_a_value_off_its_step_or_range_is_refused(read, text):
    assert "a number in" in refusal(read, f"{{{text}}}") or "a whole number in" in refusal(read, f"{{{text}}}")


def test_steps_are_held_to_however_small_or_large_they_are(read):
    small = "data: digits\nmodel: simple_cnn\ntraining: {learning_rate: {float: [1e-12, 9e-12], step: 1e-12}}\n"
    assert start(read, "{learning_rate: 3e-12}", small) == {"learning_rate": 3e-12}
    assert "in steps of 1e-12. Received 3.5e-12" in refusal(read, "{learning_rate: 3.5e-12}", small)
    large = "data: digits\nmodel: simple_cnn\ntraining: {epochs: {int: [1, 90000001], step: 10000000}}\n"
    assert start(read, "{epochs: 20000001}", large) == {"epochs": 20000001}
    assert "in steps of 10000000. Received 20000002" in refusal(read, "{epochs: 20000002}", large)


def test_what_the_file_holds_constant_may_be_repeated_and_not_changed(read):
    assert start(read, "{epochs: 3, dataset: digits}") == {}
    assert "stays as the file has it. Received 4, where the file has 3." in refusal(read, "{epochs: 4}")
    assert "start_from names parameters of the file. Received 'seed'." in refusal(read, "{seed: 3}")


def test_configs_keep_their_order_and_each_has_its_own_mistakes(read):
    spec = read(f"{SPACE}start_from: [{{depth: 3}}, {{depth: 1}}, {{optimizer: adam}}]\n")
    assert spec.start_from == ({"depth": 3}, {"depth": 1}, {"optimizer": "adam"})
    with pytest.raises(SpaceError) as caught:
        read(f"{SPACE}start_from: [{{depth: 30}}, {{depth: 1}}, {{optimizer: adm}}]\n")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("nothing", ["", " []", " ~"])
def test_a_file_may_start_from_nothing(read, nothing):
    assert read(f"{SPACE}start_from:{nothing}\n").start_from == ()


def test_a_config_meets_the_constraints_as_far_as_it_goes(read):
    text = f"{BLOCKS}constraints: [blocks < 3]\nstart_from: [{{blocks: 3}}]\n"
    assert read(text).start_from == ({"blocks": 3},)  # what is left out is drawn, and told when it is
    whole = "blocks.0: {filters: 8, dropout: 0}, blocks.1: {filters: 8, dropout: 0}, blocks.2: {filters: 8, dropout: 0}"
    with pytest.raises(SpaceError, match="a config to start from meets the constraints"):
        read(text.replace("{blocks: 3}", f"{{blocks: 3, {whole}}}"))


def test_a_start_can_be_given_on_the_command_line(read):
    assert read(SPACE, "start_from=[{depth: 3}]").start_from == ({"depth": 3},)
