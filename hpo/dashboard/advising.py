"""What to try next in a study that a dashboard shows, computed beside the requests: it takes seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock, Thread

from hpo.analysis.diagnosis import Advice, advise
from hpo.errors import HpoError
from hpo.studies import StudyRecord

_TURN = Lock()
"""Held by the one study of a dashboard for which advice is computed."""
_SHARE = 20
"""Advice on a study that goes on is computed again after so many times the seconds that it took."""


class Adviser:
    """Gives the last advice on one study, and computes it anew when trials have ended since."""

    def __init__(self, tell: Callable[[], object]) -> None:
        """Begin without advice; `tell` is called, in another thread, whenever there is another one."""
        self.advice: Sequence[Advice] = ()
        self._tell = tell
        self._ended = 0
        self._rests_until = 0.0
        self._thread: Thread | None = None

    def consider(self, record: StudyRecord) -> None:
        """Begin to compute advice on a study that was read, where it may be another one than the last."""
        ended = sum(trial.state.is_finished() for trial in record.frozen_trials())
        is_busy = self._thread is not None and self._thread.is_alive()
        if ended == self._ended or is_busy or time.monotonic() < self._rests_until:
            return
        self._ended = ended
        self._thread = Thread(target=self._compute, args=(record,), name="hpo dashboard advice", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until no advice is being computed."""
        if self._thread is not None:
            self._thread.join()

    def _compute(self, record: StudyRecord) -> None:
        with _TURN, suppress(HpoError):
            start = time.monotonic()
            advice = advise(record)
            end = time.monotonic()
            self._rests_until = end + _SHARE * (end - start)
            if advice != self.advice:
                self.advice = advice
                self._tell()
