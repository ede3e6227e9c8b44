"""`weights: study:NAME`: a word of the language, and no path."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.errors import SpaceError
from hpo.spaces import parse_spec
from hpo.spaces.spec.named_studies import studies_named, study_of

HEAD = "data: digits\nmodel: "


@pytest.mark.parametrize(
    ("value", "name"),
    [("study:mnist-1", "mnist-1"), ("study:", None), ("imagenet", None), (None, None), (Path("study:x"), None)],
)
def test_a_study_is_named_after_its_prefix(value, name):
    assert study_of(value) == name


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("{family: vgg16, weights: 'study:a'}", ["a"]),
        ("{vgg16: {weights: 'study:a'}}", ["a"]),
        ("{family: vgg16, weights: {choice: [none, 'study:b', 'study:a']}}", ["b", "a"]),
        ("{family: vgg16, weights: {choice: {none: , 'study:a': }}}", ["a"]),
        ("{choice: {small: {family: simple_cnn}, large: {family: vgg16, weights: 'study:a'}}}", ["a"]),
        ("{family: vgg16, weights: none}", []),
        ("simple_cnn", []),
    ],
)
def test_the_studies_that_a_file_names_are_found_wherever_they_stand(read, model, names):
    spec = read(f"{HEAD}{model}\n")
    assert studies_named(spec) == names
    assert studies_named(parse_spec(spec.to_json(), "study")) == names


def test_a_study_is_no_path_even_where_a_file_is_called_so(read, here):
    (here / "study:a").touch()
    assert read(f"{HEAD}{{family: vgg16, weights: 'study:a'}}\n").config({}).model.weights == "study:a"


def test_a_study_without_a_name_is_refused(read):
    with pytest.raises(SpaceError, match="a path that exists"):
        read(f"{HEAD}{{family: vgg16, weights: 'study:'}}\n")
