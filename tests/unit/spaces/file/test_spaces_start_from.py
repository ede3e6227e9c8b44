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
    assert start(read, "{blocks: [{filters: 8}, {}]}", space) == {"blocks.0.filters": 8}
    assert start(read, "{blocks: 2, blocks.1.filters: 8}", space) == {"blocks.1.filters": 8}
    for text in ("[{filters: 8}]", "[{}, {}, {filters: 8}]"):
        told = refusal(read, f"{{blocks: {text}}}", space)
        assert f"blocks: this list has 2 items. Received a list of {text.count('{')}. Write {{}} for one" in told
    assert "Received 3, where the file has a list of 2." in refusal(read, "{blocks: 3}", space)


def test_a_list_of_the_file_keeps_its_length(read):
    space = "data: digits\nmodel: {family: simple_cnn, depth: 2, filters: [8, {int: [8, 16]}]}\n"
    assert start(read, "{filters: [8, 9]}", space) == {"filters.1": 9}
    assert "filters: this list has 2 items. Received a list of 1." in refusal(read, "{filters: [8]}", space)
    assert "filters: start_from fills parameters in" in refusal(read, "{filters: 8}", space)


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
    assert start(read, "{depth: 3.0}") == {"depth": 3}
    assert "is a whole number in [1, 9]" in refusal(read, "{depth: 3.5}")
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
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize("nothing", ["", " []", " ~"])
def test_a_file_may_start_from_nothing(read, nothing):
    assert read(f"{SPACE}start_from:{nothing}\n").start_from == ()


@pytest.mark.parametrize(
    ("start_from", "constraint", "holds"),
    [
        ("{blocks: 3}", "blocks < 3", False),
        ("{blocks: 2}", "blocks < 3", True),
        ("{}", "blocks < 3", True),
        ("{blocks: 3}", "blocks < 3 or blocks.0.filters == 8", True),
        ("{blocks: 3, blocks.0.filters: 16}", "blocks < 3 or blocks.0.filters == 8", False),
        ("{blocks: 3}", "blocks < 3 and blocks.0.filters == 8", False),
        ("{blocks: 1}", "blocks.1.filters == 8 and blocks > 1", False),
        ("{blocks.0.filters: 8}", "blocks.0.filters * 2 > 16 or blocks.0.dropout > 0", True),
        ("{blocks.0.filters: 8}", "blocks.0.filters * epochs > 80", False),
        ("{blocks.0.filters: 16}", "blocks.0.filters * epochs > 80", True),
        ("{blocks: 3}", "parameters < 20e6 and blocks < 3", False),
        ("{blocks: 3}", "parameters < 20e6 or blocks < 3", True),
        ("{blocks: 3}", "data == 'digits' and blocks < 3", False),
    ],
)
def test_a_config_meets_the_constraints_as_far_as_it_decides_them(read, start_from, constraint, holds):
    text = f'{BLOCKS}training: {{epochs: 10}}\nconstraints: ["{constraint}"]\nstart_from: [{start_from}]\n'
    if holds:
        assert len(read(text).start_from) == 1
        return
    with pytest.raises(SpaceError) as caught:
        read(text)
    assert "a config to start from meets the constraints. Received " in str(caught.value)


def test_every_constraint_that_a_config_breaks_is_named(read):
    told = refusal(
        read, "{depth: 9, learning_rate: 1}", f"{SPACE}constraints: [depth < 9, learning_rate < 1, epochs < 9]\n"
    )
    assert "Received depth < 9; learning_rate < 1. Change one of the two." in told


@pytest.mark.parametrize(
    "text",
    [
        "{blocks: 3, model: {blocks: [{filters: 8}]}}",
        "{blocks: [{filters: 8}], model: {blocks: 2}}",
        "{blocks.0.filters: 8, blocks: [{filters: 16}]}",
        "{blocks.0.dropout: 0.1, model: {blocks: [{dropout: 0.2}]}}",
    ],
)
def test_a_value_that_is_given_twice_is_the_same_both_times(read, text):
    assert "has one value in a config. Received " in refusal(read, text, BLOCKS)


