"""What constraints may speak of: names as reports have them, and values that they can be."""

from __future__ import annotations

import pytest
from constrained import PARAMS, SGD, SPACE, excess_in

from hpo.checking.rules import examine_rules
from hpo.errors import SpaceError
from hpo.search.optuna.pruning.pruners import most_epochs


def test_names_are_those_of_reports_and_constants_go_by_their_path(read):
    assert excess_in(read, "depth <= 1", PARAMS) > 0
    assert excess_in(read, "epochs * depth <= 6", PARAMS) == 0
    assert excess_in(read, "training.epochs == 3 and data.validation < 1 and dataset == 'digits'", PARAMS) == 0
    assert excess_in(read, "optimizer.sgd.momentum <= 0.25", SGD) > 0
    assert excess_in(read, "optimizer.sgd.momentum <= 0.25", PARAMS) == 0
    assert excess_in(read, "optimizer.sgd.nesterov == true", SGD) == 0
    assert excess_in(read, "filters.1 == 16", {**PARAMS, "filters": "[8, 16, 32]"}) == 0
    assert excess_in(read, "filters == '[8, 16, 32]'", {**PARAMS, "filters": "[8, 16, 32]"}) == 0


def test_a_path_that_two_sections_have_is_written_with_its_section(read):
    text = SPACE.replace("validation: 0.2", "validation: 0.2, augmentation: {shift: 0.1}")
    assert read(f"{text}constraints: [augmentation.shift < 0.2, data.augmentation.shift < 0.2]\n").admits(PARAMS)


def test_a_constraint_may_run_over_several_lines(read):
    spec = read(f"{SPACE}constraints:\n- |\n  depth < 3\n    and epochs < 4\n- >\n  depth\n  > 1\n")
    assert list(spec.excesses(PARAMS)) == ["depth < 3 and epochs < 4", "depth > 1"]


def test_names_may_be_any_text_that_alternatives_are_called(read):
    model = """\
model:
  choice:
    small-net: {family: simple_cnn, depth: {int: [1, 2]}}
    small-net-2: {family: simple_cnn, depth: {int: [1, 3]}}
    8: {family: simple_cnn, depth: {int: [1, 2]}}
    my own (net): {family: simple_cnn, dense_units: {int: [1, 9]}}
"""
    text = f"data: digits\n{model}training: {{epochs: 5}}\n"
    constraint = (
        "small-net.depth-1 < epochs -4 and small-net-2.depth < 3 and 8.depth < 2 and my own (net).dense_units < 5"
    )
    spec = read(f"{text}constraints: [{constraint}]\n")
    assert set(spec.constraints[0].names) == {
        *("small-net.depth", "epochs", "small-net-2.depth", "8.depth", "my own (net).dense_units")
    }
    assert spec.admits({"model": "small-net", "small-net.depth": 1})
    assert not spec.admits({"model": "small-net", "small-net.depth": 2})
    assert not spec.admits({"model": "small-net-2", "small-net-2.depth": 3})
    assert not spec.admits({"model": "my own (net)", "my own (net).dense_units": 7})
    assert not read(f"{text}constraints: [\"model != 'small-net'\"]\n").admits(
        {"model": "small-net", "small-net.depth": 1}
    )


def test_a_parameter_goes_by_its_whole_path_too(read):
    assert excess_in(read, "training.optimizer != 'sgd'", SGD) == 1.0
    assert excess_in(read, "model.filters == '[8, 16, 32]'", {**PARAMS, "filters": "[8, 16, 32]"}) == 0.0
    assert excess_in(read, "training.optimizer.sgd.momentum < 0.25", SGD) == 0.5


@pytest.mark.parametrize(
    ("text", "rule", "remedy"),
    [
        ("optimizer != 'sgdd'", "optimizer is one of 'adam', 'sgd'. Received 'sgdd'.", "write 'sgd'"),
        ("'sgdd' != optimizer", "optimizer is one of 'adam', 'sgd'. Received 'sgdd'.", "write 'sgd'"),
        ("not optimizer == 8", "optimizer is one of 'adam', 'sgd'. Received 8.", None),
        ("optimizer == none", "optimizer is one of 'adam', 'sgd'. Received none.", None),
        ("optimizer in ['adam', 'sdg']", "optimizer is one of 'adam', 'sgd'. Received 'sdg'.", "write 'sgd'"),
        ("depth < 2 or optimizer not in ('sdg',)", "optimizer is one of", "write 'sgd'"),
        ("filters == '8'", "filters is one of 8, '[8, 16, 32]'. Received '8'.", "write 8"),
        ("filters == [8, 16, 32]", "Received [8, 16, 32].", "write '[8, 16, 32]'"),
        ("filters == [8]", "Received [8].", "write 8"),
        ("filters == [8, 16]", "Received [8, 16].", "write '[8, 16, 32]'"),
        ("model.filters == '[8,16,32]'", "model.filters is one of", "write '[8, 16, 32]'"),
        ("depth == '2'", "depth is a number. Received '2'.", "write it without quotes"),
        ("learning_rate in ['low']", "learning_rate is a number. Received 'low'.", None),
        ("optimizer.sgd.momentum != [0.5]", "optimizer.sgd.momentum is a number. Received [0.5].", None),
        ("flops == 'many'", "flops is a number. Received 'many'.", None),
    ],
)
def test_what_a_name_never_is_cannot_be_compared_with_it(read, text, rule, remedy):
    with pytest.raises(SpaceError) as caught:
        excess_in(read, text, PARAMS)
    (problem,) = caught.value.faults
    assert rule in f"{problem.rule}. Received {problem.received}."
    assert problem.remedy == remedy


@pytest.mark.parametrize(
    "text",
    [
        *("filters == 8.0", "optimizer in ['adam', 'sgd']", "depth == 9", "depth == 1.5", "'sgd' in optimizer"),
        *(
            "dataset != 'cifar10'",
            "optimizer.sgd.nesterov == false",
            "filters == '[8, 16, 32]'",
            "depth in [epochs, 2]",
        ),
    ],
)
def test_what_can_be_compared_is_compared(read, text):
    assert excess_in(read, text, PARAMS) in (0.0, 1.0)


def test_a_path_that_alternatives_of_a_list_fill_differently_is_held_to_their_values(read):
    text = "data: digits\nmodel: {choice: [{family: simple_cnn, depth: 1}, {family: simple_cnn, depth: 2}]}\n"
    assert read(f"{text}constraints: [depth == 2]\n").space.size == 2
    with pytest.raises(SpaceError, match=r"depth is one of 1, 2. Received '2'. Write 2."):
        read(f"{text}constraints: [\"depth == '2'\"]\n")


@pytest.mark.parametrize("constraint", ["learning_rate > 1", "learning_rate > 0.09 and learning_rate < 0.0900001"])
def test_a_space_of_which_nothing_that_was_tried_meets_the_constraints_can_be_worked_with(read, constraint):
    spec = read(f"{SPACE}constraints: [{constraint}]\n")
    assert list(spec.corners()) == []
    assert not spec.admits(PARAMS)
    assert spec.config(PARAMS).training.epochs == 3
    assert examine_rules(spec).feasible == 0
    assert most_epochs(spec) == 1
