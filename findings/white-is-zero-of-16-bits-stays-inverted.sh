#!/usr/bin/env bash
# A grey TIFF may say that 0 is white (PhotometricInterpretation 0, as many scans and faxes do). Pillow 13.0.0 and OpenCV
# both turn such pictures of 8 bits round, so that 0 is black, and leave those of 16 bits as they are: the same scan is a
# positive in one depth, a negative in the other.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0 opencv-python-headless==5.0.0.93 tifffile==2026.3.3
"$folder/venv/bin/python" - <<'PY'
import io

import cv2
import numpy as np
import PIL
import tifffile
from PIL import Image

print("pillow", PIL.__version__, "opencv", cv2.__version__)
for kind in (np.uint8, np.uint16):
    most = np.iinfo(kind).max
    stored = np.array([[0, most // 4, most]], kind)
    file = io.BytesIO()
    tifffile.imwrite(file, stored, photometric="miniswhite")
    pillow = np.asarray(Image.open(io.BytesIO(file.getvalue())))
    opencv = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_UNCHANGED)
    print(f"{np.dtype(kind)}: stored {stored[0].tolist()}, Pillow {pillow[0].tolist()}, OpenCV {opencv[0].tolist()}")
    expected = most - stored if kind is np.uint8 else stored
    assert np.array_equal(pillow, expected)
    assert np.array_equal(opencv, expected)
print("as found")
PY
