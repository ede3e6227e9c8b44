"""From a kept model to a folder with it in the format of another runtime, verified."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from hpo.errors import Fault, HpoError, UserError, WorkError
from hpo.processes.parent import ProcessEndedError, ask
from hpo.shipping.export.folder import README, folder_size, fresh_folder
from hpo.shipping.export.usage import write_readme
from hpo.shipping.formats import FORMATS, TRAITS, ExportFormat, find_format, require_writers
from hpo.shipping.kept_model import DESCRIPTION, KeptModel
from hpo.shipping.privacy import describe_for_others
from hpo.spaces import Engine

Quantization = Literal["int8"]
_SILENCE = 600.0
"""Seconds; to convert or to calibrate a large network takes minutes, in which nothing is said."""


@dataclass(frozen=True, slots=True)
class Export:
    """A model that was exported.

    Attributes:
        path: of its folder.
        format: of the model in it.
        model: the path of that: a file, or a folder.
        about: what `model.json` says, `verification` among it.
        words: what the verification has found, a sentence each.
    """

    path: Path
    format: ExportFormat
    model: Path
    about: Mapping[str, Any]
    words: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return folder_size(self.path)

    @property
    def verification(self) -> Mapping[str, Any]:
        """See `hpo.shipping.export.verification.Verification`."""
        verification: Mapping[str, Any] = self.about["verification"]
        return verification


def export_model(
    kept: KeptModel,
    name: str,
    to: Path | None = None,
    *,
    quantize: Quantization | None = None,
    listen: Callable[[str], object] = str,
) -> Export:
    """Export a model: from raw images to probabilities, with all that its owner needs to know beside it.

    It is written in a process of its own, run by the runtime of its format where that is installed, and removed where
    it does not predict what the model does.

    Args:
        kept: the model.
        name: of the format, see `ExportFormat`.
        to: the folder that it becomes; by default `exports/trial-N-FORMAT` in the folder of its study, or
            `MODEL-FORMAT` beside the file. An earlier export there is replaced.
        quantize: `int8` has weights and activations computed in 8 bits, where the format allows it.
        listen: called with what is being done.

    Raises:
        UserError: there is no such format, it cannot be quantized, or the folder is something else.
        MissingExtraError: what writes the format is not installed.
        WorkError: the model cannot be written in this format, or the export does not predict what the model does.
    """
    chosen = find_format(name)
    traits = TRAITS[chosen]
    engine = traits.engine or _choose_engine(kept)
    require_writers(chosen, engine)
    if quantize:
        _require_quantizable(kept, chosen)
    folder = to or choose_folder(kept, chosen, quantize)
    study, description = kept.study, describe_for_others(kept.about)
    with fresh_folder(folder) as partial, kept.open_local() as local:
        request = {
            "format": chosen,
            "quantize": quantize,
            "model": str(local),
            "about": description,
            "folder": str(partial),
            "target": str(folder),
            "address": None if study is None else list(astuple(study.address)),
            "trial": kept.trial,
        }
        listen(f"loading {engine}")
        answer = _ask(request, engine, listen)
        words = tuple(answer.pop("words"))
        about = {
            "format": chosen,
            "model": traits.file,
            "study": None if study is None else study.name,
            "trial": kept.trial,
            **({"quantized": quantize} if quantize else {}),
            **answer,
        }
        about = {**description, **about, "made_with": {**description.get("made_with", {}), **about["made_with"]}}
        (partial / DESCRIPTION).write_text(json.dumps(about, indent=2, ensure_ascii=False), encoding="utf-8")
        write_readme(partial / README, kept, chosen, about, words)
    return Export(folder, chosen, folder / traits.file, about, words)


def choose_folder(kept: KeptModel, name: ExportFormat, quantize: Quantization | None) -> Path:
    """Choose the folder of an export for which no other one is named."""
    end = f"{name}-{quantize}" if quantize else name
    if kept.study is None:
        return Path(str(kept.path.parent)) / f"{kept.path.stem}-{end}"
    return kept.study.files.path / "exports" / f"trial-{kept.trial}-{end}"


def _require_quantizable(kept: KeptModel, name: ExportFormat) -> None:
    if not TRAITS[name].takes_int8:
        able = " and ".join(known for known in FORMATS if TRAITS[known].takes_int8)
        raise UserError(Fault(f"int8 is there for {able}", name, "drop it, or name one of them", subject="--quantize"))
    if kept.study is None:
        rule, received = "int8 is calibrated on the training images of a study", f"the file {kept.path}"
        raise UserError(Fault(rule, received, "name the study of the model", subject="--quantize"))


def _choose_engine(kept: KeptModel) -> Engine:
    """Choose what Keras runs on where the format leaves it open: the engine of the study, else one that is there."""
    engine: Engine = "tensorflow" if kept.study is None else kept.study.spec.engine
    return engine if find_spec(engine) is not None else "tensorflow"


def _ask(request: Mapping[str, Any], engine: Engine, listen: Callable[[str], object]) -> dict[str, Any]:
    function = "hpo.shipping.export.process:make_export"
    try:
        answer: dict[str, Any] = ask(function, request, engine=engine, silence_s=_SILENCE, listen=listen)
    except HpoError:
        raise
    except ProcessEndedError as error:
        raise WorkError(f"{request['format']}: the process that writes the export {str(error).rstrip('.')}.") from error
    return answer
