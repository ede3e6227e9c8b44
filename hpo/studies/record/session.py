"""One stretch of work on a study: when, for how long, on what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from hpo.studies.store.ledger import StudyLedger


class Session:
    """One stretch of work on a study."""

    def __init__(self, ledger: StudyLedger, environment: dict[str, Any], clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._identifier = ledger.new_session()
        self._clock, self._started = clock, clock()
        self._entry = {"started": datetime.now().astimezone().isoformat(timespec="seconds"), **environment}
        self.save()

    @property
    def saved_s(self) -> float:
        """The seconds that were worked when it was saved last."""
        return float(self._entry["worked_s"])

    def set_device(self, device: str) -> None:
        """Record what trials run on."""
        self._entry["device"] = device
        self.save()

    def save(self) -> None:
        """Write the time worked so far; what is not saved is lost if the process is killed."""
        self._entry["worked_s"] = round(self._clock() - self._started, 1)
        self._ledger.set_session(self._identifier, self._entry)
