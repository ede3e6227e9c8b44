"""Text for people shows all that is in it, and does nothing to a terminal."""

from __future__ import annotations

import io
import json

import pytest

from hpo.shown import ReadableStream, hide_password, is_readable, json_text, readable

CONTROLS = "\x00\x07\b\r\x1b\x7f\x85\x9b"
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202e\u2066\u2069"
INVISIBLE = "\xad\u200b\u2028\ufeff\u3164\ufe0f\udc80\U000e0041\U000e0101"
HIDDEN = [*CONTROLS, *DIRECTIONS, *INVISIBLE]


@pytest.mark.parametrize("letter", HIDDEN, ids=ascii)
def test_what_cannot_be_seen_is_spelled_out(letter):
    for lines in (False, True):
        shown = readable(f"a{letter}b", lines=lines)
        assert shown.isascii()
        assert shown.startswith("a\\")
        assert is_readable(shown)


@pytest.mark.parametrize("text", ["", "3 x 3", "größe", "画像", "дерево", "خشب", "🌲", "a  b"])
def test_text_of_any_language_stays(text):
    assert readable(text) == text


def test_lines_stay_lines_only_where_they_are_asked_for():
    assert readable("one\n\ttwo") == r"one\n\ttwo"
    assert readable("one\n\ttwo\x1b[2J", lines=True) == "one\n\ttwo\\x1b[2J"


@pytest.mark.parametrize("letter", HIDDEN, ids=ascii)
def test_json_is_printable_and_says_the_same(letter):
    text = json_text({letter: [letter]}, indent=2)
    assert is_readable(text.replace("\n", ""))
    assert json.loads(text) == {letter: [letter]}


def test_a_readable_stream_cleans_what_others_write():
    under = io.StringIO()
    print("\x1b]0;title\x07 done", file=ReadableStream(under))
    assert under.getvalue() == "\\x1b]0;title\\x07 done\n"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql://user@host:5432/db", "postgresql://user@host:5432/db"),
        ("postgresql://user:p@s:s/w@host/db", "postgresql://user:***@host/db"),
        ("postgresql://:p@host/db", "postgresql://:***@host/db"),
        ("mysql://u@h/db?password=p&ssl_ca=x&sslPassword=y", "mysql://u@h/db?password=***&ssl_ca=x&sslPassword=***"),
        ("s3://key:secret@bucket/folder", "s3://key:***@bucket/folder"),
        ("s3://bucket/folder", "s3://bucket/folder"),
        ("https://token@host/a", "https://***@host/a"),
        ("http://user:p@host:80/a", "http://***@host:80/a"),
        ("studies", "studies"),
    ],
)
def test_a_url_is_shown_without_its_passwords(url, shown):
    assert hide_password(url) == shown
