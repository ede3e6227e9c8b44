"""RandAugment and AugMix: what is drawn for an image, what operations do to it, and where they are refused."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import Augmentation, Outline, apply_policies, make_augmentation_layers
from hpo.data.layers.policies import _RANDAUGMENT
from hpo.spaces.spec.config import ConfigError, read_config

ROWS = np.arange(12)
POLICIES = [{"randaugment": {}}, {"augmix": {}}, {"randaugment": {"operations": 1}, "augmix": {"depth": 2}}]


@pytest.fixture
def images() -> np.ndarray:
    """Twelve images with a bright square on a dark slope, each channel of its own."""
    pixels = np.zeros((12, 16, 16, 3), np.uint8)
    pixels[:] = np.arange(16)[:, None, None] * 5 + np.array([0, 20, 40])
    pixels[:, 5:11, 5:11] = [220, 180, 90]
    return pixels


@pytest.mark.parametrize("options", POLICIES)
def test_an_image_is_changed_alike_whatever_is_in_its_batch_and_anew_in_every_pass(images, options):
    policy = Augmentation.model_validate(options)
    changed = apply_policies(images, policy, 7, 3, ROWS)
    assert changed.dtype == np.uint8
    assert len({image.tobytes() for image in changed}) > len(images) / 2  # some operations leave an image as it is
    for row in (0, 5, 11):
        assert (apply_policies(images[[row]], policy, 7, 3, np.array([row]))[0] == changed[row]).all()
    for seed, passes in ((7, 4), (8, 3)):
        assert (apply_policies(images, policy, seed, passes, ROWS) != changed).any(axis=(1, 2, 3)).sum() > 6


def test_without_a_policy_images_are_given_back(images):
    for augmentation in (None, Augmentation(), Augmentation.model_validate({"flip": "both", "randaugment": "none"})):
        assert apply_policies(images, augmentation, 1, 1, ROWS) is images


@pytest.mark.parametrize("channels", [1, 3])
def test_operations_leave_an_image_as_it_is_at_no_strength_and_change_it_by_more_at_more(images, channels):
    from PIL import Image

    pixels = images[0, ..., :channels].repeat(4, 0).repeat(4, 1)
    image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    before = np.asarray(image).astype(int)

    def distance(operation, strength: float) -> float:
        changed = operation(image, strength)
        assert (changed.mode, changed.size) == (image.mode, image.size)
        return float(np.abs(np.asarray(changed) - before).mean())

    of_strength = [operation for operation in _RANDAUGMENT if distance(operation, 0.0) == 0]
    assert len(_RANDAUGMENT) - len(of_strength) == 2  # autocontrast and equalize, which have none
    idle = [operation for operation in of_strength if distance(operation, 1.0) == 0]
    assert len(idle) == (1 if channels == 3 else 2)  # identity, and what changes the strength of colours
    for operation in set(of_strength) - set(idle):
        assert distance(operation, 0.2) <= distance(operation, 1.0), operation


def test_a_rotation_turns_an_image_around_its_middle(images):
    from PIL import Image

    from hpo.data.layers.policies import _rotate

    turned = np.asarray(_rotate(Image.fromarray(images[0]), 1.0)).astype(int)
    square = (np.abs(turned - [220, 180, 90]).sum(axis=-1) < 30).nonzero()
    assert np.mean(square, axis=1) == pytest.approx([7.5, 7.5], abs=0.3)


def test_what_policies_cannot_change_is_refused():
    four = Outline((16, 16, 4), ("a", "b"), 10, 10, is_here=True)
    with pytest.raises(ValueError, match=r"augmix: it changes grey images .* Received 4 channels\. Set data\.color"):
        make_augmentation_layers(Augmentation.model_validate({"augmix": {}}), four)
    data = {"dataset": "digits", "cache_augmented": 2, "augmentation": {"randaugment": {}}}
    with pytest.raises(ConfigError, match=r"cache_augmented has versions .* Received augmentation\.randaugment"):
        read_config({"data": data, "model": {"family": "simple_cnn"}})
