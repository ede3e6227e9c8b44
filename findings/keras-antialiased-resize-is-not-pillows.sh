#!/usr/bin/env bash
# keras.ops.image.resize(antialias=True), bilinear, is the filter of Pillow's Image.resize but for its rounding: Pillow
# rounds after each of its two passes, so up to 0.9 of 255 lies between them where an image shrinks. Without antialias
# (the default, and that of image_dataset_from_directory) the mean difference is many times that.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check keras==3.15.1 jax==0.10.2 pillow==12.1.0
KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PY'
import keras
import numpy as np
import PIL
from PIL import Image

print("keras", keras.version(), "pillow", PIL.__version__)
pixels = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
pillow = np.asarray(Image.fromarray(pixels).resize((64, 64), Image.Resampling.BILINEAR)).astype("float32")
off = {}
for antialias in (True, False):
    found = keras.ops.image.resize(pixels[None].astype("float32"), (64, 64), antialias=antialias)
    difference = np.abs(keras.ops.convert_to_numpy(found)[0] - pillow)
    off[antialias] = difference
    print(f"antialias={antialias}: differs by {difference.max():.2f} of 255 at most, {difference.mean():.2f} in the mean")
assert 0.5 < off[True].max() < 1.1
assert off[False].mean() > 20 * off[True].mean()
print("as found")
PY
