#!/usr/bin/env bash
# A PNG may name one grey as transparent (chunk tRNS), by its value as stored. Pillow 13.0.0 brings pixels of 2 and 4 bits
# to 8 bits and leaves that value as it is, so that the grey which was meant stays opaque (but for black). pypng makes it
# transparent.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0 pypng==0.20220715.0 numpy
"$folder/venv/bin/python" - <<'PY'
import io
import struct
import zlib

import numpy as np
import PIL
from PIL import Image
import png as pypng


def file_of(bits, key):
    """One row of the greys 0, 1, 2, 3, as they are stored."""
    row = int("".join(f"{grey:0{bits}b}" for grey in range(4)), 2).to_bytes(bits * 4 // 8, "big")
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 4, 1, bits, 0, 0, 0, 0)), (b"tRNS", struct.pack(">H", key))]
    chunks += [(b"IDAT", zlib.compress(b"\0" + row)), (b"IEND", b"")]
    framed = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


print("pillow", PIL.__version__, "pypng", pypng.__version__)
for bits, pillow_is_right in ((2, False), (4, False), (8, True)):
    content = file_of(bits, key=2)
    pillow = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))[0, :, 3].tolist()
    other = [list(row)[3::4] for row in pypng.Reader(bytes=content).asRGBA8()[2]][0]
    print(f"{bits} bits, the third grey is transparent: alpha by Pillow {pillow}, by pypng {other}")
    assert (pillow == [255, 255, 0, 255]) == pillow_is_right
    assert other == [255, 255, 0, 255]
print("as found")
PY
