"""Keeps from Keras what it imports wherever that is installed, and nothing here uses: a quarter of its start."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

_EXTRAS = frozenset({"IPython", "cv2", "matplotlib", "pandas", "sklearn"})
"""What Keras (3.15) draws with, and whose tables and models it takes; it does without where they are missing. The
Hugging Face Hub, by which a network of the user's own may load weights, is not among them."""


class _NotForKeras(MetaPathFinder):
    """A finder of modules, the first that is asked. Whoever else asks for them gets them."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse a module, or say nothing, and another finder is asked.

        Raises:
            ModuleNotFoundError: Keras asks for one that it does not need.
        """
        if name in _EXTRAS:
            frame = sys._getframe(1)
            while frame.f_back is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
                frame = frame.f_back
            if frame.f_globals.get("__name__", "").startswith("keras."):
                raise ModuleNotFoundError(f"{name} is kept from Keras", name=name)


def hide_extras() -> None:
    """Hide them in this process, before Keras is imported."""
    if not any(isinstance(finder, _NotForKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NotForKeras())
