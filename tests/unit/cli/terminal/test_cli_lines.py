"""Lines of a word and a text beside it."""

from __future__ import annotations

from hpo.cli.terminal.console import open_console
from hpo.cli.terminal.lines import print_lines


def test_texts_are_wrapped_beside_their_words_which_are_said_once(capsys):
    lines = [("note", "one two three"), ("note", "four"), ("a_long_name", "five six"), ("a_long_name", "seven")]
    print_lines(open_console(width=20), lines)
    assert capsys.readouterr().out.splitlines() == [
        "note       one two",
        "           three",
        "           four",
        "a_long_name",
        "           five six",
        "           seven",
    ]


def test_a_path_is_left_whole_however_long_it_is(capsys):
    print_lines(open_console(width=20), [("model", "studies/photos/trial-7.keras is gone")])
    assert capsys.readouterr().out.splitlines() == [
        "model      studies/photos/trial-7.keras",
        "           is gone",
    ]
