#!/usr/bin/env bash
# Pillow 13 resizes the height before the width where that shrinks much more, Pillow 12 always the width first. Passes
# are rounded to 8 bits, so the same call gives other pixels: an image of 200 x 300 brought to 224 x 224 differs in a
# fifth of its values, by 1. Data that was prepared with one version is not that of the other.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cat >"$folder/resize.py" <<'PY'
import sys

import numpy as np
import PIL
from PIL import Image

image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8))
bilinear = Image.Resampling.BILINEAR
at_once = np.asarray(image.resize((224, 224), bilinear)).astype(int)
orders = {
    "width first": image.resize((224, 300), bilinear).resize((224, 224), bilinear),
    "height first": image.resize((200, 224), bilinear).resize((224, 224), bilinear),
}
order = [name for name, resized in orders.items() if np.array_equal(at_once, np.asarray(resized))]
share = (np.asarray(orders["width first"]).astype(int) != at_once).mean()
print(f"Pillow {PIL.__version__}: {order[0]}; {share:.1%} of the values differ from width first")
sys.exit(order != [sys.argv[1]])
PY
for version in 12.1.0:"width first" 13.0.0:"height first"; do
  python3 -m venv "$folder/${version%%:*}"
  "$folder/${version%%:*}/bin/pip" install -q --disable-pip-version-check "pillow==${version%%:*}" numpy==2.3.5
  "$folder/${version%%:*}/bin/python" "$folder/resize.py" "${version#*:}"
done
