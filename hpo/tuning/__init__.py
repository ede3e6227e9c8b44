"""Run and resume: from a space file to a study whose budget is used up. What the command line and Python both call."""

from hpo.tuning.confirming import confirm
from hpo.tuning.options import RunOptions, check_option
from hpo.tuning.reproduction import Reproduction, reproduce
from hpo.tuning.runs import (
    MessageCallback,
    RunObserver,
    Space,
    check_data,
    locate_study,
    open_study,
    resume,
    retry,
    run,
    worker,
)

__all__ = [
    "MessageCallback",
    "Reproduction",
    "RunObserver",
    "RunOptions",
    "Space",
    "check_data",
    "check_option",
    "confirm",
    "locate_study",
    "open_study",
    "reproduce",
    "resume",
    "retry",
    "run",
    "worker",
]
