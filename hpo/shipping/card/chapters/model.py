"""What the model is, what it takes and gives, what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.proportions import wilson_interval
from hpo.analysis.report.document import Chapter, CodeText, Fact, Facts, Paragraph, ReportBlock
from hpo.analysis.texts.wording import format_interval
from hpo.shipping.card.source import CardSource

_MOST_CLASSES = 100
_USE = """\
import json, zipfile, keras

model = keras.models.load_model("model.keras")
about = json.loads(zipfile.ZipFile("model.keras").read("hpo.json"))
image = keras.utils.load_img("image.png", color_mode=about["color_mode"])
pixels = keras.utils.img_to_array(image, dtype=about["dtype"])
print(about["classes"][model.predict(pixels[None]).argmax()])
"""
_USE_FROM_HUB = """\
import json, keras
from huggingface_hub import hf_hub_download

model = keras.saving.load_model("hf://{repository}")
about = json.load(open(hf_hub_download("{repository}", "model.json")))
image = keras.utils.load_img("image.png", color_mode=about["color_mode"])
pixels = keras.utils.img_to_array(image, dtype=about["dtype"])
print(about["classes"][model.predict(pixels[None]).argmax()])
"""


def describe_model(source: CardSource) -> tuple[ReportBlock, ...]:
    """Say in a few lines what the model is and how good it is."""
    return tuple(_describe_model(source))


def _describe_model(source: CardSource) -> Iterator[ReportBlock]:
    kept, part = source.kept, source.quoted_part
    yield Paragraph(f"Tells {len(kept.classes):,} classes of images apart.", "lead")
    facts = []
    if part is not None:
        accuracy, images = source.scores[part]["accuracy"], source.count_images(part)
        interval = f"{images:,} images, {format_interval(wilson_interval(accuracy, images))}" if images else ""
        facts.append(Fact(f"accuracy on the {part} part", f"{accuracy:.4f}", interval))
    model, metrics = source.config.get("model", {}), source.about.get("metrics", {})
    family = model.get("family") if isinstance(model, dict) else model
    if family is not None:
        name = model.get("name") if isinstance(model, dict) else None
        facts.append(Fact("network", str(family), str(name or "")))
    if "parameters" in metrics:
        facts.append(Fact("parameters", f"{metrics['parameters']:,.0f}"))
    if "flops" in metrics:
        facts.append(Fact("floating-point operations an image", f"{metrics['flops']:,.0f}"))
    if (versions := kept.about.get("test_time_augmentation")) is not None:
        changes = ", ".join(f"{name} {value}" for name, value in versions.items() if value)
        facts.append(Fact("probabilities", "the mean over versions of an image", changes))
    if kept.study is not None:
        facts.append(Fact("made by", f"trial {kept.trial} of the study {kept.study.name}"))
    yield Facts(tuple(facts))
    names = ", ".join(kept.classes[:_MOST_CLASSES])
    left = len(kept.classes) - _MOST_CLASSES
    more = f" and {left:,} more, which its file names" if left > 0 else ""
    yield Paragraph(f"Its classes, in the order of its probabilities: {names}{more}.")


def describe_intended_use(source: CardSource) -> Chapter:
    """Leave room for what only the owner can say."""
    text = "To be filled in by the owner: what it is for, who may use it, and what it must not be used for."
    return Chapter("Intended use", (Paragraph(text, "warning"),))


def describe_use(source: CardSource, repository: str | None = None) -> Chapter:
    """Say how it is used, by Keras.

    Args:
        source: the model.
        repository: of the Hugging Face Hub, `OWNER/NAME`, that has it; None for the file `model.keras`.
    """
    return Chapter("How to use it", tuple(_describe_use(source, repository)))


def _describe_use(source: CardSource, repository: str | None) -> Iterator[ReportBlock]:
    about = source.about
    dtype, color = about.get("dtype", "uint8"), about.get("color_mode", "rgb")
    values = "0 to 255" if dtype == "uint8" else "as they are stored"
    yield Paragraph(
        f"It takes {color} images of any height and width as {dtype} `[n, height, width, channels]`, {values}, and "
        f"gives probabilities `[n, {len(source.kept.classes)}]`. Resizing and normalization happen inside: do neither "
        "before."
    )
    if repository is not None:
        yield CodeText("From the Hub", _USE_FROM_HUB.format(repository=repository), language="python")
    yield CodeText("From the file, with Keras alone", _USE, language="python")
    yield CodeText(
        "With hpo, which also turns photographs upright and passes damaged files over",
        "hpo predict model.keras IMAGE...",
    )
    size = about.get("image_size")
    if size is not None:
        yield Paragraph(f"The network itself sees {size[0]} x {size[1]} pixels ({about.get('resize', 'stretch')}).")
