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
    from hpo.spaces import StudySpec, load
    from hpo.studies import Study
    from hpo.tuning import open_study, resume, run

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
    "Study": "hpo.studies",
    "StudySpec": "hpo.spaces",
    "UserError": "hpo.errors",
    "WorkError": "hpo.errors",
    "load": "hpo.spaces",
    "open_study": "hpo.tuning",
    "resume": "hpo.tuning",
    "run": "hpo.tuning",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, when it is asked for: `import hpo` stays instant."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hpo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
