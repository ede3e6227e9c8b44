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
    from hpo.face import Study, bundle, compare, confirm, load, open_study, resume, retry, run, unbundle, worker
    from hpo.shipping.prediction import Classifier
    from hpo.spaces import StudySpec

__all__ = [
    "Classifier",
    "HpoError",
    "Study",
    "StudySpec",
    "UserError",
    "WorkError",
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

_MODULES = {
    "hpo.errors": ("HpoError", "UserError", "WorkError"),
    "hpo.face": (
        "Study",
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
    ),
    "hpo.shipping.prediction": ("Classifier",),
    "hpo.spaces": ("StudySpec",),
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used, so that `import hpo` takes no time."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'hpo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
