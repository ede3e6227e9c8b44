"""Code of a study's author: what it names that runs on this machine, where the study was made on another one."""

from __future__ import annotations

import shlex

from hpo.studies.record.environment import code_names, is_of_this_machine
from hpo.studies.record.study import StudyRecord


def foreign_code(study: StudyRecord) -> list[str]:
    """List the code and the commands that a study names, if it was made elsewhere and never worked on here.

    They are its author's.
    """
    sessions = study.environments()
    if not sessions or any(map(is_of_this_machine, sessions)):
        return []
    commands = study.spec.alerts.commands if study.spec.alerts.rules else []
    return [*code_names(study.spec), *(f"the command `{shlex.join(command)}` (alerts)" for command in commands)]
