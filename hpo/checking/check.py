"""From a study's spec to what a check finds, with the engine in a process of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hpo.checking.result import FINDINGS, CheckResult, Findings, ProgressListener
from hpo.checking.rules import examine_rules, trials_of
from hpo.checking.sharing import foresee_sharing
from hpo.errors import WorkerError
from hpo.processes.parent import ProcessEndedError, ask
from hpo.search import check_installed
from hpo.spaces import ConfigIdentity, Float, StudySpec
from hpo.spaces.remarks.remarks import remarks

_SILENCE = 3600.0
"""Seconds; reading a data set, or building a network, may take long without a word."""


def check_space(
    spec: StudySpec, *, quick: bool = False, listen: ProgressListener | None = None, notes: Iterable[str] = ()
) -> CheckResult:
    """Find the mistakes of a space before it is searched; nothing is trained, and no study is made.

    Args:
        spec: the checked file.
        quick: leave the engine out: what can be said without building networks, in a fraction of a second.
        listen: called with what is being done.
        notes: earlier remarks, to be added to the findings.

    Raises:
        MissingExtraError: what the file chooses is not installed.
        WorkerError: the process that builds the networks ended without findings.
        KeyboardInterrupt: Ctrl-C or SIGTERM; that process has been ended.
    """
    check_installed(spec)
    findings = examine_rules(spec) if quick else _examine_with_engine(spec, listen or _ignore)
    findings = replace(findings, notes=(*notes, *remarks(spec), *_of_device(spec, findings), *findings.notes))
    space = spec.space
    return CheckResult(
        study=spec.name,
        engine=spec.engine,
        quick=quick,
        trials=trials_of(spec),
        timeout_s=spec.search.timeout,
        parameters=len(space.parameters()),
        configs=ConfigIdentity(space).count(),
        continuous=tuple(p.name for p in space.parameters() if isinstance(p, Float) and p.size is None),
        findings=findings,
        budget=spec.search.trials,
        repeats=spec.repeats,
        money=_foresee_money(spec, findings),
        currency=spec.cost.currency,
        sharing=foresee_sharing(spec),
    )


def _foresee_money(spec: StudySpec, findings: Findings) -> float | None:
    """Compute what the study costs, as it was timed here; None without a price, on the CPU, or where nothing was."""
    costs, times, price = findings.costs, findings.times, spec.cost.per_gpu_hour
    if costs is None or times is None or price is None or not costs.device.startswith("gpu"):
        return None
    return times.study_s / 3600 * (spec.resources.gpus or 1.0) * price


def _of_device(spec: StudySpec, findings: Findings) -> Iterator[str]:
    """Tell which parts of the budget are never spent on the device that was found."""
    if findings.costs is not None and not findings.costs.device.startswith("gpu") and spec.resources.gpus != 0:
        for key in ("gpu_hours", "cost"):
            if getattr(spec.search, key) is not None:
                yield f"search.{key}: it is never spent on this machine, where trials train on the CPU."


def _examine_with_engine(spec: StudySpec, listen: ProgressListener) -> Findings:
    """Build networks of a study and time some, in a process of its own."""
    listen(f"loading {spec.engine}")
    function, document = "hpo.checking.examination:examine_document", spec.to_json()
    try:
        findings = ask(function, document, engine=spec.engine, silence_s=_SILENCE, listen=listen)
    except ProcessEndedError as error:
        raise WorkerError(
            f"hpo check: the process that builds the networks {error}. "
            "`hpo check --quick` says what can be said without it."
        ) from error
    return FINDINGS.validate_python(findings)


def _ignore(doing: str) -> None:
    """Ignore what is being done."""
