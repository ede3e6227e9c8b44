"""Numbers with the units that people use."""

from __future__ import annotations

import pytest

from hpo.cli.terminal.units import format_number, format_time


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (662, "662"),
        (999.6, "1 k"),
        (1_234, "1.23 k"),
        (1_200_000, "1.2 M"),
        (310e6, "310 M"),
        (24e9, "24 G"),
    ],
)
def test_large_numbers_have_three_digits_and_a_prefix(number: float, text: str):
    assert format_number(number) == text


def test_a_unit_follows_its_prefix():
    assert format_number(1.4e9, "B") == "1.4 GB"
    assert format_number(12, "B") == "12 B"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.84, "0.8 s"),
        (9.96, "10 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (2_040, "34 min"),
        (3_599.8, "1 h"),
        (20_160, "5.6 h"),
        (86_400, "24 h"),
        (86_400 * 41.1, "41 days"),
        (86_400 * 3.5, "3.5 days"),
    ],
)
def test_times_are_told_as_closely_as_they_are_known(seconds: float, text: str):
    assert format_time(seconds) == text
