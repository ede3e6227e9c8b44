"""`{repeat: COUNT, of: SUB-CONFIG}`: a list whose length may itself be a parameter."""

from __future__ import annotations

import pytest

from hpo.errors import RuleError
from hpo.spaces import Choice, Float, Int, Repeat, StudySpec
from hpo.spaces.space.parameters import MAX_REPEAT


def blocks(text: str) -> str:
    return f"data: digits\nmodel: {{family: simple_cnn, blocks: {text}}}\n"


def names(spec: StudySpec) -> list[str]:
    return [each.name for each in spec.space.parameters()]


def test_a_constant_count_is_a_list_of_that_length_and_no_parameter(read):
    spec = read(blocks("{repeat: 3, of: {filters: {choice: [8, 16]}, kernel_size: 5}}"))
    assert names(spec) == ["blocks.0.filters", "blocks.1.filters", "blocks.2.filters"]
    made = spec.config({"blocks.0.filters": 8, "blocks.1.filters": 16, "blocks.2.filters": 8}).model.blocks
    assert [(block.filters, block.kernel_size) for block in made] == [(8, 5), (16, 5), (8, 5)]


def test_the_length_is_a_parameter_under_the_name_of_the_list(read):
    spec = read(blocks("{repeat: {int: [1, 3]}, of: {filters: {int: [8, 64], log: true}}}"))
    assert spec.space.parameters()[0] == Int("blocks", 1, 3)
    assert names(spec)[1:] == ["blocks.0.filters", "blocks.1.filters", "blocks.2.filters"]
    assert len(spec.config({"blocks": 2, "blocks.0.filters": 8, "blocks.1.filters": 9}).model.blocks) == 2


def test_an_item_exists_only_in_lists_that_are_longer_than_its_index(read):
    spec = read(blocks("{repeat: {int: [1, 3]}, of: {dropout: {float: [0, 0.5]}}}"))
    conditions = {parameter.name: dict(needed) for parameter, needed in spec.space.conditions()}
    assert conditions == {
        "blocks": {},
        "blocks.0.dropout": {},
        "blocks.1.dropout": {"blocks": (2, 3)},
        "blocks.2.dropout": {"blocks": (3,)},
    }
    assert [each.name for each in spec.space.unconditional()] == ["blocks", "blocks.0.dropout"]
    with pytest.raises(KeyError, match=r"blocks\.1\.dropout"):
        spec.config({"blocks": 2, "blocks.0.dropout": 0.1})


def test_a_count_has_a_step_and_a_scale_as_an_int_has(read):
    spec = read(blocks("{repeat: {int: [1, 8], step: 3}, of: {}}"))
    assert spec.space.parameters() == (Int("blocks", 1, 7, step=3),)
    assert spec.space.size == 3
    assert read(blocks("{repeat: {int: [1, 8], log: true}, of: {}}")).space.parameters() == (
        Int("blocks", 1, 8, log=True),
    )


def test_a_count_may_be_a_choice_in_any_order(read):
    spec = read(blocks("{repeat: {choice: [4, 1]}, of: {filters: {int: [8, 9]}}}"))
    count = spec.space.parameters()[0]
    assert isinstance(count, Choice)
    assert count.categories == (4, 1)
    assert spec.space.size == 2 + 2**4
    conditions = {parameter.name: dict(needed) for parameter, needed in spec.space.conditions()}
    assert conditions["blocks.0.filters"] == {}
    assert conditions["blocks.1.filters"] == {"blocks": (4,)}


def test_what_is_repeated_may_be_a_constant_a_list_or_a_parameter(read):
    text = "data: digits\nmodel: {{family: simple_cnn, depth: 2, filters: {{repeat: 2, of: {}}}}}\n"
    assert read(text.format("8")).config({}).model.filters == [8, 8]
    spec = read(text.format("{int: [4, 8]}"))
    assert names(spec) == ["filters.0", "filters.1"]
    assert spec.config({"filters.0": 4, "filters.1": 7}).model.filters == [4, 7]


def test_lists_repeat_inside_lists_and_inside_alternatives(read):
    spec = read(
        "data: digits\n"
        "model:\n"
        "  choice:\n"
        "    plain: {family: simple_cnn, depth: 1}\n"
        "    by_block: {family: simple_cnn, blocks: {repeat: {int: [1, 2]}, of: {filters: {choice: [8, 16]}}}}\n"
    )
    assert names(spec) == ["model", "by_block.blocks", "by_block.blocks.0.filters", "by_block.blocks.1.filters"]
    conditions = {parameter.name: dict(needed) for parameter, needed in spec.space.conditions()}
    assert conditions["by_block.blocks.1.filters"] == {"model": ("by_block",), "by_block.blocks": (2,)}
    assert spec.space.size == 1 + 2 + 4


def test_counting_through_a_space_reaches_every_length(read):
    spec = read(blocks("{repeat: {int: [1, 3]}, of: {filters: {choice: [8, 16]}}}"))
    lengths = [len(spec.config(spec.space.nth(index)).model.blocks) for index in range(spec.space.size)]
    assert lengths == [1] * 2 + [2] * 4 + [3] * 8


def test_every_length_is_checked_at_its_ends(read):
    spec = read(blocks("{repeat: {int: [1, 3]}, of: {dropout: {float: [0, 0.5]}}}"))
    shown = {(parameter.name, params["blocks"]) for parameter, params in spec.space.corners() if parameter}
    assert {("blocks", 1), ("blocks", 3), ("blocks.1.dropout", 2), ("blocks.1.dropout", 3)} <= shown


@pytest.mark.parametrize("count", [-1, MAX_REPEAT + 1, True])
def test_a_list_repeats_none_to_sixty_four_times(count):
    with pytest.raises(RuleError, match="a list is repeated 0 to 64 times"):
        Repeat(count, ())


def test_the_lengths_of_a_list_are_told_the_smallest_first():
    assert Repeat(3, (1, 1, 1)).counts == (3,)
    assert Repeat(Int("n", 1, 9, step=4), ()).counts == (1, 5, 9)


def test_a_change_of_the_command_line_replaces_the_list_its_count_or_what_it_repeats(read):
    text = blocks("{repeat: {int: [1, 3]}, of: {filters: {int: [8, 16]}}}")
    assert read(text, "blocks=").config({}).model.blocks is None
    assert names(read(text, "blocks.repeat=2")) == ["blocks.0.filters", "blocks.1.filters"]
    spec = read(text, "blocks.repeat=1", "blocks.of.dropout={float: [0, 0.5]}")
    assert spec.space.parameters() == (
        Int("blocks.0.filters", 8, 16),
        Float("blocks.0.dropout", 0.0, 0.5),
    )
