"""What a model is fed: batches to train on, and batches to be compared on."""

from __future__ import annotations

from hpo.data import TrialData
from hpo.data.batches import Batches
from hpo.spaces import Config


def training_batches(data: TrialData, config: Config, seed: int) -> Batches:
    """The training part as its recipe feeds it, in another order in every epoch.

    Args:
        data: its training part is cut into batches.
        config: its recipe is the one that the model was compiled with.
        seed: of the order.
    """
    return Batches(data.train, config.training.batch_size, seed=seed)


def evaluation_batches(data: TrialData, config: Config) -> Batches:
    """The validation part, in its order."""
    return Batches(data.validation, config.training.batch_size)
