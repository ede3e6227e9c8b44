"""The model card: what a model is, how good it is, how it came about, what is not known of it."""

from hpo.shipping.card.content import make_card
from hpo.shipping.card.writing import write_card

__all__ = ["make_card", "write_card"]
