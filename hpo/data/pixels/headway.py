"""How far work on many images is, told to the log every so often."""

from __future__ import annotations

import logging
import time

EVERY = 15.0
"""Seconds between two lines, and before the first."""
_log = logging.getLogger(__name__)


class Headway:
    """Counts images, and logs how many there were: `reading images: 12,000 of 90,000`. A worker passes that on."""

    def __init__(self, doing: str, total: int) -> None:
        self._doing = doing
        self._total = total
        self._count = 0
        self._told = time.monotonic()

    def add(self, images: int) -> None:
        """So many more are done."""
        self._count += images
        if time.monotonic() - self._told >= EVERY:
            _log.info("%s: %s of %s", self._doing, f"{self._count:,}", f"{self._total:,}")
            self._told = time.monotonic()
