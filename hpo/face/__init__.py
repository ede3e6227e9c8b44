"""What Python sees of hpo: `run`, `resume`, `open_study`, and the study that they give."""

from hpo.face.running import open_study, resume, run
from hpo.face.study import Study, Trial

__all__ = ["Study", "Trial", "open_study", "resume", "run"]
