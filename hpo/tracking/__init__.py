"""What shows the trials of a study outside hpo while they run: the port, and a process that reads the study for it."""

from hpo.tracking.tracker import TrackedEpoch, TrackedTrial, Tracker, TrackerSettings, TrialEnding

__all__ = ["TrackedEpoch", "TrackedTrial", "Tracker", "TrackerSettings", "TrialEnding"]
