"""Whether the checksums that a PNG file carries hold: Pillow (13) decodes pixels without looking at most of them."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND = 12
"""Bytes of a chunk beside its data: length, name and checksum."""
_PIECE = 2**20


def png_damage(content: bytes) -> str | None:
    """What the checksums of a PNG file show to be damaged; None where all hold, or it is another file.

    Of every chunk its CRC-32, and of the pixels the Adler-32 of their zlib stream (PNG specification, third edition,
    sections 5.3 and 10.1), which Pillow's `verify` leaves out.
    """
    if not content.startswith(SIGNATURE):
        return None
    view, position, pixels = memoryview(content), len(SIGNATURE), zlib.decompressobj()
    has_pixels = False
    while True:
        if position + _AROUND > len(content):
            return "broken PNG file: it ends too soon"
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            return "broken PNG file: it ends too soon"
        name = content[position + 4 : position + 8]
        if zlib.crc32(view[position + 4 : end]) != struct.unpack_from(">I", content, end)[0]:
            return f"broken PNG file: the checksum of its chunk {name.decode('latin-1')!r} does not hold"
        if name == b"IEND":
            return None if pixels.eof or not has_pixels else "broken PNG file: its compressed pixels end too soon"
        if name == b"IDAT" and not pixels.eof:
            has_pixels = True
            if not _inflates(pixels, view[position + 8 : end]):
                return "broken PNG file: its compressed pixels are damaged"
        position = end + 4


def _inflates(stream: zlib._Decompress, data: memoryview) -> bool:
    """Whether a piece of a stream can be taken; little of what comes out is in memory at a time."""
    rest: bytes | memoryview = data
    try:
        while rest and not stream.eof:
            stream.decompress(rest, _PIECE)
            rest = stream.unconsumed_tail
    except zlib.error:
        return False
    return True
