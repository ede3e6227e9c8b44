"""What Python sees of hpo: `load`, `run`, `resume`, `retry`, `worker`, `open_study`, and the study that they give."""

from hpo.face.running import load, open_study, resume, retry, run, worker
from hpo.face.study import Study, Trial
from hpo.face.transfer import bundle, unbundle

__all__ = ["Study", "Trial", "bundle", "load", "open_study", "resume", "retry", "run", "unbundle", "worker"]
