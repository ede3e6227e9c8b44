"""What Python sees of hpo: functions that make, open and compare studies, and the study that they give."""

from hpo.face.comparing import compare
from hpo.face.running import confirm, load, open_study, resume, retry, run, worker
from hpo.face.study import Study
from hpo.face.transfer import bundle, unbundle
from hpo.face.trials import Trial

__all__ = [
    "Study",
    "Trial",
    "bundle",
    "compare",
    "confirm",
    "load",
    "open_study",
    "resume",
    "retry",
    "run",
    "unbundle",
    "worker",
]
