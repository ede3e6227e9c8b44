"""The network families that ship."""

from hpo.models.families.blocks import Block
from hpo.models.families.keras_networks import APPLICATIONS, canonical_name

__all__ = ["APPLICATIONS", "Block", "canonical_name"]
