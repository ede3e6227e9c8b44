"""What a study's models are put to use by, from Python."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.studies import StudyAddress

if TYPE_CHECKING:
    from hpo.shipping.export import Export, ExportFormat, Quantization


class ShippingStudy:
    """The part of `Study` that ships its models."""

    @property
    @abstractmethod
    def address(self) -> StudyAddress:
        """Where the study is kept."""

    def export(
        self,
        format: ExportFormat,
        to: str | Path | None = None,
        *,
        trial: int | None = None,
        quantize: Quantization | None = None,
    ) -> Export:
        """Write a model in the format of another runtime, and verify that it predicts the same, as `hpo export` does.

        Args:
            format: `keras`, `onnx`, `saved_model`, `litert`, `openvino` or `torch`.
            to: a new folder; by default `exports/trial-N-FORMAT` in the study's. An earlier export there is replaced.
            trial: whose model it is; by default the best one's.
            quantize: `int8` for 8 bits, of `onnx` and `litert`.

        Raises:
            UserError: the model was not kept, there is no such format, or the folder is something else.
            MissingExtraError: what writes the format is not installed.
            WorkError: the export does not predict what the model does, and was removed.
        """
        from hpo.shipping import find_model
        from hpo.shipping.export import export_model

        kept = find_model(self.address, trial=trial)
        return export_model(kept, format, None if to is None else Path(to), quantize=quantize)
