"""Paths of a file are relative to the file, those of `--set` to the working directory; both are stored absolute."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest

from hpo.errors import SpaceError
from hpo.spaces import load, parse_spec

FOLDER = "data: {dataset: folder, path: images}\nmodel: simple_cnn\n"


def save_weights(path: Path) -> None:
    """A file as Keras saves it, with one layer of one number."""
    with h5py.File(path, "w") as file:
        layer = file.create_group("layers/dense/vars")
        layer.attrs["name"] = "dense"
        layer["0"] = [1.0]


@pytest.fixture
def project(here: Path) -> Path:
    """A space in `spaces/`, with images beside it and others in the working directory."""
    for folder in ("spaces/images", "images", "other"):
        (here / folder).mkdir(parents=True)
    (here / "spaces" / "r.yaml").write_text(FOLDER)
    return here


def data_path(*overrides: str, space: str = "spaces/r.yaml") -> Path:
    data: Any = load(space, overrides).config({}).data
    return data.path


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
    save_weights(here / "base.h5")
    if "choice" in model:
        model = "{choice: {simple_cnn: {}, vgg16: {weights: base.h5}}}"
    spec = read(f"data: digits\nmodel: {model}\n")
    assert spec.config({"model": "vgg16"}).model.weights == here / "base.h5"


def test_a_stored_space_can_be_read_where_its_images_are_not(project):
    spec = load("spaces/r.yaml")
    (project / "spaces" / "images").rmdir()
    assert parse_spec(spec.to_json(), "study r") == spec


def test_alternatives_are_paths_or_words_each_for_itself(read, here):
    save_weights(here / "base.h5")
    spec = read("data: digits\nmodel: {family: vgg16, weights: {choice: [imagenet, none, base.h5]}}\n")
    (weights,) = spec.space.parameters()
    assert weights.categories == ("imagenet", "none", str(here / "base.h5"))


def test_alternatives_of_a_mapping_are_paths_or_words_as_those_of_a_list(read, here):
    save_weights(here / "base.h5")
    spec = read("data: digits\nmodel: {family: simple_cnn, weights: {choice: {base.h5: , none: , 'study:one': }}}\n")
    (weights,) = spec.space.parameters()
    assert weights.categories == (str(here / "base.h5"), "none", "study:one")
    assert spec.config({"weights": str(here / "base.h5")}).model.weights == here / "base.h5"


@pytest.mark.parametrize("start", ["{weights: base.h5}", "{model.weights: base.h5}", "{model: {weights: base.h5}}"])
def test_a_config_to_start_from_names_a_file_as_the_space_does(read, here, start):
    save_weights(here / "base.h5")
    model = "{family: simple_cnn, weights: {choice: [base.h5, none]}}"
    spec = read(f"data: digits\nmodel: {model}\nstart_from: [{start}]\n")
    assert spec.start_from == ({"weights": str(here / "base.h5")},)


@pytest.fixture
def not_weights(here: Path) -> None:
    """Files that are taken for weights by mistake."""
    (here / "a_folder.keras").mkdir()
    (here / "text.keras").write_text("weights\n")
    save_weights(here / "fine.h5")
    (here / "cut.h5").write_bytes((here / "fine.h5").read_bytes()[:900])
    with h5py.File(here / "other.h5", "w") as file:
        file["table"] = [1, 2]
    with zipfile.ZipFile(here / "zip.keras", "w") as archive:
        archive.writestr("readme", "no weights")


NO_WEIGHTS = {
    "gone.keras": "'gone.keras'.",
    "a_folder.keras": "it is a folder",
    "text.keras": "it is neither HDF5 nor an archive that Keras has made",
    "cut.h5": "'cut.h5': ",
    "other.h5": "it has no layers that Keras has saved",
    "zip.keras": "model.weights.h5",
}


@pytest.mark.parametrize("name", NO_WEIGHTS)
@pytest.mark.parametrize(
    ("model", "column"),
    [
        ("{{family: simple_cnn, weights: {0}}}", 38),
        ("{{family: simple_cnn, weights: {{choice: [none, {0}]}}}}", 54),
        ("{{family: simple_cnn, weights: {{choice: {{{0}: , none: }}}}}}", 48),
        ("{{choice: {{simple_cnn: {{weights: {0}}}, deep_cnn: }}}}", 40),
    ],
)
def test_every_alternative_that_is_a_path_is_held_to_be_a_file_of_weights(read, not_weights, name, model, column):
    with pytest.raises(SpaceError) as refused:
        read(f"data: digits\nmodel: {model.format(name)}\n")
    (problem,) = refused.value.faults
    assert str(problem).startswith(
        f"r.yaml:2:{column} weights: it is none, study:NAME, or a path that exists. Received"
    )
    assert NO_WEIGHTS[name] in str(problem)


def test_weights_that_are_gone_do_not_keep_a_study_from_being_read(read, here):
    save_weights(here / "base.h5")
    spec = read("data: digits\nmodel: {family: simple_cnn, weights: {choice: {base.h5: , none: }}}\n")
    (here / "base.h5").write_text("gone")
    assert parse_spec(spec.to_json(), "the study") == spec


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("{dataset: npz, path: text.txt}", "Received 'text.txt': it is no .npz file."),
        ("{dataset: npz, path: images}", "Received 'images': it is no .npz file."),
        (
            "{dataset: folder, path: images, relabel: text.txt}",
            "relabel: it is a path that exists. Received 'text.txt': no",
        ),
        ("{dataset: folder, path: images, relabel: images}", "Received 'images': Is a directory."),
        (
            "{dataset: folder, path: 's3://bucket/images'}",
            "path: it is a path that exists. Received 's3://bucket/images'.",
        ),
    ],
)
def test_what_lies_at_a_path_is_what_the_option_takes(read, here, data, reason):
    (here / "images").mkdir()
    (here / "text.txt").write_text("some words\n")
    with pytest.raises(SpaceError) as refused:
        read(f"data: {data}\nmodel: simple_cnn\n")
    assert reason in str(refused.value)


def test_only_options_of_the_named_family_are_paths(read):
    spec = read("data: digits\nmodel: simple_cnn\nstudy: images\n")
    assert spec.name == "images"
