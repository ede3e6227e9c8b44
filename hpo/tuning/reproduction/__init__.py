"""A trial trained again from its record alone, and compared with it to the last bit."""

from hpo.tuning.reproduction.reproducing import reproduce
from hpo.tuning.reproduction.reproduction import Reproduction

__all__ = ["Reproduction", "reproduce"]
