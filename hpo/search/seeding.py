"""Seeds: every random choice of a study comes from its seed and the number of the trial."""

from __future__ import annotations


def trial_seed(study_seed: int, number: int, attempt: int = 0) -> int:
    """Give a seed for trial `number`, from 0 to 2**31 - 1; the same on every machine (NumPy's SeedSequence).

    Args:
        study_seed: of the study.
        number: of the trial.
        attempt: how often a config was drawn for the trial before.
    """
    import numpy as np

    entropy = [study_seed, number, attempt] if attempt else [study_seed, number]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)
