"""The formats that a model is exported to: what writes each of them, what runs it, and what to install for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal, get_args

from hpo.errors import Fault, MissingExtraError, UserError
from hpo.spaces import Engine

ExportFormat = Literal["keras", "onnx", "saved_model", "litert", "openvino", "torch"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)


@dataclass(frozen=True, slots=True)
class FormatTraits:
    """What is known of a format before anything is written.

    Attributes:
        file: the name of the model in its folder, a file or a folder itself.
        runtime: the distribution that runs it, without Keras and hpo.
        runtime_module: what it is imported as.
        engine: what Keras runs on while it is written; None for the engine of the study.
        writers: what writes it beside the engine: requirements, by what is imported.
        extra: of hpo, which brings writers and runtime; None where hpo itself does.
        takes_int8: whether hpo can quantize it.
    """

    file: str
    runtime: str
    runtime_module: str
    engine: Engine | None = "tensorflow"
    writers: Mapping[str, str] = field(default_factory=dict)
    extra: str | None = None
    takes_int8: bool = False

    @property
    def runtime_version(self) -> str | None:
        """The version of the runtime that is installed; None where it is not."""
        try:
            return version(self.runtime) if find_spec(self.runtime_module) is not None else None
        except (ImportError, PackageNotFoundError):  # the parent of a module that has a dot
            return None

    def missing(self, engine: Engine) -> Iterator[str]:
        """List the requirements that are not installed, of those that write the format."""
        for module, requirement in {engine: engine, **self.writers}.items():
            if find_spec(module) is None:
                yield requirement


TRAITS: Mapping[ExportFormat, FormatTraits] = {
    "keras": FormatTraits("model.keras", "keras", "keras", None),
    "onnx": FormatTraits(
        "model.onnx",
        "onnxruntime",
        "onnxruntime",
        writers={"onnx": "onnx>=1.23", "tf2onnx": "tf2onnx>=1.17"},
        extra="onnx",
        takes_int8=True,
    ),
    "saved_model": FormatTraits("saved_model", "tensorflow", "tensorflow"),
    "litert": FormatTraits(
        "model.tflite", "ai-edge-litert", "ai_edge_litert.interpreter", extra="litert", takes_int8=True
    ),
    "openvino": FormatTraits(
        "model.xml", "openvino", "openvino", writers={"openvino": "openvino>=2026.4"}, extra="openvino"
    ),
    "torch": FormatTraits("model.pt2", "torch", "torch", "torch", extra="torch"),
}


def find_format(name: str) -> ExportFormat:
    """Find the format of a name.

    Raises:
        UserError: there is none of that name.
    """
    for known in FORMATS:
        if known == name:
            return known
    raise UserError(Fault(f"there are {', '.join(FORMATS)}", repr(name), subject="format"))


def require_writers(name: ExportFormat, engine: Engine) -> None:
    """Hold that what writes a format is installed, without importing it.

    Raises:
        MissingExtraError: it is not; the message says what to install.
    """
    traits = TRAITS[name]
    if missing := list(traits.missing(engine)):
        packages = " and ".join(missing)
        install = f"hpo[{traits.extra}]" if traits.extra else missing[0]
        raise MissingExtraError(
            f'{name}: it is written by {packages}. Received an installation without. Type: pip install "{install}"'
        )
