"""Broken files: every mistake at once, in the order of the file, each at its place, with its rule and remedy."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from broken_files import CORPUS, HEAD

from hpo.errors import SpaceError, UserError
from hpo.spaces import bundled_spaces, load


@pytest.mark.parametrize("case", CORPUS)
def test_a_broken_file_is_told_all_its_mistakes_in_their_order(read, case):
    text, expected = CORPUS[case]
    with pytest.raises(SpaceError) as caught:
        read(text)
    problems = caught.value.faults
    assert [(problem.place.line, problem.place.column) for problem in problems] == [place[:2] for place in expected]
    lines = str(caught.value).splitlines()
    for line, (row, column, fragment) in zip(lines, expected, strict=True):
        assert line.startswith(f"r.yaml:{row}:{column} ")
        assert fragment in line


@pytest.mark.parametrize("case", CORPUS)
def test_a_message_is_made_of_sentences_and_not_of_python(read, case):
    with pytest.raises(SpaceError) as caught:
        read(CORPUS[case][0])
    for line in str(caught.value).splitlines():
        assert line.endswith((".", "?"))
        assert not re.search(r"\b(None|True|False|dict|NoneType|pydantic|Traceback|literal|validation error)\b", line)


def test_a_file_that_is_no_text_is_refused(read):
    with pytest.raises(
        UserError, match=r"r\.yaml: a space file is a text file that can be read. .* it is not UTF-8 text"
    ):
        read(b"\x89HDF\r\n\x1a\n\xff\xfe")


def test_a_file_of_fifty_megabytes_is_refused_without_being_read(here):
    with (here / "huge.yaml").open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(SpaceError, match=r"at most 200,000 bytes. Received 50,000,000 bytes") as caught:
            load("huge.yaml")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("huge.yaml:1:1 ")


def test_the_corpus_has_sixty_files_or_more():
    assert len(CORPUS) >= 60


def test_a_file_that_is_missing_names_those_that_ship(here):
    with pytest.raises(UserError) as caught:
        load("somewhere.yaml")
    assert str(caught.value).startswith("somewhere.yaml: a space is a file that exists.")
    assert all(name in str(caught.value) for name in bundled_spaces())


def test_a_misspelled_name_of_a_space_that_ships_is_recognized(here):
    with pytest.raises(UserError, match=r"Did you mean 'quickstart\.yaml'\?"):
        load("quikstart.yaml")


def test_a_space_that_ships_is_found_by_its_bare_name_only(here):
    with pytest.raises(UserError, match="a space is a file that exists"):
        load("elsewhere/quickstart.yaml")


def test_a_file_of_the_working_directory_comes_before_one_that_ships(here):
    (here / "quickstart.yaml").write_text(f"{HEAD}training: {{epochs: 77}}\n")
    assert load("quickstart.yaml").config({}).training.epochs == 77


@pytest.mark.parametrize("source", [".", "x" * 5000, "a\0b", "~nobody-has-this-name/x.yaml", ""])
def test_what_is_no_file_is_refused(here, source):
    with pytest.raises(UserError, match="a space is a file that exists"):
        load(source)


def test_a_name_of_a_study_comes_from_the_file_and_must_do_as_one(here):
    (here / "my space.yaml").write_text(HEAD)
    with pytest.raises(SpaceError, match=r"Received 'my space'. Name it by `study:` or `--set study=NAME`."):
        load("my space.yaml")
    assert load("my space.yaml", ["study=mine"]).name == "mine"


def test_problems_are_data():
    with pytest.raises(SpaceError) as caught:
        load("quickstart.yaml", ["training.epochs=0"])
    (problem,) = caught.value.faults
    assert (problem.subject, problem.rule, problem.received) == ("epochs", "it is at least 1", "0")
    assert caught.value.exit_status == 2
