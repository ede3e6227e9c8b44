"""wandb as hpo uses it: silent, several runs at once, nothing of the user's but what a trial is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import wandb
from wandb.errors import CommError
from wandb.sdk import wandb_setup

from hpo.errors import WorkError


class TroubleLog:
    """Takes the place of wandb's texts on the terminal; remembers whether an upload was given up.

    The client says that on the terminal alone: `finish()` returns as if all had arrived (wandb 0.31).
    """

    def __init__(self) -> None:
        self.has_given_up = False

    def info(self, message: str) -> None:
        """Take notice of nothing."""

    error = info

    def warning(self, message: str) -> None:
        """Remember it if it says that data will not arrive."""
        self.has_given_up |= "Fatal error while uploading data" in message


def find_mode(mode: str | None) -> str:
    """Return the mode that runs have: that of the file, or else that of the environment or of wandb's own settings."""
    return mode or wandb_setup.singleton().settings.mode


def connect(folder: Path) -> TroubleLog:
    """Start wandb's own process for this one, without a text on the terminal or a file outside the folder."""
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_ARTIFACT_DIR"):
        os.environ.setdefault(name, str(folder))
    log = TroubleLog()
    wandb.termsetup(wandb.setup(settings=wandb.Settings(silent=True)).settings, log)
    return log


def make_settings(
    *, worker: str | None, sweep: str | None, is_online: bool, begin_s: float, end_s: float
) -> wandb.Settings:
    """Return the settings of one run.

    Args:
        worker: whose system metrics are recorded, `HOST:PROCESS`; those of nobody, where it is on another machine.
        sweep: the name of the sweep that gave the trial.
        is_online: whether it is sent.
        begin_s: seconds to wait for the server when the run begins.
        end_s: seconds to wait, at its end, until all of it has arrived.
    """
    host, _, process = (worker or "").rpartition(":")
    is_here = host == os.uname().nodename and process.isdigit()
    options: dict[str, Any] = {"x_stats_pid": int(process)} if is_here else {"x_disable_stats": True}
    if sweep is not None:
        options["sweep_id"] = sweep
    return wandb.Settings(
        silent=True,
        console="off",
        disable_code=True,
        disable_git=True,
        label_disable=True,
        save_code=False,
        program="hpo",
        sagemaker_disable=True,
        x_save_requirements=False,
        x_skip_transaction_log=is_online,  # the study is the record, from which a run is sent again
        x_transaction_log_flush_interval=1.0,
        init_timeout=begin_s,
        finish_timeout=end_s,
        finish_timeout_raises=True,
        **options,
    )


def translate(error: Exception) -> WorkError:
    """Return an error of wandb's as one that says what is wrong and what to do."""
    server = wandb.setup().settings.base_url
    text = str(error)
    if "error 401" in text or isinstance(error, wandb.errors.AuthenticationError):
        return WorkError(f"{server} does not take the API key: set WANDB_API_KEY, or run `wandb login --relogin`")
    if "error 403" in text or "error 404" in text:
        return WorkError(f"{server} does not let this API key write there: check the entity and the project")
    if isinstance(error, TimeoutError | CommError):
        status = re.search(r"HTTP \d+", text)  # else the innermost of several errors
        return WorkError(f"{server} does not answer ({status[0] if status else text.rpartition(': ')[2]})")
    return WorkError(f"{type(error).__name__}: {text}")
