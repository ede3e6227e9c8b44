"""What is written to the standard streams, and what becomes of readers that go away."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest

from hpo.cli.terminal.output import OutputLost, guard_streams, tell, write, write_csv, write_json

HOSTILE = "a\x1b[2J\u202eb\nc"


class Full(io.StringIO):
    """A stream on a disk without room."""

    def write(self, text):
        raise OSError(28, "No space left on device")


def test_results_and_words_are_readable(capsys):
    write(HOSTILE)
    write_csv([[HOSTILE, 1, None]])
    tell(HOSTILE)
    out, err = capsys.readouterr()
    assert out == "a\\x1b[2J\\u202eb\nc\na\\x1b[2J\\u202eb\\nc,1,\n"
    assert err == "a\\x1b[2J\\u202eb\nc\n"
    write_csv([["größe", "a,b"]])
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [["größe", "a,b"]]
    write_json({"text": HOSTILE})
    out, _ = capsys.readouterr()
    assert out.replace("\n", "").isprintable()
    assert json.loads(out) == {"text": HOSTILE}


def test_a_lost_result_is_an_error_however_often_and_lost_words_are_none(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", Full())
    with guard_streams():
        for _ in range(2):
            with pytest.raises(OutputLost, match="No space left on device"):
                write("result")
        tell("words")
        sys.stderr.write("words")


def test_a_stream_that_knows_no_such_letter_shows_its_number(monkeypatch):
    under = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(under, encoding="ascii"))
    with guard_streams():
        write("größe")
        sys.stdout.flush()
    assert under.getvalue() == b"gr\\xf6\\xdfe\n"