def test_values_that_are_given_twice_may_agree(read):
    text = "{blocks: 1, model: {blocks: [{filters: 8}]}, blocks.0: {filters: 8}}"
    assert start(read, text, BLOCKS) == {"blocks": 1, "blocks.0.filters": 8}
    assert start(read, "{optimizer: sgd, training: {optimizer: {sgd: {momentum: 0.3}}}}")["optimizer"] == "sgd"
    told = refusal(read, "{optimizer: sgd, training: {optimizer: adam}}")
    assert "optimizer has one value in a config. Received 'adam', and 'sgd' on line" in told


WRITTEN = {
    "family": "{family: simple_cnn, depth: {int: [1, 3]}}",
    "single key": "{simple_cnn: {depth: {int: [1, 3]}}}",
    "another key": "{small: {family: simple_cnn, depth: {int: [1, 3]}}}",
}
GIVEN = ["simple_cnn", "{family: simple_cnn}", "{simple_cnn: }", "{depth: 2}", "{family: simple_cnn, depth: 2}"]
GIVEN += ["{simple_cnn: {depth: 2}}", "{net: {family: simple_cnn, depth: 2}}"]


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("written", WRITTEN)
def test_a_section_that_says_what_it_is_may_be_written_in_any_way(read, written, given):
    found = start(read, f"{{model: {given}}}", f"data: digits\nmodel: {WRITTEN[written]}\n")
    assert list(found.values()) == ([2] if "depth" in given else [])


def test_a_section_below_a_label_may_be_given_below_it_without_its_name(read):
    space = f"data: digits\nmodel: {WRITTEN['another key']}\n"
    assert start(read, "{model: {small: {depth: 2}}}", space) == {"small.depth": 2}
    assert "what is none stays as the file has it" in refusal(read, "{model: {net: {depth: 2}}}", space)


def test_a_section_that_is_a_word_may_be_written_in_any_way_too(read):
    for data in ("digits", "{dataset: digits}", "{digits: {}}"):
        for given in ("{data: digits}", "{data: {dataset: digits}}", "{data: {digits: }}", "{dataset: digits}"):
            if (data, given) != ("{digits: {}}", "{dataset: digits}"):
                assert start(read, given, f"data: {data}\nmodel: simple_cnn\n") == {}


@pytest.mark.parametrize("given", ["vgg16", "{family: vgg16}", "{vgg16: {depth: 2}}", "{net: {family: vgg16}}"])
@pytest.mark.parametrize("written", WRITTEN)
def test_a_section_that_says_that_it_is_another_is_refused(read, written, given):
    told = refusal(read, f"{{model: {given}}}", f"data: digits\nmodel: {WRITTEN[written]}\n")
    assert "start_from fills parameters in; what is none stays as the file has it." in told


def test_a_word_and_its_options_may_stand_alone_or_together(read):
    space = "data: digits\nmodel: simple_cnn\ntraining: {optimizer: %s}\n"
    momentum = "{sgd: {momentum: {float: [0, 0.9]}}}"
    assert start(read, "{optimizer: {adam: }}", space % "adam") == {}
    assert start(read, "{optimizer: sgd, optimizer.sgd.momentum: 0.5}", space % momentum) == {
        "optimizer.sgd.momentum": 0.5
    }
    for text in (
        "{optimizer: adam}",
        "{optimizer: {adam: }}",
        "{optimizer: {sgd: {}, adam: }}",
        "{training: {epochs: {}}}",
    ):
        assert "what is none stays as the file has it" in refusal(read, text, space % momentum)


def test_a_start_can_be_given_on_the_command_line(read):
    assert read(SPACE, "start_from=[{depth: 3}]").start_from == ({"depth": 3},)


def test_a_start_that_names_a_family_where_the_file_forgot_its_own_is_no_crash(read):
    with pytest.raises(SpaceError, match="a space file names its model family"):
        read("data: digits\nmodel: {depth: {int: [1, 3]}}\nstart_from: [{model: {family: simple_cnn, depth: 2}}]\n")
