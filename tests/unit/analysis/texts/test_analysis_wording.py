"""Notes as people read them."""

from __future__ import annotations

from hpo.analysis import shorten_note


def test_a_short_note_stays_and_a_long_one_leaves_its_files_to_inspect():
    short = "files whose ending is of no image are passed over, 7 in all: 6 .txt, 1 .md"
    assert shorten_note(short) == short
    files = "; ".join(f"b/a long name of a file {number}.png (no image that Pillow knows)" for number in range(3))
    long = f"files that cannot be decoded are left out, 6 in all: {files}; and 3 more"
    assert (
        shorten_note(long) == "files that cannot be decoded are left out, 6 in all; `hpo datasets inspect` lists them"
    )
    assert len(shorten_note("a word " * 100)) <= 140
