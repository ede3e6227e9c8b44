"""Python imports this when a process of the tests starts: Keras finds no extra of hpo's, as where none is installed.

Keras imports pyplot and pandas wherever they are, and so does scikit-learn with the latter: a fifth of the time until a
worker is ready, for nothing that hpo uses. Whoever else asks for them gets them.
"""

from __future__ import annotations

import sys

EXTRAS = ("matplotlib", "pandas")


class _NotForKeras:
    """A finder of modules, the first that is asked."""

    def find_spec(self, name: str, *_: object) -> None:
        if name in EXTRAS:
            frame = sys._getframe(1)
            while frame.f_back is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
                frame = frame.f_back
            if frame.f_globals.get("__name__", "").startswith(("keras.", "sklearn.")):
                raise ModuleNotFoundError(f"{name} is hidden from Keras in tests", name=name)


sys.meta_path.insert(0, _NotForKeras())
