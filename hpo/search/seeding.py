"""Seeds: every random choice of a study comes from its seed and the number of the trial."""

from __future__ import annotations

from collections.abc import Sequence

from hpo.spaces import Config, StudySpec
from hpo.spaces.spec.prefixes import prefix_keys


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


def list_shared(spec: StudySpec, config: Config, *, confirms: bool) -> tuple[str, ...]:
    """List what a trial may share of its training with others: digests of its first phase, of its first two, and so on.

    Nothing where the study shares nothing, and for trials that confirm others: those ask what another seed gives.

    Args:
        spec: of the study.
        config: of the trial.
        confirms: whether it confirms another one.
    """
    return prefix_keys(config) if spec.search.share_prefixes and not confirms else ()


def training_seed(study_seed: int, number: int, shared: Sequence[str]) -> int:
    """Give the seed that a trial is trained with: that of all which begin with its first phase, if it may share that.

    Args:
        study_seed: of the study.
        number: of the trial.
        shared: see `list_shared`.
    """
    return trial_seed(study_seed, int(shared[0][:16], 16) if shared else number)
