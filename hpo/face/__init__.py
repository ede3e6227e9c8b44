"""What Python sees of hpo: `load`, `run`, `resume`, `open_study`, and the study that they give."""

from hpo.face.running import load, open_study, resume, run
from hpo.face.study import Study, Trial

__all__ = ["Study", "Trial", "load", "open_study", "resume", "run"]
