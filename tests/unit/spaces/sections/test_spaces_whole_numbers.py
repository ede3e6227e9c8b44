"""`1e2` and `16.0` are whole numbers wherever one is asked for: what pandas and other tools export."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError

HEAD = "data: digits\nmodel: simple_cnn\n"


def test_a_whole_number_may_be_written_as_a_float(read):
    spec = read(
        "data: {dataset: digits, image_size: 16.0}\nmodel: {family: simple_cnn, filters: [8.0, 16.0], depth: 2.0}\n"
        "training: {epochs: 1e2, early_stopping: {patience: 3.0}}\nsearch: {trials: 1e1}\nseed: 3.0\n"
    )
    config = spec.config({})
    numbers = [config.data.image_size, *config.model.filters, config.model.depth, config.training.epochs]
    numbers += [config.training.early_stopping.patience, spec.search.trials, spec.seed]
    assert numbers == [16, 8, 16, 2, 100, 3, 10, 3]
    assert {type(number) for number in numbers} == {int}


def test_so_may_the_ends_of_a_range_and_a_length(read):
    spec = read(
        f"{HEAD}training: {{epochs: {{int: [1e1, 30.0], step: 10.0}}}}\n".replace(
            "simple_cnn", "{family: simple_cnn, blocks: {repeat: {choice: [1.0, 2]}, of: {filters: 8.0}}}"
        )
    )
    blocks, epochs = spec.space.parameters()
    assert (blocks.categories, epochs.low, epochs.high, epochs.step) == ((1, 2), 10, 30, 10)
    assert {type(each) for each in (*blocks.categories, epochs.low, epochs.step)} == {int}
    repeated = read(f"{HEAD}".replace("simple_cnn", "{family: simple_cnn, blocks: {repeat: 2.0, of: {filters: 8}}}"))
    assert len(repeated.config({}).model.blocks) == 2


def test_so_may_a_config_to_start_from_and_a_change(read):
    space = f"{HEAD}training: {{epochs: {{int: [1, 9]}}, batch_size: {{choice: [16, 32]}}}}\n"
    spec = read(f"{space}start_from: [{{epochs: 4.0, batch_size: 16.0}}]\n")
    assert [(value, type(value)) for value in spec.start_from[0].values()] == [(4, int), (16, int)]
    assert read(HEAD, "training.epochs=1e1").config({}).training.epochs == 10


@pytest.mark.parametrize("value", ["2.5", "1e-1", "1e300", ".inf"])
def test_what_is_not_whole_is_refused(read, value):
    with pytest.raises(SpaceError, match="whole number"):
        read(f"{HEAD}training: {{epochs: {value}}}\n")


def test_numbers_that_need_not_be_whole_stay_as_they_are_written(read):
    assert type(read(f"{HEAD}training: {{learning_rate: 1.0}}\n").config({}).training.learning_rate) is float
    assert read(f"{HEAD}training: {{learning_rate: {{choice: [1.0, 2.0]}}}}\n").space.parameters()
