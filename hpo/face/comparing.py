"""Studies on the same data, compared from Python."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from hpo import tuning
from hpo.analysis.comparison import Comparison, Priority, compare_studies
from hpo.analysis.comparison.comparison import TOLERANCE
from hpo.errors import Fault, UserError
from hpo.face.study import Study
from hpo.studies import StudyAddress
from hpo.studies.address import DEFAULT_STUDIES


def compare(
    *names: str | Path | StudyAddress | Study,
    prefer: Priority = "accuracy",
    tolerance: float = TOLERANCE,
    latency: bool = True,
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
) -> Comparison:
    """Compare studies on the same data, and recommend the model of one.

    Args:
        names: two studies or more, each as `hpo.open_study` takes or gives it.
        prefer: what matters most where the model is put to use: `accuracy`, `size` or `latency`.
        tolerance: how much less accuracy than the best one has is accepted for size or latency.
        latency: whether to load the models, and measure how long they take on this machine.
        studies: the folder of studies.
        storage: as for `run`.
        files: as for `run`.

    Returns:
        Figures of each study, tests of each pair, classes, and the recommendation in words.

    Raises:
        StudyNotFoundError: there is none of a name.
        UserError: there are not two, they have other data, or one has no complete trial.
    """
    if prefer not in get_args(Priority):
        raise UserError(Fault(f"it is one of {', '.join(get_args(Priority))}", repr(prefer), subject="prefer"))
    addresses = [name.address if isinstance(name, Study) else name for name in names]
    records = [tuning.open_study(address, studies, storage, files) for address in addresses]
    return compare_studies(records, prefer, tolerance=tolerance, measures_latency=latency)
