"""What any registered data set guarantees: inherit `DatasetContract`, give `dataset`, and pytest runs the rest."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from hpo.catalog import DATASETS
from hpo.data import Dataset, DataStore, Images
from hpo.testing.section import SectionContract

SEED = 3


class DatasetContract(SectionContract):
    """The suite; a subclass sets `name` and the fixture `dataset`."""

    registry, key = DATASETS, "dataset"
    required: ClassVar[frozenset[str]] = frozenset()
    """Options without a default: what a data set cannot know by itself."""

    @pytest.fixture
    def dataset(self) -> Dataset:
        """A small data set, at the size of its source."""
        raise NotImplementedError

    @pytest.fixture
    def section(self, dataset: Dataset) -> Dataset:
        return dataset

    @pytest.fixture
    def images(self, dataset: Dataset) -> Images:
        return dataset.load(SEED)

    def test_every_option_has_a_default_unless_only_the_user_can_know_it(self, dataset: Dataset):
        required = {name for name, field in type(dataset).model_fields.items() if field.is_required()}
        assert required == self.required

    def test_images_are_bytes_and_labels_are_indices_of_classes(self, images: Images):
        assert len(set(images.classes)) == len(images.classes) >= 2
        for part in images.parts().values():
            assert part.images.dtype == np.uint8
            assert part.labels.dtype == np.int32
            assert len(part.images) == len(part.labels) > 0
            assert part.labels.min() >= 0
            assert part.labels.max() < len(images.classes)

    def test_every_class_can_be_learned(self, images: Images):
        assert set(np.unique(images.train.labels)) == set(range(len(images.classes)))

    def test_all_parts_have_images_of_one_shape(self, images: Images):
        assert len({part.images.shape[1:] for part in images.parts().values()}) == 1

    def test_no_training_image_is_in_another_part(self, images: Images):
        train = {image.tobytes() for image in images.train.images}
        for name, part in images.parts().items():
            if name != "train":
                assert not train & {image.tobytes() for image in part.images}, name

    def test_the_same_seed_gives_the_same_images_in_the_same_order(self, dataset: Dataset, images: Images):
        again = dataset.load(SEED)
        assert again.classes == images.classes
        assert again.parts().keys() == images.parts().keys()
        for name, part in images.parts().items():
            np.testing.assert_array_equal(again.parts()[name].images, part.images)
            np.testing.assert_array_equal(again.parts()[name].labels, part.labels)

    def test_the_fingerprint_is_a_sha_256_that_says_the_same_every_time(self, dataset: Dataset, images: Images):
        assert len(images.fingerprint) == 64
        assert int(images.fingerprint, 16)
        assert dataset.load(SEED).fingerprint == images.fingerprint

    def test_image_size_stretches_every_part_and_keeps_the_rest(self, dataset: Dataset, images: Images):
        stretched = dataset.model_copy(update={"image_size": 10}).load(SEED)
        assert stretched.parts().keys() == images.parts().keys()
        for name, part in images.parts().items():
            assert stretched.parts()[name].images.shape == (len(part), 10, 10, part.images.shape[-1])
            np.testing.assert_array_equal(stretched.parts()[name].labels, part.labels)

    @pytest.mark.parametrize("resize", ["pad", "crop"])
    def test_every_way_of_resizing_gives_image_size(self, dataset: Dataset, images: Images, resize: str):
        resized = dataset.model_copy(update={"image_size": 10, "resize": resize}).load(SEED)
        assert {part.shape[:2] for part in resized.parts().values()} == {(10, 10)}
        assert resized.fingerprint == images.fingerprint

    @pytest.mark.parametrize(("color", "channels"), [("rgb", 3), ("grey", 1)])
    def test_networks_see_the_colour_that_is_asked_for(self, dataset: Dataset, color: str, channels: int):
        dataset = dataset.model_copy(update={"color": color})
        outline, prepared = dataset.outline(SEED), DataStore(SEED).prepare(dataset)
        assert outline.shape == prepared.trial.shape
        assert outline.input_shape == prepared.trial.input_shape == prepared.trial.train.shape
        assert outline.shape[-1] == channels
        assert prepared.fingerprint == dataset.model_copy(update={"color": "as_is"}).load(SEED).fingerprint

    @pytest.mark.parametrize("cache", ["memory", "disk", "stream"])
    def test_images_are_the_same_wherever_they_are_kept(self, dataset: Dataset, cache: str):
        dataset = dataset.model_copy(update={"image_size": 10})
        cached, expected = dataset.model_copy(update={"cache": cache}).load(SEED), dataset.load(SEED)
        for name, part in expected.parts().items():
            np.testing.assert_array_equal(cached.parts()[name].images, part.images)

    def test_the_fingerprint_does_not_depend_on_image_size(self, dataset: Dataset, images: Images):
        assert dataset.model_copy(update={"image_size": 10}).load(SEED).fingerprint == images.fingerprint

    def test_a_trial_gets_a_training_and_a_validation_part_of_the_training_images(self, dataset: Dataset):
        store = DataStore(SEED)
        data = store.prepare(dataset).trial
        assert len(data.train) + len(data.validation) == len(dataset.load(0).train)
        assert set(np.unique(data.validation.labels)) == set(range(len(data.classes)))

    @pytest.mark.parametrize("image_size", [None, 10])
    def test_its_outline_says_what_trials_will_see(self, dataset: Dataset, image_size: int | None):
        dataset = dataset.model_copy(update={"image_size": image_size})
        outline = dataset.outline(SEED)
        data = DataStore(SEED).prepare(dataset).trial
        assert (outline.shape, outline.classes) == (data.shape, len(data.classes))
        assert (outline.train_images, outline.validation_images) == (len(data.train), len(data.validation))
