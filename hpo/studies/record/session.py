"""One stretch of work on a study: when, for how long, on what."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

SESSIONS = "hpo:sessions"
"""The attribute of a study that holds its sessions."""


class Session:
    """One stretch of work on a study."""

    def __init__(self, study: optuna.Study, environment: dict[str, Any]) -> None:
        self._study = study
        self._earlier = study.user_attrs.get(SESSIONS, [])
        self._started = time.monotonic()
        self._entry = {"started": datetime.now().astimezone().isoformat(timespec="seconds"), **environment}
        self.save()

    def set_device(self, device: str) -> None:
        """Record what trials run on."""
        self._entry["device"] = device
        self.save()

    def save(self) -> None:
        """Write the time worked so far; what is not saved is lost if the process is killed."""
        self._entry["worked_s"] = round(time.monotonic() - self._started, 1)
        self._study.set_user_attr(SESSIONS, [*self._earlier, self._entry])
