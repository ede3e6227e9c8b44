"""What shows the trials of a study outside hpo while they run: the port, and a process that reads the study for it."""

from hpo.tracking.tracker import Alerting, TrackedEpoch, TrackedTrial, Tracker, TrackerSettings, TrialEnding

__all__ = ["Alerting", "TrackedEpoch", "TrackedTrial", "Tracker", "TrackerSettings", "TrialEnding"]
