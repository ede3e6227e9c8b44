"""RandAugment and AugMix: operations drawn anew for each training image, on the host, the same for every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo.data.layers.augmentation import Augmentation, AugMix, RandAugment
from hpo.data.pixels.images import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

Operation = Callable[["Image", float], "Image"]
"""Changes an image by a strength from 0, which leaves it as it is, to 1; where it has two directions, from -1."""

_GREY_LEVEL = 128
"""What comes in from outside an image that is moved, as in RandAugment's paper."""
_MOST_SHEAR = 0.3
_MOST_SHIFT = 150 / 331
_MOST_DEGREES = 30.0
_MOST_ENHANCEMENT = 0.9
_LEAST_BITS = 4
_BRIGHTEST = 255


def apply_policies(
    images: Pixels, augmentation: Augmentation | None, seed: int, passes: int, rows: NDArray[np.intp]
) -> Pixels:
    """Change each image of a batch by the policies of an augmentation, first RandAugment and then AugMix.

    What is drawn for an image follows from seed, pass and row, whatever else is in its batch and whoever trains on it.
    Operations are Pillow's, by which both papers define theirs. Keras (3.15) has layers of both: they draw one list of
    operations for a whole batch, turn images by up to half a turn, and are slow in a model.

    Args:
        images: uint8 `[batch, height, width, 1 or 3]`; not changed.
        augmentation: names the policies; the images are given back where there is none.
        seed: of the training.
        passes: the number of the pass over the training part.
        rows: the number of each image in the training part.
    """
    if augmentation is None or not has_policy(augmentation):
        return images
    changed = np.empty_like(images)
    for index, row in enumerate(rows.tolist()):
        random = np.random.default_rng((seed, passes, row, 1))  # others draw from (seed, pass, step)
        pixels = images[index]
        if augmentation.randaugment is not None:
            pixels = apply_randaugment(pixels, augmentation.randaugment, random)
        if augmentation.augmix is not None:
            pixels = apply_augmix(pixels, augmentation.augmix, random)
        changed[index] = pixels
    return changed


def has_policy(augmentation: Augmentation | None) -> bool:
    """Say whether an augmentation has something that `apply_policies` does."""
    return augmentation is not None and (augmentation.randaugment is not None or augmentation.augmix is not None)


def apply_randaugment(pixels: Pixels, policy: RandAugment, random: np.random.Generator) -> Pixels:
    """Change an image by operations in a row, all of one strength (Cubuk et al., 2020).

    Args:
        pixels: uint8 `[height, width, 1 or 3]`.
        policy: how many operations, and how strong.
        random: draws them, and their directions.
    """
    image = _to_image(pixels)
    for operation in random.integers(len(_RANDAUGMENT), size=policy.operations).tolist():
        image = _RANDAUGMENT[operation](image, policy.magnitude / 30 * _draw_sign(random))
    return _to_pixels(image, pixels)


def apply_augmix(pixels: Pixels, policy: AugMix, random: np.random.Generator) -> Pixels:
    """Blend an image with chains of operations on it, in shares that are drawn (Hendrycks et al., 2020).

    Args:
        pixels: uint8 `[height, width, 1 or 3]`.
        policy: how many chains, of which length, how strong, and how even the shares are.
        random: draws all that is random.
    """
    shares = random.dirichlet([policy.alpha] * policy.chains)
    kept = random.beta(policy.alpha, policy.alpha)
    mixed = np.zeros(pixels.shape, np.float64)
    for share in shares.tolist():
        image = _to_image(pixels)
        for _ in range(policy.depth or int(random.integers(1, 4))):
            operation = _AUGMIX[int(random.integers(len(_AUGMIX)))]
            strength = random.uniform(min(0.1, policy.severity), policy.severity) / 10
            image = operation(image, strength * _draw_sign(random))
        mixed += share * _to_pixels(image, pixels)
    return np.rint(kept * pixels + (1 - kept) * mixed).astype(np.uint8)


def _draw_sign(random: np.random.Generator) -> float:
    return float(1 - 2 * random.integers(2))


def _to_image(pixels: Pixels) -> Image:
    from PIL import Image

    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _to_pixels(image: Image, like: Pixels) -> Pixels:
    return np.asarray(image).reshape(like.shape)


def _leave(image: Image, strength: float) -> Image:
    return image


def _move(image: Image, matrix: Sequence[float]) -> Image:
    """Move pixels by the inverse of an affine map `(a, b, c, d, e, f)` around the middle of the image."""
    from PIL import Image as Images

    a, b, c, d, e, f = matrix
    x, y = (image.width - 1) / 2 + 0.5, (image.height - 1) / 2 + 0.5
    around = (a, b, c + x - a * x - b * y, d, e, f + y - d * x - e * y)
    fill = _GREY_LEVEL if image.mode == "L" else (_GREY_LEVEL,) * 3
    return image.transform(image.size, Images.Transform.AFFINE, around, Images.Resampling.BILINEAR, fillcolor=fill)


def _shear_x(image: Image, strength: float) -> Image:
    return _move(image, (1, _MOST_SHEAR * strength, 0, 0, 1, 0))


def _shear_y(image: Image, strength: float) -> Image:
    return _move(image, (1, 0, 0, _MOST_SHEAR * strength, 1, 0))


def _shift_x(image: Image, strength: float) -> Image:
    return _move(image, (1, 0, round(_MOST_SHIFT * strength * image.width), 0, 1, 0))


def _shift_y(image: Image, strength: float) -> Image:
    return _move(image, (1, 0, 0, 0, 1, round(_MOST_SHIFT * strength * image.height)))


def _rotate(image: Image, strength: float) -> Image:
    angle = np.radians(_MOST_DEGREES * strength)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    return _move(image, (cosine, -sine, 0, sine, cosine, 0))


def _enhance(name: str) -> Operation:
    def enhance(image: Image, strength: float) -> Image:
        from PIL import ImageEnhance

        changed: Image = getattr(ImageEnhance, name)(image).enhance(1 + _MOST_ENHANCEMENT * strength)
        return changed

    return enhance


def _posterize(image: Image, strength: float) -> Image:
    from PIL import ImageOps

    return ImageOps.posterize(image, 8 - round(abs(strength) * (8 - _LEAST_BITS)))


def _solarize(image: Image, strength: float) -> Image:
    from PIL import ImageOps

    return ImageOps.solarize(image, _BRIGHTEST + 1 - round(abs(strength) * (_BRIGHTEST + 1)))


def _autocontrast(image: Image, strength: float) -> Image:
    from PIL import ImageOps

    return ImageOps.autocontrast(image)


def _equalize(image: Image, strength: float) -> Image:
    from PIL import ImageOps

    return ImageOps.equalize(image)


_AUGMIX: tuple[Operation, ...] = (
    _autocontrast,
    _equalize,
    _posterize,
    _rotate,
    _solarize,
    _shear_x,
    _shear_y,
    _shift_x,
    _shift_y,
)
"""Those of the paper, without what the corruptions do by which it is measured."""
_RANDAUGMENT: tuple[Operation, ...] = (
    _leave,
    *_AUGMIX,
    _enhance("Brightness"),
    _enhance("Color"),
    _enhance("Contrast"),
    _enhance("Sharpness"),
)
