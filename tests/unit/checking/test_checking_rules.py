"""What a check says without an engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.checking import CheckResult, check_space
from hpo.checking.rules import sample_of
from hpo.spaces import load

SPACE = """\
data: {dataset: digits, image_size: 8}
model: {family: simple_cnn, depth: 2, filters: 4}
"""


@pytest.fixture
def quick(tmp_path: Path):
    """`quick(*overrides)`: what is found in a file of one config, changed."""
    path = tmp_path / "space.yaml"
    path.write_text(SPACE)

    def check(*overrides: str) -> CheckResult:
        return check_space(load(path, overrides), quick=True)

    return check


def test_a_file_without_parameters_is_one_config_and_one_trial(quick):
    result = quick()
    assert (result.configs, result.findings.tried, result.trials) == (1, 1, 1)


def test_a_config_that_is_corner_start_and_random_point_counts_once(tmp_path: Path):
    path = tmp_path / "space.yaml"
    path.write_text(SPACE)
    spec = load(path, ["model.depth={int: [1, 3]}", "start_from=[{depth: 1}, {depth: 2}]"])
    assert sorted(params["depth"] for params in sample_of(spec, 20).all()) == [1, 2, 3]


@pytest.mark.parametrize(
    ("overrides", "trials"),
    [
        (["search.sampler=grid"], 3),
        (["search.sampler=grid", "start_from=[{depth: 1}, {depth: 2}]"], 3),
        (["search.sampler=grid", "search.trials=2"], 2),
        (["search.sampler=random"], 3),
        (["search.sampler=random", "training.learning_rate={float: [0.1, 0.2]}"], 100),
    ],
)
def test_trials_are_counted_as_a_run_counts_them(quick, overrides: list[str], trials: int):
    assert quick("model.depth={int: [1, 3]}", *overrides).trials == trials


def test_constraints_that_only_a_corner_meets_leave_something(quick):
    result = quick("model.dropout={float: [0.0, 0.5]}", 'constraints=["dropout <= 0.0001"]')
    assert result.is_sound
    assert 0 < result.findings.feasible < 0.01
    assert 0 < result.findings.constraints[0].share < 0.01


@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_constraints_that_nothing_meets_break_the_space_whatever_the_sampler(quick, sampler: str):
    dropout = "model.dropout={float: [0.0, 0.5], step: 0.1}"
    result = quick(dropout, f"search.sampler={sampler}", 'constraints=["dropout > 0.6"]')
    assert not result.is_sound
    assert (result.findings.tried, result.findings.feasible) == (0, 0)
    assert result.findings.constraints[0].share == 0
