"""Seeds: every random choice of a study comes from its seed and the number of the trial."""

from __future__ import annotations


def trial_seed(study_seed: int, number: int) -> int:
    """A seed for trial `number`, from 0 to 2**31 - 1; the same on every machine (NumPy's SeedSequence)."""
    import numpy as np

    return int(np.random.SeedSequence([study_seed, number]).generate_state(1)[0] >> 1)
