"""From data sets to what a trial may see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hpo.data import DataStore, Part
from hpo.data.parts.class_counts import explain_no_split
from hpo.data.parts.splitting import split
from hpo.data.sets.digits import Digits
from hpo.data.sets.folder import Folder
from hpo.errors import DataError


def numbered(labels: list[int]) -> Part:
    """Images that carry their index as their only pixel."""
    pixels = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Part(pixels, np.asarray(labels, np.int32))


def indices(part: Part) -> list[int]:
    return part.images.ravel().tolist()


def test_a_split_deals_every_image_out_once_and_keeps_the_order():
    rest, share = split(numbered([0, 1] * 50), 0.2, seed=1, purpose="test")
    assert sorted(indices(rest) + indices(share)) == list(range(100))
    assert indices(rest) == sorted(indices(rest))
    assert indices(share) == sorted(indices(share))


def test_a_split_is_stratified():
    rest, share = split(numbered([0] * 80 + [1] * 20), 0.25, seed=1, purpose="test")
    assert np.bincount(rest.labels).tolist() == [60, 15]
    assert np.bincount(share.labels).tolist() == [20, 5]


def test_a_split_follows_its_seed():
    whole = numbered([0, 1] * 50)
    first = indices(split(whole, 0.2, seed=1, purpose="test")[1])
    assert first == indices(split(whole, 0.2, seed=1, purpose="test")[1])
    assert first != indices(split(whole, 0.2, seed=2, purpose="test")[1])


@pytest.mark.parametrize(
    ("labels", "share", "message"),
    [
        (
            [0, 0, 0, 1],
            0.5,
            r"so 2 or more of each\. Received dog \(1\)\. Add images of it, merge classes, leave it out,",
        ),
        (
            [0, 1, 2, 2],
            0.5,
            r"Received cat \(1\), dog \(1\)\. Add images of them, merge classes, leave them out, or give",
        ),
        (
            [0, 1] * 10,
            0.01,
            r"a share of 0.01 of 20 images, which is 1, for 2 classes\. Write 0.1 or more, or add images",
        ),
        ([0, 1] * 10, 0.99, r"a share of 0.99 of 20 images, which is 20, for 2 classes\. Write 0.9 or less, or add"),
    ],
)
def test_too_few_images_for_a_split_are_told_by_names_counts_and_what_helps(labels, share, message):
    with pytest.raises(DataError, match=message) as refused:
        split(numbered(labels), share, seed=0, purpose="validation", classes=("cat", "dog", "emu"))
    assert str(refused.value).startswith(
        "data.validation: a stratified split needs images of every class in both parts"
    )


@pytest.mark.parametrize(("share", "word"), [(0.01, "more"), (0.99, "less")])
def test_the_share_that_is_named_can_be_split(share: float, word: str):
    labels = numbered([0, 1, 2] * 7)
    with pytest.raises(DataError) as refused:
        split(labels, share, seed=0, purpose="test")
    named = float(str(refused.value).partition("Write ")[2].partition(f" or {word}")[0])
    assert len(split(labels, named, seed=0, purpose="test")[1])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_what_scikit_learn_would_refuse_is_told_before_and_nothing_else(labels: list[int], share: float):
    from sklearn.model_selection import train_test_split

    error = explain_no_split(np.asarray(labels, np.int32), share, "validation", ())
    if error is None:
        train_test_split(np.arange(len(labels)), test_size=share, random_state=0, stratify=labels)
    elif len(set(labels)) > 1:
        with pytest.raises(ValueError, match=r"class|size|empty"):
            train_test_split(np.arange(len(labels)), test_size=share, random_state=0, stratify=labels)


def test_trials_see_training_and_validation_images_and_never_the_test():
    store, dataset = DataStore(seed=0), Digits(validation=0.25)
    images, data = dataset.load(0), store.prepare(dataset).trial
    assert len(data.train) + len(data.validation) == len(images.train)
    assert abs(len(data.validation) / len(images.train) - 0.25) < 0.001
    test = {image.tobytes() for image in images.test.images}
    assert not test & {image.tobytes() for part in (data.train, data.validation) for image in part.images}
    assert data.shape == (8, 8, 1)
    assert data.classes == images.classes


def test_the_validation_share_follows_the_seed_of_the_study():
    one, same, other = (DataStore(seed).prepare(Digits()).trial.validation.images for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert one.shape == other.shape
    assert not np.array_equal(one, other)


def test_a_worker_reads_a_data_set_once():
    store = DataStore(seed=0)
    plain, changed = Digits(), Digits(normalization="standardize", augmentation={"shift": 0.1})
    assert store.prepare(plain).trial is store.prepare(changed).trial
    assert store.prepare(Digits(image_size=10)).trial.shape == (10, 10, 1)
    assert store.prepare(plain).trial.shape == (8, 8, 1)


@pytest.mark.parametrize("said", [{"validation": "validation"}, {}])
def test_a_validation_part_of_its_own_is_used_when_the_file_names_it_or_says_nothing(said: dict, tmp_path: Path):
    from PIL import Image

    for part, grey in (("train", 1), ("validation", 2)):
        for name in ("a", "b"):
            (tmp_path / part / name).mkdir(parents=True)
            Image.new("L", (4, 4), grey).save(tmp_path / part / name / "1.png")
    data = DataStore(seed=0).prepare(Folder(path=tmp_path, **said)).trial
    assert np.unique(data.train.images).tolist() == [1]
    assert np.unique(data.validation.images).tolist() == [2]


def test_without_a_validation_part_a_tenth_of_the_training_part_is_set_apart():
    store = DataStore(seed=0)
    assert len(store.prepare(Digits()).trial.validation) == round(len(Digits().load(0).train) * 0.1)


def test_a_validation_part_that_does_not_exist_is_refused():
    with pytest.raises(DataError, match=r"data\.validation: .*without it.*Give a share"):
        DataStore(seed=0).prepare(Digits(validation="validation"))


@pytest.mark.parametrize("validation", [0.0, 1.0, -0.1, "test", "train"])
def test_validation_is_a_share_or_the_part_of_that_name(validation: float | str):
    with pytest.raises(ValidationError):
        Digits(validation=validation)


def test_the_two_sizes_used_last_are_kept():
    store = DataStore(seed=0)
    first, second, third = (Digits(image_size=size) for size in (8, 10, 12))
    result = store.prepare(first)
    store.prepare(second)
    assert store.prepare(first) is result
    latest = store.prepare(third)
    assert store.prepare(first) is result
    assert store.prepare(third) is latest
    again = store.prepare(second)
    assert store.prepare(second) is again
    assert store.prepare(first) is not result


def test_studies_find_the_fingerprint_that_they_recorded_however_images_are_used(tmp_path: Path):
    used = {"image_size": 8, "resize": "crop", "color": "grey", "cache": "stream", "normalization": "unit"}
    for options in ({}, used, {"damaged": "skip", "empty_classes": "ignore", "duplicates": "drop"}):
        assert Folder(path=tmp_path, test=0.3, **options).source_key() == '{"dataset":"folder","test":0.3}'
    assert Digits(**used).source_key() == '{"dataset":"digits","test":0.2}'
