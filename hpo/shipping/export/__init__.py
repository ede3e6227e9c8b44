"""A kept model in the format of another runtime, verified by it.

Importing this package imports no engine.
"""

from hpo.shipping.export.export import Export, Quantization, export_model
from hpo.shipping.formats import ExportFormat

__all__ = ["Export", "ExportFormat", "Quantization", "export_model"]
