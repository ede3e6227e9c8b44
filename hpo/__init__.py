"""Declarative hyperparameter optimization for image CNNs.

    import hpo

    study = hpo.run("vgg16.yaml", trials=20)
    study.best.config
    study.trials()

Importing this package imports no deep-learning engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hpo.errors import HpoError, UserError, WorkError
    from hpo.face import Study, open_study, resume, run
    from hpo.spaces import StudySpec, load

__all__ = [
    "HpoError",
    "Study",
    "StudySpec",
    "UserError",
    "WorkError",
    "load",
    "open_study",
    "resume",
    "run",
]

_HOMES = {
    "HpoError": "hpo.errors",
    "Study": "hpo.face",
    "StudySpec": "hpo.spaces",
    "UserError": "hpo.errors",
    "WorkError": "hpo.errors",
    "load": "hpo.spaces",
    "open_study": "hpo.face",
    "resume": "hpo.face",
    "run": "hpo.face",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, when it is asked for: `import hpo` stays instant."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hpo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
