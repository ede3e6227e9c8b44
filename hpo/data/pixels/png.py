"""PNG files, chunk by chunk: what their checksums show to be damaged, and a short way to the pixels of small ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND = 12
"""Bytes of a chunk beside its data: length, name and checksum."""
_PIECE = 2**20
"""Bytes that are inflated at a time, and the most that the pixels of a small file have."""
_HEADER = struct.Struct(">IIBBBBB")
"""Of the first chunk: width, height, bits, colour type, compression, filters, interlace (section 11.2.1)."""
_PLAIN = {(8, 0, 0, 0, 0): "L", (8, 2, 0, 0, 0): "RGB"}
"""Modes of Pillow's, by what follows the size: 8 bits, grey or colours, not interlaced."""
_LAST_FILTER = 4
_OF_NO_PIXEL = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"tIME": 7}
"""Chunks that change no pixel, by their lengths."""


def find_png_damage(content: bytes) -> str | None:
    """Find what the checksums of a PNG file show to be damaged; None where all hold, or it is another file.

    Of every chunk its CRC-32, and of the pixels the Adler-32 of their zlib stream (PNG specification, third edition,
    sections 5.3 and 10.1), which Pillow's `verify` leaves out.
    """
    if not content.startswith(_SIGNATURE):
        return None
    stream, has_pixels = zlib.decompressobj(), False
    try:
        for name, data in _read_chunks(content):
            if name == b"IDAT" and not stream.eof:
                has_pixels = True
                _inflate(stream, data)
    except zlib.error:
        return "broken PNG file: its compressed pixels are damaged"
    except _DamageError as damage:
        return f"broken PNG file: {damage}"
    return None if stream.eof or not has_pixels else "broken PNG file: its compressed pixels end too soon"


@dataclass(frozen=True, slots=True)
class PlainPng:
    """A sound PNG file of 8 bits, opaque and upright, whose pixels are few.

    Attributes:
        mode: `L` or `RGB`.
        width, height: in pixels.
        rows: of pixels, each behind the number of the filter that it went through (section 9).
    """

    mode: str
    width: int
    height: int
    rows: bytes

    @classmethod
    def parse(cls, content: bytes, most_pixels: int, shape: tuple[int, int, int] | None = None) -> PlainPng | None:
        """Take a file apart that is one; None for any other, which says nothing against it.

        All its checksums are found to hold.

        Args:
            content: the file's bytes.
            most_pixels: that are taken.
            shape: height, width and channels that are taken; any by default.
        """
        chunks = _read_chunks(content) if content.startswith(_SIGNATURE) else iter(())
        try:
            name, header = next(chunks, (b"", b""))
            width, height, *kind = _HEADER.unpack(header)
            mode = _PLAIN.get(tuple(kind))
            if name != b"IHDR" or mode is None or not 0 < width * height <= most_pixels:
                return None
            if shape is not None and shape != (height, width, len(mode)):
                return None
            stride = 1 + width * len(mode)
            rows = _read_rows(chunks, height * stride)
        except (_OtherError, _DamageError, struct.error, zlib.error):
            return None
        return None if max(rows[::stride]) > _LAST_FILTER else cls(mode, width, height, rows)


def undo_filters(files: Sequence[PlainPng]) -> PIL.Image.Image:
    """Give the pixels of files of one mode and size, one below the other, with a black row between each and the next.

    Pillow does it, so they are those of any other way. What is saved is Pillow's own walk through the chunks of each,
    which takes longer than the pixels of a small image do.
    """
    from PIL import Image

    first = files[0]
    black = bytes(1 + first.width * len(first.mode))  # what the filters of a first row find above it
    # In a stream that is stored, which costs nothing to inflate: they were inflated to check them.
    stream = zlib.compress(black.join(file.rows for file in files), 0)
    size = (first.width, len(files) * (first.height + 1) - 1)
    return Image.frombytes(first.mode, size, stream, "zip", first.mode, 0)


def _read_rows(chunks: Iterator[tuple[bytes, memoryview]], length: int) -> bytes:
    """Read the rows of pixels from the chunks that follow the header, in one run of them, and few others.

    Raises:
        _OtherError: there are other chunks, or other pixels than so many bytes.
    """
    pieces: list[memoryview] = []
    previous = b"IHDR"
    for name, data in chunks:
        if name == b"IDAT" and (not pieces or previous == name):
            pieces.append(data)
        elif name != b"IEND" and len(data) != _OF_NO_PIXEL.get(name):
            raise _OtherError
        previous = name
    stream = zlib.decompressobj()
    rows = stream.decompress(b"".join(pieces), length + 1) if length <= _PIECE else b""
    if len(rows) != length or not stream.eof:
        raise _OtherError
    return rows


class _OtherError(Exception):
    """A file for which there is no short way."""


class _DamageError(Exception):
    """A chunk that is not what its checksum says, or not there."""


def _read_chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Give name and data of each chunk, up to the last.

    Raises:
        _DamageError: its checksum does not hold, or the file ends before `IEND`.
    """
    view, position, name = memoryview(content), len(_SIGNATURE), b""
    while name != b"IEND":
        if position + _AROUND > len(content):
            raise _DamageError("it ends too soon")
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            raise _DamageError("it ends too soon")
        name = content[position + 4 : position + 8]
        if zlib.crc32(view[position + 4 : end]) != struct.unpack_from(">I", content, end)[0]:
            raise _DamageError(f"the checksum of its chunk {name.decode('latin-1')!r} does not hold")
        yield name, view[position + 8 : end]
        position = end + 4


def _inflate(stream: zlib._Decompress, data: memoryview) -> None:
    """Take a piece of a stream; little of what comes out is in memory at a time.

    Raises:
        zlib.error: it is damaged.
    """
    rest: bytes | memoryview = data
    while rest and not stream.eof:
        stream.decompress(rest, _PIECE)
        rest = stream.unconsumed_tail
