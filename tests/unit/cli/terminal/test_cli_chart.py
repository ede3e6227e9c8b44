"""Charts of braille patterns."""

from __future__ import annotations

import pytest

from hpo.cli.terminal.chart import clip, draw_chart

LABELS = ("0.9", "0.1", "trial 0", "9")


def dots(lines: list[str]) -> int:
    return sum(bin(ord(sign) - 0x2800).count("1") for line in lines for sign in line if 0x2800 <= ord(sign) < 0x2900)


def test_points_lie_where_their_values_are_between_the_labels_of_the_lowest_and_the_highest():
    lines = draw_chart([(0, 0.1), (9, 0.9)], [], 20, labels=LABELS, height=3)
    assert lines == [
        f"0.9 ┤{' ' * 14}⠈",
        "    │",
        "0.1 ┤⡀",
        "    trial 0        9",
    ]


def test_a_line_holds_each_value_until_the_next_one_and_to_the_last_point():
    lines = draw_chart([(0, 0.0), (9, 0.0)], [(0, 0.0), (3, 1.0)], 12, labels=("1", "0", "0", "9"), height=2)
    assert lines == [
        "1 ┤   ⡏⠉⠉⠉⠉⠉",
        "0 ┤⣀⣀⣀⡇    ⢀",
        "  0        9",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("count", [1, 2, 50, 3000])
def test_no_line_is_wider_than_asked_and_every_chart_has_dots(width, count):
    points = [(number, (number * 7919 % 101) / 101) for number in range(count)]
    lines = draw_chart(points, points[:1], width, labels=LABELS)
    assert len(lines) == 9
    assert max(map(len, lines)) <= width
    assert dots(lines) >= 1


def test_values_that_are_equal_are_drawn_in_the_middle():
    lines = draw_chart([(0, 0.5), (9, 0.5)], [], 20, labels=LABELS, height=3)
    assert [bool(dots([line])) for line in lines] == [False, True, False, False]


def test_few_values_far_worse_than_the_others_are_moved_to_the_edge_and_the_best_are_not():
    values = [0.90 + number / 1000 for number in range(20)]
    points = list(enumerate([*values, 0.1]))
    moved = clip(points, upwards=True)
    assert moved[:-1] == points[:-1]
    assert 0.8 < moved[-1][1] < 0.9
    downwards = [(x, -y) for x, y in points]
    assert clip(downwards, upwards=False) == [(x, -y) for x, y in moved]
    assert clip(points[:5], upwards=True) == points[:5]
