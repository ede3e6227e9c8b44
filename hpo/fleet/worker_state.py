"""What a worker does by its last event, and whether it still does something."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from hpo.fleet.messages import Event, Heartbeat
from hpo.fleet.slots import Slot, WorkerHandle
from hpo.spaces.sections.recovery import Recovery
from hpo.training import Cause

Activity = Literal["loading", "claiming", "training", "waiting", "scoring", "ending"]

_FIRST_STEP_S = 600.0
"""Seconds that a worker may be silent, at least, before the first step of a trial: it imports the engine, reads the
data and compiles, however short the steps are that follow."""
_REACTION_S = 300.0
"""Seconds that a trial has to come to its end, and to save its model, after its time is over."""


@dataclass(slots=True)
class WorkerState:
    """A worker, and what it does by its last event.

    Attributes:
        slot: where it runs.
        handle: sends it commands.
        start: how many workers have been started, this one included: events are told by it from its predecessor's.
        activity: a worker that is `waiting` does so until it is sent a command; one that is `ending` was killed.
        number: the trial that it trains, or whose model it scores.
        has_trained: whether it has come to the end of a step of that attempt: before, there is nothing to lose.
        heard: when it was heard of last, in seconds of `time.monotonic`.
        began: when it began what it does, by the same clock.
        cause: why it was killed.
    """

    slot: Slot
    handle: WorkerHandle
    start: int
    activity: Activity = "loading"
    number: int | None = None
    has_trained: bool = False
    heard: float = field(default_factory=time.monotonic)
    began: float = field(default_factory=time.monotonic)
    cause: Cause | None = None

    def begin(self, activity: Activity, number: int | None = None) -> None:
        """Note what it does from now on."""
        self.activity, self.number, self.has_trained = activity, number, False
        self.began = time.monotonic()

    def hear(self, event: Event) -> None:
        """Note that it was heard of."""
        self.heard = time.monotonic()
        if isinstance(event, Heartbeat):  # one comes before the first epoch's end, but for that of an earlier attempt
            self.has_trained = True

    def skip(self, seconds: float) -> None:
        """Leave out a time in which nobody listened."""
        self.heard += seconds
        self.began += seconds

    def find_fault(self, recovery: Recovery) -> Cause | None:
        """Say why the worker has to be killed: it hangs, or its trial does not end when its time is over."""
        if self.activity in ("waiting", "ending"):
            return None
        now = time.monotonic()
        silent = now - self.heard
        if recovery.hang_timeout is not None:
            setting, least = f"recovery.hang_timeout: {recovery.hang_timeout:g} s", recovery.hang_timeout
            if not self.has_trained and least < _FIRST_STEP_S:
                setting, least = f"{setting}, but {_FIRST_STEP_S:g} s before a trial's first step", _FIRST_STEP_S
            if silent > least:
                doing = f"{self.activity} trial {self.number}" if self.number is not None else self.activity
                event = f"its process came no step further for {silent:.0f} s ({doing}), and was killed"
                return Cause("hang", f"{event} ({setting})")
        limit = recovery.trial_timeout
        is_late = limit is not None and now - self.began > limit + _REACTION_S
        if self.activity == "training" and is_late and silent > _REACTION_S:
            setting = f"it may train for {limit:g} s (recovery.trial_timeout)"
            return Cause("timeout", f"{setting}, and did not end after {now - self.began:.0f} s")
        return None
