"""What lies beside an exported model for people: how it is run, and what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hpo.analysis.report.document import Chapter, CodeText, Paragraph
from hpo.shipping.card import make_card
from hpo.shipping.formats import ExportFormat
from hpo.shipping.kept_model import KeptModel

_READ = """\
import json
from pathlib import Path

import numpy as np
from PIL import Image

about = json.loads(Path("model.json").read_text(encoding="utf-8"))
image = Image.open("image.png").convert("{mode}")
images = np.asarray(image, "{dtype}").reshape(1, image.height, image.width, {channels})
"""
_SHOW = 'print(about["classes"][probabilities[0].argmax()], probabilities[0].max())\n'

_RUN: Mapping[ExportFormat, tuple[str, str]] = {
    "keras": (
        "keras with an engine",
        """\
import keras

model = keras.models.load_model("model.keras")
probabilities = keras.ops.convert_to_numpy(model(images))
""",
    ),
    "onnx": (
        "onnxruntime",
        """\
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
(probabilities,) = session.run(None, {{"{input}": images}})
""",
    ),
    "saved_model": (
        "tensorflow",
        """\
import tensorflow as tf

model = tf.saved_model.load("saved_model")
probabilities = model.serve(images)["probabilities"].numpy()
""",
    ),
    "litert": (
        "ai-edge-litert",
        """\
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter("model.tflite")
model = interpreter.get_signature_runner()
(probabilities,) = model({input}=images).values()
""",
    ),
    "openvino": (
        "openvino",
        """\
import openvino

model = openvino.compile_model("model.xml", "CPU")
probabilities = model(images)[0]
""",
    ),
    "torch": (
        "torch",
        """\
import torch

model = torch.export.load("model.pt2").module()
probabilities = model(torch.tensor(images)).detach().numpy()
""",
    ),
}
"""By format: what to install, and the lines that run it."""


def make_example(name: ExportFormat, about: Mapping[str, Any]) -> str:
    """Write the lines of Python that classify a picture with an export, from within its folder, without hpo."""
    channels = about["input"]["shape"][-1]
    dtype = about["input"]["dtype"]
    mode = "RGB" if channels == 3 else ("L" if dtype == "uint8" else "F")  # noqa: PLR2004 - red, green, blue
    read = _READ.format(mode=mode, dtype=dtype, channels=channels)
    imports, _, run = _RUN[name][1].format(input=about["input"]["name"]).partition("\n\n")
    return read.replace("from PIL import Image\n", f"from PIL import Image\n{imports}\n") + run + _SHOW


def write_readme(
    path: Path, kept: KeptModel, name: ExportFormat, about: Mapping[str, Any], words: Sequence[str]
) -> None:
    """Write the page of an export: the model's card, with how this format is run and how it was verified."""
    height, width, channels = about["input"]["shape"][1:]
    free = "any height and width" if isinstance(height, str) else f"{height} x {width} pixels"
    takes = (
        f"It takes images of {free} as {about['input']['dtype']} `[n, height, width, {channels}]`, and gives "
        f"probabilities `[n, {len(kept.classes)}]`. Resizing and normalization happen inside: do neither before."
    )
    run = CodeText(f"With {_RUN[name][0]}, numpy and pillow", make_example(name, about), language="python")
    usage = Chapter("How to use it", (Paragraph(takes), run))
    verified = Chapter("How this export was verified", tuple(Paragraph(sentence) for sentence in words))
    path.write_text(make_card(kept, usage=usage, more=(verified,)), encoding="utf-8")
