"""From a study's spec to what a check finds, with the engine in a process of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hpo.checking.probing import examine_with_engine
from hpo.checking.result import CheckResult, ProgressListener
from hpo.checking.rules import examine_rules, trials_of
from hpo.search import check_installed
from hpo.spaces import ConfigIdentity, Float, StudySpec
from hpo.spaces.remarks.remarks import remarks


def check_space(
    spec: StudySpec, *, quick: bool = False, listen: ProgressListener | None = None, notes: Iterable[str] = ()
) -> CheckResult:
    """Find the mistakes of a space before it is searched; nothing is trained, and no study is made.

    Args:
        spec: the checked file.
        quick: leave the engine out: what can be said without building networks, in a fraction of a second.
        listen: is told what is being done.
        notes: what is known already, to be told with the rest.

    Raises:
        MissingExtraError: what the file chooses is not installed.
        WorkerError: the process that builds the networks has died.
    """
    check_installed(spec)
    findings = examine_rules(spec) if quick else examine_with_engine(spec, listen or _ignore)
    findings = replace(findings, notes=(*notes, *remarks(spec), *findings.notes))
    space = spec.space
    return CheckResult(
        study=spec.name,
        engine=spec.engine,
        quick=quick,
        trials=trials_of(spec),
        timeout_s=spec.search.timeout,
        parameters=len(space.parameters()),
        configs=ConfigIdentity(space).count(),
        continuous=tuple(each.name for each in space.parameters() if isinstance(each, Float) and each.size is None),
        findings=findings,
        budget=spec.search.trials,
    )


def _ignore(doing: str) -> None:
    """Nobody listens."""
