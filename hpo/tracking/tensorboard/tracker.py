"""Writes a trial as a run of TensorBoard: scalars, images, and what its plug-in for hyperparameters shows.

TensorFlow is not imported. TensorBoard's `EventFileWriter` does that (2.21, by `tensorboard.compat.tf`), and gives a
file a name that may sort before an earlier one's; so records are written to files of our own.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, summary_v2
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from hpo.tracking.pictures import draw_confusion, draw_example
from hpo.tracking.tensorboard.settings import TensorBoardSettings
from hpo.tracking.tracker import TrackedEpoch, TrackedTrial, TrialEnding

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EVENT_FILE = re.compile(r"events\.out\.tfevents\.(\d+)\.")
_STATUS = {
    "complete": api_pb2.STATUS_SUCCESS,
    "pruned": api_pb2.STATUS_SUCCESS,
    "failed": api_pb2.STATUS_FAILURE,
    "infeasible": api_pb2.STATUS_FAILURE,
}


class TensorBoardTracker:
    """A `Tracker` whose runs are folders of event files, `trial-NUMBER-ID` each, so that no two studies share one."""

    def __init__(self, settings: TensorBoardSettings, folder: Path) -> None:
        """Write below the folder of the settings, or else below `folder`."""
        self._folder, self._is_shared = settings.folder or folder, settings.folder is not None
        self._files: dict[int, _EventFile] = {}

    def begin(self, trial: TrackedTrial, after_epoch: int) -> None:
        """Open a new event file, which takes the place of later epochs that an earlier one may have."""
        self._close(trial.number)
        folder = self._run_folder(trial)
        file = self._files[trial.number] = _EventFile(folder)
        file.add(Event(step=after_epoch + 1, session_log=SessionLog(status=SessionLog.START)))
        if not after_epoch:
            params = {name: "none" if value is None else value for name, value in trial.params.items()}
            self._add(trial, summary_v2.hparams_pb(params, trial_id=folder.name), 0)
        file.flush()

    def log(self, trial: TrackedTrial, epochs: Sequence[TrackedEpoch]) -> None:
        """Add the metrics of epochs, under Keras' names."""
        for epoch in epochs:
            values = {**epoch.metrics, "seconds": epoch.seconds}
            scalars = [
                Summary.Value(tag=name, simple_value=value) for name, value in values.items() if value is not None
            ]
            self._add(trial, Summary(value=scalars), epoch.epoch)
        self._files[trial.number].flush()

    def end(self, trial: TrackedTrial, ending: TrialEnding) -> None:
        """Add how the trial ended, unless it goes on later, and close its event file."""
        if ending.state != "waiting":
            measured = {f"objective/{name}": value for name, value in ending.values.items()}
            measured |= {f"measure/{name}": value for name, value in ending.measures.items()}
            scalars = [
                Summary.Value(tag=name, simple_value=value) for name, value in measured.items() if math.isfinite(value)
            ]
            self._add(trial, Summary(value=scalars), ending.best_epoch)
            self._add(trial, text_pb("trial", _describe(trial, ending)), ending.best_epoch)
            if ending.examples is not None:
                self._add_images(trial, ending)
            content = HParamsPluginData(
                session_end_info=SessionEndInfo(status=_STATUS[ending.state], end_time_secs=time.time())
            )
            self._add(trial, summary_v2._summary_pb(summary_v2.metadata.SESSION_END_INFO_TAG, content), 0)
        self._files[trial.number].flush()
        self._close(trial.number)

    def close(self) -> None:
        """Close every event file."""
        for number in list(self._files):
            self._close(number)

    def _close(self, number: int) -> None:
        file = self._files.pop(number, None)
        if file is not None:
            with suppress(OSError):  # the disk is full, which was raised where something was written
                file.close()

    def _run_folder(self, trial: TrackedTrial) -> Path:
        token = trial.run_id.removesuffix(f"-{trial.number}")
        folder = self._folder / trial.study if self._is_shared else self._folder
        return folder / f"trial-{trial.number}-{token}"

    def _add(self, trial: TrackedTrial, summary: Summary, step: int) -> None:
        self._files[trial.number].add(Event(summary=summary, step=step))

    def _add_images(self, trial: TrackedTrial, ending: TrialEnding) -> None:
        examples = ending.examples
        assert examples is not None  # noqa: S101 - the caller looked
        pictures = {"confusion_matrix": draw_confusion(examples)}
        pictures |= {f"examples/{index}": draw_example(examples, index) for index in range(len(examples.images))}
        values = [Summary.Value(tag=name, image=_encode(pixels)) for name, pixels in pictures.items()]
        self._add(trial, Summary(value=values), ending.best_epoch)


class _EventFile:
    """A new file of events, whose name sorts behind those in its folder: TensorBoard reads them in that order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        matches = map(_EVENT_FILE.match, (path.name for path in folder.iterdir()))
        second = max([int(time.time()), *(int(match[1]) + 1 for match in matches if match)])
        self._file = (folder / f"events.out.tfevents.{second:010d}.{os.uname().nodename}.{os.getpid()}").open("xb")
        self._records = RecordWriter(self._file)
        self.add(Event(file_version="brain.Event:2"))

    def add(self, event: Event) -> None:
        """Add an event that happens now."""
        event.wall_time = time.time()
        self._records.write(event.SerializeToString())

    def flush(self) -> None:
        """Have readers see what was added."""
        self._records.flush()

    def close(self) -> None:
        """Close the file."""
        self._records.close()


def _encode(pixels: NDArray[Any]) -> Summary.Image:
    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    height, width, channels = pixels.shape
    return Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=buffer.getvalue())


def _describe(trial: TrackedTrial, ending: TrialEnding) -> str:
    rows = [("state", ending.state), ("cause", ending.cause), ("remark", ending.remark)]
    rows += [(name, str(value)) for name, value in {**ending.values, **trial.params}.items()]
    lines = [f"| {name} | {value.replace('|', '&#124;')} |" for name, value in rows if value is not None]
    return "\n".join([f"| trial {trial.number} | of {trial.study} |", "|---|---|", *lines])
