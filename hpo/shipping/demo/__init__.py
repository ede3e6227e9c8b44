"""A page on which a person classifies pictures with a model: shown here, or written as a folder that runs alone."""

from hpo.shipping.demo.demo import DEFAULT_PORT, TOKEN_VARIABLE, run_demo
from hpo.shipping.demo.folder import write_demo

__all__ = ["DEFAULT_PORT", "TOKEN_VARIABLE", "run_demo", "write_demo"]
