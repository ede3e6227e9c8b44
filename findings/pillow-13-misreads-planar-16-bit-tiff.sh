#!/usr/bin/env bash
# Pillow 13.0.0 reads an uncompressed TIFF of 16-bit colours in separate planes (PlanarConfiguration 2) as noise, without
# a word: each plane is taken for one of 8 bits, so a pixel's low and high byte become two pixels, and half of the picture
# is missing. The same picture compressed, or with its colours together, is read rightly; tifffile reads all of them.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6
"$folder/venv/bin/python" - <<'PY'
import io

import numpy as np
import PIL
import tifffile
from PIL import Image

print("pillow", PIL.__version__, "tifffile", tifffile.__version__)
rows, columns = np.mgrid[:64, :64]
picture = np.stack([rows * 1000, columns * 1000, (rows + columns) * 500], -1).astype(np.uint16)
wrong = {}
for planes in ("contig", "separate"):
    for compression in (None, "deflate"):
        file = io.BytesIO()
        stored = picture if planes == "contig" else np.ascontiguousarray(np.moveaxis(picture, -1, 0))
        tifffile.imwrite(file, stored, photometric="rgb", planarconfig=planes, compression=compression)
        file.seek(0)
        back = tifffile.imread(file)
        assert np.array_equal(back if planes == "contig" else np.moveaxis(back, 0, -1), picture)
        file.seek(0)
        off = np.abs(np.asarray(Image.open(file)).astype(int) - (picture >> 8)).mean()
        wrong[planes, compression] = off
        print(f"{planes}, {compression or 'uncompressed'}: Pillow differs by {off:.1f} of 255 in the mean")
assert wrong["separate", None] > 20
assert not any(off for kind, off in wrong.items() if kind != ("separate", None))
print("as found")
PY
