"""The folder of a demo: the page's code, the model, and what it takes to run them without hpo."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo.errors import Fault, UserError
from hpo.shipping.folders import fill_folder
from hpo.shipping.kept_model import KeptModel
from hpo.shipping.privacy import copy_model
from hpo.shown import readable
from hpo.studies import package_versions

SPACE = Path(__file__).with_name("space")
"""The page itself, as files that are copied: it imports nothing of hpo."""
_CODE = ("app.py", "image_model.py")
MOST_MISTAKES = 21
_ENGINES = ("tensorflow", "jax", "torch")
_GRADIO, _PILLOW = "6.31.0", "12.3.0"
"""What is asked for where this machine has no Gradio: the release that was tried, and the last Pillow that it takes."""
_LAST_PILLOW = 12


def find_engine(about: Mapping[str, Any]) -> str:
    """Choose what a model runs on: what it was trained on, where that is installed, else another engine."""
    trained_on = [engine for engine in _ENGINES if engine in about.get("made_with", {})]
    installed = [engine for engine in (*trained_on, *_ENGINES) if find_spec(engine) is not None]
    return (installed or trained_on or ["tensorflow"])[0]


def write_demo(kept: KeptModel, folder: Path, *, shows_mistakes: bool = True) -> list[str]:
    """Write a demo as a folder that runs alone, by `python app.py`, and that a Gradio space can be made of.

    Args:
        kept: the model.
        folder: is made; must be empty where it is there.
        shows_mistakes: whether images of the validation part, which the model gets wrong, are written along.

    Returns:
        The names of the files.

    Raises:
        UserError: the folder has something in it, or cannot be written to.
        StorageError: the server that keeps the model does not answer.
    """
    if folder.is_dir() and any(folder.iterdir()):
        rule, remedy = "a demo is written to an empty folder", "name another, or remove it"
        raise UserError(Fault(rule, "one with something in it", remedy, subject=str(folder)))
    mistakes = _read_mistakes(kept) if shows_mistakes else None
    with fill_folder(folder) as partial:
        with kept.open_local() as model:
            copy_model(model, partial / "model.keras")
        for name in _CODE:
            shutil.copyfile(SPACE / name, partial / name)
        if mistakes is not None:
            np.savez_compressed(partial / "mistakes.npz", images=mistakes[0], captions=mistakes[1])
        texts = {
            "page.json": json.dumps(_describe_page(kept, mistakes), indent=2, ensure_ascii=False) + "\n",
            "requirements.txt": _list_requirements(kept.about),
            "README.md": _write_readme(kept, has_mistakes=mistakes is not None),
        }
        for name, text in texts.items():
            (partial / name).write_text(text, encoding="utf-8")
    return sorted(path.name for path in folder.iterdir())


def _read_mistakes(kept: KeptModel) -> tuple[NDArray[np.uint8], NDArray[np.str_]] | None:
    """Read the images that the model gets most wrong, and say of each what it is taken for."""
    content = kept.read_beside(".validation.npz")
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            images, rows = arrays["mistake_images"][:MOST_MISTAKES], arrays["mistakes"][:MOST_MISTAKES]
            labels, probabilities = arrays["labels"][rows], arrays["probabilities"][rows]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):  # damaged, or of an earlier version
        return None
    if not len(images):
        return None
    captions = [
        f"{kept.classes[label]}, taken for {kept.classes[row.argmax()]} ({row.max():.0%})"
        for label, row in zip(labels, probabilities, strict=True)
    ]
    return images, np.array(captions)


def _describe_page(kept: KeptModel, mistakes: tuple[NDArray[np.uint8], NDArray[np.str_]] | None) -> dict[str, str]:
    text = "Images of the validation part: what each shows, and what the model takes it for. Choose one to try it."
    if mistakes is not None and (small := max(mistakes[0].shape[1:3])) < (side := max(kept.about["image_size"])):
        text += f" They were kept smaller than the model saw them ({small} of {side} pixels), so its answer may differ."
    return {"title": _name(kept), "mistakes": text}


def _name(kept: KeptModel) -> str:
    return kept.path.stem if kept.study is None else kept.study.name


def _list_requirements(about: Mapping[str, Any]) -> str:
    """List the packages with the versions that are installed here, as far as they fit together."""
    engine = find_engine(about)
    versions = package_versions("keras", engine, "numpy", "gradio", "pillow")
    if not versions["gradio"][0].isdigit():
        versions["gradio"] = _GRADIO
    if int(versions["pillow"].partition(".")[0]) > _LAST_PILLOW:
        versions["pillow"] = _PILLOW
    # Without what a build says of itself, as in torch 2.9.1+cpu: no index of packages has that.
    return "".join(f"{name}=={version.partition('+')[0]}\n" for name, version in versions.items())


def _write_readme(kept: KeptModel, *, has_mistakes: bool) -> str:
    """Write what a Gradio space reads at the beginning, and people below."""
    gradio = package_versions("gradio")["gradio"]
    front = {
        "title": _name(kept),
        "sdk": "gradio",
        "sdk_version": gradio if gradio[0].isdigit() else _GRADIO,
        "python_version": "3.11",
        "app_file": "app.py",
        "pinned": False,
    }
    lines = "\n".join(f"{key}: {json.dumps(value)}" for key, value in front.items())
    mistakes = "\n- `mistakes.npz`: images of the validation part that the model gets wrong; remove it to show none."
    return f"""\
---
{lines}
---

# {readable(_name(kept))}

A page on which a person classifies pictures, with the model of {readable(kept.name)}. It was written by `hpo demo`, and
runs without hpo:

    python -m venv .venv
    .venv/bin/pip install -r requirements.txt
    .venv/bin/python app.py

The page is then at http://127.0.0.1:7860. `GRADIO_SERVER_NAME=0.0.0.0` lets other machines reach it; set
`DEMO_TOKEN` then. It sends nothing to other hosts, and pictures that are uploaded are removed when it ends.

- `app.py`: the page.
- `image_model.py`: reads pictures as the training did, classifies them, and shows where the model looks.
- `model.keras`: the model; `hpo.json` in this zip archive says what it was trained on.
- `page.json`: texts of the page.{mistakes if has_mistakes else ""}
"""
