"""Has networks built in a process of their own, where the engine is, and reads what is found."""

from __future__ import annotations

from collections.abc import Callable

from hpo.checking.result import FINDINGS, Findings
from hpo.errors import WorkerError
from hpo.processes.parent import ProcessEndedError, ask
from hpo.spaces import StudySpec

_SILENCE = 3600.0
"""Seconds; reading a data set, or building a network, may take long without a word."""


def examine_with_engine(spec: StudySpec, listen: Callable[[str], None]) -> Findings:
    """Build networks of a study and time some, in a process of its own.

    Args:
        spec: the study.
        listen: is told what the process does.

    Raises:
        WorkerError: the process ended before it told what it found.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the process has been ended.
    """
    listen(f"loading {spec.engine}")
    try:
        findings = ask(
            "hpo.checking.examination:examine_document",
            spec.to_json(),
            engine=spec.engine,
            silence_s=_SILENCE,
            listen=listen,
        )
    except ProcessEndedError as error:
        raise WorkerError(
            f"hpo check: the process that builds the networks {error}. "
            "`hpo check --quick` says what can be said without it."
        ) from error
    return FINDINGS.validate_python(findings)
