"""How pixels as a file stores them become opaque ones of 8 bits: which values are black and white, what lies behind."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import PIL.Image

Background = Literal["white", "black"]
Ends = tuple[float, float]

BRIGHTEST = 255
NEARLY_BLACK = 64
"""Images whose brightest pixel is below it, of 255, are nearly black to a network that divides by 255."""
_BYTE = 8


@dataclass(frozen=True, slots=True)
class Reduction:
    """What is done to pixels of more than 8 bits, and to transparent ones.

    Attributes:
        ends: the stored values that become 0 and 255, with all between in proportion and those outside cut; `auto`:
            the lowest and the highest of the training part, which `resolve` puts in their place.
        bits: how many bits of a stored value there are: of more than 8 the 8 high ones are kept. Left out, as many as
            the file says.
        background: what transparent pixels are laid on; left out, transparency is dropped.
    """

    ends: Ends | Literal["auto"] | None = None
    bits: int | None = None
    background: Background | None = None

    @property
    def is_open(self) -> bool:
        """Whether the ends are still to be found."""
        return self.ends == "auto"

    @property
    def is_default(self) -> bool:
        """Whether it is what happens where a file asks for nothing."""
        return self == PLAIN

    def resolve(self, lowest: float, highest: float) -> Reduction:
        """Put these values in the place of `auto`."""
        if not self.is_open:
            return self
        return Reduction((lowest, highest if highest > lowest else lowest + 1), self.bits, self.background)

    def plain(self) -> dict[str, Any]:
        """Give what is asked for as plain values, by the names of the options; nothing where nothing is."""
        ends = list(self.ends) if isinstance(self.ends, tuple) else self.ends
        options = {"range": ends, "bits": self.bits, "transparency": self.background}
        return {name: value for name, value in options.items() if value is not None}

    def extend_fingerprint(self, fingerprint: str) -> str:
        """Add the reduction to the fingerprint of content; nothing where nothing is asked for."""
        if self.is_default:
            return fingerprint
        return hashlib.sha256(f"{fingerprint}{json.dumps(self.plain())}".encode()).hexdigest()

    def knows_range(self, bits: int | None, *, is_float: bool = False) -> bool:
        """Say whether values of so many bits, or of an unknown number, can become bytes; bits say nothing of floats."""
        return self.ends is not None or (not is_float and (bits is not None or self.bits is not None))

    def to_bytes(self, values: NDArray[Any], bits: int | None) -> NDArray[np.uint8]:
        """Bring stored values to uint8, in the same shape.

        Args:
            values: whole numbers or floats.
            bits: how many the file says that they have.

        Raises:
            ValueError: their range is not known, or not yet.
        """
        if values.dtype == np.uint16 and values.size > 2**16:
            table = self.to_bytes(np.arange(2**16, dtype=np.uint16), bits)
            return np.asarray(table[values], np.uint8)
        if isinstance(self.ends, tuple):
            low, high = self.ends
            scaled = (values.astype(np.float64) - low) * (BRIGHTEST / (high - low))
            return np.rint(np.clip(scaled, 0, BRIGHTEST)).astype(np.uint8)
        depth = self.bits or bits
        if self.is_open or depth is None or values.dtype.kind == "f":
            raise ValueError("the range of these values is not known")
        shifted = np.right_shift(values, max(0, depth - _BYTE))
        return np.asarray(np.clip(shifted, 0, BRIGHTEST), np.uint8)

    def brightest(self, highest: float, bits: int | None) -> int:
        """Compute what the highest stored value becomes, in 0..255."""
        kind = np.float64 if isinstance(self.ends, tuple) else np.int64
        return int(self.to_bytes(np.asarray([highest], kind), bits)[0])

    def opaque(self, image: PIL.Image.Image) -> PIL.Image.Image:
        """Make an image of 8 bits a channel opaque, in mode `RGB`."""
        from PIL import Image

        if self.background is not None and (image.has_transparency_data or image.mode == "La"):
            layer = image.convert("LA").convert("RGBA") if image.mode == "La" else image.convert("RGBA")
            ground = Image.new("RGBA", image.size, self.background)
            return Image.alpha_composite(ground, layer).convert("RGB")
        if image.mode == "P":  # with a transparent palette Pillow converts by way of RGBA, and warns if it is left out
            image = image.convert("RGBA")
        return image if image.mode == "RGB" else image.convert("RGB")  # which copies, were it so already


@dataclass(frozen=True, slots=True)
class Depth:
    """Images of more than 8 bits as they are stored, where those of a data set are alike.

    Attributes:
        reduction: what brought each of them to 8 bits: by the ends of a range, or by the bits of a value.
        channels: how many are stored, whatever networks see.
    """

    reduction: Reduction
    channels: int = 1
    dtype: ClassVar[str] = "float32"
    """What models take such values as: it holds those of 24 bits exactly, and every engine has it."""


PLAIN = Reduction()
"""What happens where a file asks for nothing: of more bits the 8 high ones are kept, and transparency is dropped."""
