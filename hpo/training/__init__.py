"""One trial: build, fit, report, score.

Importing this package imports no engine; `hpo.training.trial.trial` and `hpo.training.measuring.score`, which workers
import, do.
"""

from hpo.training.outcome import (
    Cause,
    Completed,
    EpochReport,
    Failed,
    History,
    Infeasible,
    Learned,
    Observer,
    Outcome,
    Paused,
    Pruned,
    Verdict,
)

__all__ = [
    "Cause",
    "Completed",
    "EpochReport",
    "Failed",
    "History",
    "Infeasible",
    "Learned",
    "Observer",
    "Outcome",
    "Paused",
    "Pruned",
    "Verdict",
]
