"""The model card: what it says of a model with its study, and of a file alone; what the Hub reads of it."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
from huggingface_hub import ModelCard

from hpo.analysis.predictions import Predictions
from hpo.analysis.proportions import wilson_interval
from hpo.shipping import KeptModel, find_model
from hpo.shipping.card import make_card
from hpo.shipping.card.chapters.performance import describe_confusion
from hpo.shipping.card.hub import write_hub_folder
from hpo.shipping.demo import write_demo
from hpo.shipping.privacy import hide_folders
from hpo.shipping.serving import write_image_folder
from hpo.spaces import parse_spec

pytestmark = pytest.mark.engine


def test_a_card_says_what_the_study_knows_of_its_model(trained_studies):
    kept = find_model("digits", studies=trained_studies)
    card = make_card(kept)
    accuracy, (fingerprint,) = kept.about["test"]["accuracy"], kept.study.ledger.fingerprints.values()
    low, high = wilson_interval(accuracy, 360)
    for text in (
        f"accuracy on the test part: **{accuracy:.4f}** (360 images, 95% interval {low:.4f} to {high:.4f})",
        f"fingerprint: **{fingerprint}**",
        "- train part: **1,149 images**",
        "Trials were compared on a share of 0.2 of the training images, stratified, with the seed 0.",
        "| filters | one of 4, 6 | ",
        "- trials: **2** (2 complete)",
        "- energy: **not measured**",
        "optimistic for being chosen",
        f"hpo reproduce digits {kept.trial}",
        "Intervals: Wilson",
        "To be filled in by the owner",
    ):
        assert text in card
    assert "| platform | " in card
    assert "| host | " not in card  # a card goes out, and the name of a machine tells whose it is


def test_the_tables_of_a_card_count_every_image_once(trained_studies):
    card = make_card(find_model("digits", studies=trained_studies))
    confusion = card.split("### Confusion matrix")[1].split("\n\n")[1].splitlines()[2:]
    counts = [[int(cell.strip() or 0) for cell in row.split("|")[2:-1]] for row in confusion]
    assert (len(counts), sum(map(sum, counts))) == (10, 360)
    classes = card.split("### Classes, the worst first")[1].split("\n\n")[1].splitlines()[2:]
    images = {row.split("|")[1].strip(): int(row.split("|")[2]) for row in classes}
    assert images == {str(label): sum(row) for label, row in enumerate(counts)}


def test_of_many_classes_the_most_frequent_confusions_are_listed():
    classes = tuple(f"class {label}" for label in range(20))
    labels = np.repeat(np.arange(20, dtype=np.int32), 10)
    probabilities = np.eye(20, dtype=np.float32)[labels]
    probabilities[:4], probabilities[30] = np.eye(20)[7], np.eye(20)[2]  # four of class 0, one of class 3
    (table,) = describe_confusion(Predictions(labels, probabilities, None, classes), "test")
    assert table.rows == (("class 0", "class 7", "4", "40.0%"), ("class 3", "class 2", "1", "10.0%"))
    assert table.note == "On the test part; 5 of 200 images are held for another class."
    (words,) = describe_confusion(Predictions(labels, np.eye(20, dtype=np.float32)[labels], None, classes), "test")
    assert words.text == "It has taken no image of the test part for one of another class."


def test_a_card_gives_the_licence_of_the_images_that_the_file_gives(trained_studies):
    kept = find_model("digits", studies=trained_studies)
    config = {**kept.about["config"], "data": {"dataset": "digits", "license": "CC BY 4.0"}}
    card = make_card(KeptModel(kept.path, {**kept.about, "config": config}))
    assert "- licence of the images: **CC BY 4.0** (as the space file gives it)" in card
    assert "their licence" not in card


def test_a_card_names_no_folder_of_this_machine(trained_studies):
    kept = find_model("digits", studies=trained_studies)
    config = {**kept.about["config"], "data": {"dataset": "folder", "path": "/home/anna/photos"}}
    card = make_card(KeptModel(kept.path, {**kept.about, "config": config}))
    assert "- data set: **photos** (folder)" in card
    assert "where the images come from, their licence, who is in them" in card
    assert "path: photos" in card
    assert "anna" not in card
    assert hide_folders(["~/a.csv", "C:\\a\\b", "a/b", {"/x/n.py:build": 1}]) == [
        "a.csv",
        "b",
        "a/b",
        {"n.py:build": 1},
    ]


def test_a_card_names_no_server_and_no_secret_url_of_those_who_searched(trained_studies):
    kept = find_model("digits", studies=trained_studies)
    alerts = {"best": True, "send": [{"webhook": "https://chat.example/services/secret"}]}
    document = {**kept.study.spec.document, "tracking": {"mlflow": {"uri": "http://runs.example"}}, "alerts": alerts}
    kept.study.spec = parse_spec(json.dumps(document), "study digits")
    card = make_card(kept)
    assert "filters: {choice: [4, 6]}" in card
    assert ".example" not in card


def test_what_goes_out_names_no_folder_either(trained_studies, tmp_path):
    kept = find_model("digits", studies=trained_studies)
    config = {**kept.about["config"], "data": {"dataset": "folder", "path": "/home/anna/photos"}}
    about = {**kept.about, "config": config, "classes": ["/b", *kept.classes[1:]]}
    with zipfile.ZipFile(kept.path) as source, zipfile.ZipFile(tmp_path / "own.keras", "w") as target:
        for name in source.namelist():
            target.writestr(name, json.dumps(about) if name == "hpo.json" else source.read(name))
    own = find_model(tmp_path / "own.keras")
    write_hub_folder(own, tmp_path / "hub", None)
    write_image_folder(own, tmp_path / "image")
    write_demo(own, tmp_path / "demo")
    for folder in ("hub", "image", "demo"):
        copy = find_model(tmp_path / folder / "model.keras")
        assert copy.about["config"]["data"]["path"] == "photos"
        assert copy.classes[0] == "/b", "what a class is called is no path"
        assert not any(b"anna" in path.read_bytes() for path in (tmp_path / folder).iterdir())


def test_the_hub_reads_the_front_matter_of_a_card(trained_studies):
    kept = find_model("digits", studies=trained_studies)
    data = ModelCard(make_card(kept)).data
    assert (data.library_name, data.pipeline_tag) == ("keras", "image-classification")
    assert data.license is None
    figures = {(result.dataset_split, result.metric_type): result.metric_value for result in data.eval_results}
    assert figures["test", "accuracy"] == pytest.approx(kept.about["test"]["accuracy"], abs=1e-6)
    assert figures["validation", "f1"] == pytest.approx(kept.about["validation"]["macro_f1"], abs=1e-6)


def test_the_card_of_a_file_says_what_the_file_knows(trained_studies, tmp_path):
    kept = find_model("digits", studies=trained_studies)
    alone = tmp_path / "model.keras"
    alone.write_bytes(kept.path.read_bytes())
    card = make_card(find_model(alone))
    assert "# model.keras" in card
    assert f"accuracy on the validation part: **{kept.about['validation']['accuracy']:.4f}**" in card
    assert "without its study" in card
    assert "There is no figure on a test part" in card
    assert "reproduce" not in card.split("## How to reproduce it")[1]
