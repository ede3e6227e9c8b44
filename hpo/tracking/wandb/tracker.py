"""Trials as runs of Weights & Biases."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from math import nan
from pathlib import Path
from typing import Any

import wandb

from hpo.errors import WorkError
from hpo.studies import TrialState
from hpo.tracking.tracker import TrackedEpoch, TrackedTrial, TrialEnding
from hpo.tracking.wandb.client import connect, find_mode, make_settings, translate
from hpo.tracking.wandb.settings import WandbTracking

_STATES = ("complete", "pruned", "failed", "infeasible", "waiting")
_ROOM = 1 << 20
"""Bytes that have to be free where an offline run is written: the client loses silently what finds no room."""
_UPLOAD_S = 300.0
"""Seconds to wait, at the end of a run, until a model has arrived."""
_LONGEST_TITLE = 64
"""Of an alert, as W&B has it."""


class WandbTracker:
    """A `Tracker` with one run a trial, whose id is the trial's: a trial that goes on continues its run.

    Steps are epochs. Online, the server says which of them it has. Offline, each process that works on a trial writes a
    folder of its own, and `wandb sync` joins them.
    """

    def __init__(self, settings: WandbTracking, folder: Path, *, patience: float = 15.0) -> None:
        """Prepare to send.

        Args:
            settings: what the file says.
            folder: for offline runs; online, for what the client writes while it runs.
            patience: seconds to wait for the server, at the beginning and at the end of a run.
        """
        self._settings, self._patience = settings, patience
        self._runs: dict[str, wandb.Run] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._is_online = find_mode(settings.mode) == "online"
        self._folder = Path(tempfile.mkdtemp(prefix="sending-", dir=folder)) if self._is_online else folder
        self._trouble = connect(self._folder)

    def begin(self, trial: TrackedTrial, after_epoch: int) -> int:
        """Begin the run or continue it; returns the last epoch that the server has of it."""
        if (run := self._runs.pop(trial.run_id, None)) is not None:
            _interrupt(run)  # it had failed, or another worker goes on with the trial
        entity, project, sweep = self._settings.entity, self._settings.project, None
        if trial.sweep is not None:
            entity, project, sweep = trial.sweep.split("/")
        self._trouble.has_given_up = False
        self._check()
        try:
            run = wandb.init(
                id=trial.run_id,
                entity=entity,
                project=project or wandb.setup().settings.project or "hpo",
                group=trial.study,
                name=f"{trial.study}-{trial.number}{'-repeat' if trial.is_repeat else ''}",
                config=_make_config(trial),
                mode=self._settings.mode,
                dir=self._folder if self._is_online else self._folder.parent,  # to which wandb adds its own name
                resume="allow",
                reinit="create_new",
                settings=make_settings(
                    worker=trial.worker,
                    sweep=sweep,
                    is_online=self._is_online,
                    begin_s=self._patience,
                    end_s=max(_UPLOAD_S, self._patience) if self._settings.model else self._patience,
                ),
            )
        except Exception as error:
            trouble = translate(error)
            self._abandon()
            raise trouble from error
        self._runs[trial.run_id] = run
        return max(0, run.starting_step - 1) if self._is_online else after_epoch

    def log(self, trial: TrackedTrial, epochs: Sequence[TrackedEpoch]) -> None:
        """Add epochs; a value that was no finite number is NaN."""
        run = self._find(trial)
        self._check()
        for epoch in epochs:
            metrics = {name: nan if value is None else value for name, value in epoch.metrics.items()}
            run.log({**metrics, "epoch": epoch.epoch, "seconds": epoch.seconds}, step=epoch.epoch, commit=True)

    def end(self, trial: TrackedTrial, ending: TrialEnding) -> None:
        """End the run: its summary has the trial's values, its tag is the trial's state; failed ones exit with 1."""
        run = self._find(trial)
        self._check()
        if ending.examples is not None:
            from hpo.tracking.wandb.media import draw_examples

            run.log(draw_examples(ending.examples))
        summary: dict[str, Any] = {**ending.measures, **ending.values, "best_epoch": ending.best_epoch}
        texts = {"state": str(ending.state), "cause": ending.cause, "remark": ending.remark}
        run.summary.update({**summary, **{name: text for name, text in texts.items() if text is not None}})
        tags = (str(ending.state), *(["repeat"] if trial.is_repeat else []))
        run.tags = (*(tag for tag in run.tags or () if tag not in (*_STATES, "repeat")), *tags)
        if ending.model is not None and self._settings.model:
            run.log_artifact(_pack_model(trial, ending, ending.model, is_offline=not self._is_online))
        self._finish(trial, exit_code=1 if ending.state == "failed" else 0)

    def alert(self, trial: TrackedTrial, state: TrialState, title: str, text: str, level: str) -> None:
        """Send an alert of the trial's run, which is continued for that where it has ended; see `Alerting`."""
        has_ended = trial.run_id not in self._runs
        if has_ended:
            self.begin(trial, 0)
        run = self._find(trial)
        # Titles are cut at 64 characters. How often alerts come is decided before; of 0 wandb 0.31 makes a minute.
        text = text if len(title) < _LONGEST_TITLE else f"{title}\n{text}"
        run.alert(title=title[: _LONGEST_TITLE - 1], text=text, level=level, wait_duration=0.001)
        if has_ended:
            self._finish(trial, exit_code=1 if state == "failed" else 0)
        self._check()

    def close(self) -> None:
        """End what is still open as interrupted, and the client's own process, after which offline files are whole."""
        self._disconnect()
        if self._is_online:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _finish(self, trial: TrackedTrial, exit_code: int) -> None:
        run = self._runs.pop(trial.run_id)
        try:
            run.finish(exit_code=exit_code)
        except Exception as error:
            raise translate(error) from error
        self._check()
        if self._is_online:
            shutil.rmtree(Path(run.dir).parent, ignore_errors=True)  # all of it has arrived

    def _find(self, trial: TrackedTrial) -> wandb.Run:
        if trial.run_id not in self._runs:
            raise WorkError("the run was interrupted; it begins again")
        return self._runs[trial.run_id]

    def _check(self) -> None:
        if self._trouble.has_given_up:
            raise WorkError(f"{wandb.setup().settings.base_url} refused a part of a run, which is sent again")
        if not self._is_online and shutil.disk_usage(self._folder).free < _ROOM:
            raise WorkError(f"the disk with {self._folder} is full")

    def _abandon(self) -> None:
        """End the client's own process after a run could not begin, and with it all runs, which begin again.

        Until then the id of the run counts as in use, so that it could not begin later (wandb 0.31).
        """
        self._disconnect()
        self._trouble = connect(self._folder)

    def _disconnect(self) -> None:
        if self._runs:
            with ThreadPoolExecutor(len(self._runs)) as threads:  # each may wait for the server in vain
                list(threads.map(_interrupt, self._runs.values()))
        self._runs.clear()
        wandb.teardown()


def _make_config(trial: TrackedTrial) -> dict[str, Any]:
    """Make the config of a run; of a run of a sweep, what that has drawn stands under the sweep's own names.

    Its server finds there what it has given out: a grid would give out a combination again that it does not find.
    """
    config = {**trial.config, "params": trial.params, "study": trial.study, "trial": trial.number}
    return {**config, **({"inactive": list(trial.inactive)} if trial.sweep is not None else {}), **trial.drawn}


def _interrupt(run: wandb.Run) -> None:
    with suppress(Exception):
        run.finish(exit_code=1)


def _pack_model(trial: TrackedTrial, ending: TrialEnding, model: Path, *, is_offline: bool) -> wandb.Artifact:
    name = re.sub(r"[^\w.-]", "-", f"{trial.study}-{trial.number}")
    artifact = wandb.Artifact(name, type="model", metadata={**ending.values, **trial.params})
    # Offline, `wandb sync` reads the file, which is gone from there by then
    artifact.add_file(str(model), policy="mutable" if is_offline else "immutable", skip_cache=True)
    return artifact
