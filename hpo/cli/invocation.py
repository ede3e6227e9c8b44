"""What is known of a call of the command line when it fails."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Invocation:
    """A call of the command line.

    Attributes:
        debug: whether errors are shown with where in the code they arose.
    """

    debug: bool = False
