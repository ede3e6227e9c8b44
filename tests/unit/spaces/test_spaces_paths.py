"""Paths of a file are relative to the file, those of `--set` to the working directory; both are stored absolute."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.spaces import load, parse_spec

FOLDER = "data: {dataset: folder, path: images}\nmodel: simple_cnn\n"


@pytest.fixture
def project(here: Path) -> Path:
    """A space in `spaces/`, with images beside it and others in the working directory."""
    for folder in ("spaces/images", "images", "other"):
        (here / folder).mkdir(parents=True)
    (here / "spaces" / "r.yaml").write_text(FOLDER)
    return here


def data_path(*overrides: str, space: str = "spaces/r.yaml") -> Path:
    return load(space, overrides).config({}).data.path


def test_a_path_of_a_file_is_relative_to_the_file(project):
    assert data_path() == project / "spaces" / "images"


def test_a_path_of_the_command_line_is_relative_to_the_working_directory(project):
    assert data_path("data.path=images") == project / "images"
    assert data_path("path=../spaces/../" + project.name + "/other") == project / "other"


def test_a_whole_section_of_the_command_line_is_relative_to_the_working_directory(project):
    (project / "digits.yaml").write_text("data: digits\nmodel: simple_cnn\n")
    for change in ("data={dataset: folder, path: other}", "data={folder: {path: other}}"):
        assert data_path(change, space="digits.yaml") == project / "other"


def test_a_data_set_and_its_path_can_be_given_one_by_one(project):
    (project / "digits.yaml").write_text("data: {dataset: digits}\nmodel: simple_cnn\n")
    assert data_path("data.dataset=folder", "data.path=other", space="digits.yaml") == project / "other"


def test_a_section_named_by_its_key_has_paths_too(project):
    (project / "spaces" / "r.yaml").write_text("data: {folder: {path: images}}\nmodel: simple_cnn\n")
    assert data_path() == project / "spaces" / "images"


def test_an_absolute_path_stays(project):
    assert data_path(f"data.path={project / 'other'}") == project / "other"


def test_the_home_folder_is_found(project, monkeypatch):
    monkeypatch.setenv("HOME", str(project))
    assert data_path("data.path=~/other") == project / "other"


def test_what_is_stored_is_absolute(project):
    assert load("spaces/r.yaml").document["data"] == {"dataset": "folder", "path": str(project / "spaces" / "images")}


@pytest.mark.parametrize("word", ["imagenet", "none", "study:first"])
def test_words_that_an_option_takes_besides_paths_are_left_alone(project, word):
    (project / "spaces" / "v.yaml").write_text(f"data: digits\nmodel: {{family: vgg16, weights: {word}}}\n")
    assert load("spaces/v.yaml").config({}).model.weights == word


@pytest.mark.parametrize(
    "model",
    [
        "{family: vgg16, weights: base.h5}",
        "{vgg16: {weights: base.h5}}",
        "{family: {choice: [simple_cnn, vgg16]}, weights: base.h5}",
    ],
)
def test_weights_of_a_file_are_relative_to_it_however_the_family_is_named(read, here, model):
    (here / "base.h5").touch()
    if "choice" in model:
        model = "{choice: {simple_cnn: {}, vgg16: {weights: base.h5}}}"
    spec = read(f"data: digits\nmodel: {model}\n")
    assert spec.config({"model": "vgg16"}).model.weights == here / "base.h5"


def test_a_stored_space_can_be_read_where_its_images_are_not(project):
    spec = load("spaces/r.yaml")
    (project / "spaces" / "images").rmdir()
    assert parse_spec(spec.to_json(), "study r") == spec


def test_alternatives_are_paths_or_words_each_for_itself(read, here):
    (here / "base.h5").touch()
    spec = read("data: digits\nmodel: {family: vgg16, weights: {choice: [imagenet, none, base.h5]}}\n")
    (weights,) = spec.space.parameters()
    assert weights.categories == ("imagenet", "none", str(here / "base.h5"))


def test_only_options_of_the_named_family_are_paths(read):
    spec = read("data: digits\nmodel: simple_cnn\nstudy: images\n")
    assert spec.name == "images"
