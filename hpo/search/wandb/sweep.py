"""The sweep of a study: created, continued or joined by whoever leads the study, before workers start."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from hpo.errors import UserError, WorkError
from hpo.processes.parent import ProcessEndedError, ask
from hpo.search.wandb.joining import match_sweep
from hpo.search.wandb.mapping import SweepMapping
from hpo.search.wandb.server import RemoteSweep, SweepMissingError, SweepServer
from hpo.search.wandb.settings import WandbSettings
from hpo.spaces import StudySpec
from hpo.studies import ActiveStudy

_SILENCE_S = 90.0
DEFAULT_PROJECT = "hpo"


def prepare_sweep(study: ActiveStudy) -> str | None:
    """Create the sweep of a study, or see that the one it has, or is to join, is there and fits.

    A sweep is created anew where what it searches has changed. The server is asked by a process of its own, since
    wandb changes the process that it is imported into.

    Returns:
        Where the sweep is; None where the study has no more to search.

    Raises:
        UserError: the server refuses it, or it does not fit the space.
        WorkError: the server does not answer.
    """
    ledger, settings = study.ledger, settings_of(study.spec)
    if not (study.budget.remaining or ledger.is_exhausted):
        return None
    config = make_config(study.spec, count_runs(study))
    place = settings.model_dump(include={"sweep", "entity", "project"})
    request = {"config": config, "known": ledger.sweep, "is_exhausted": ledger.is_exhausted, **place}
    try:
        answer = ask("hpo.search.wandb.sweep:open_sweep", request, engine=study.spec.engine, silence_s=_SILENCE_S)
    except ProcessEndedError as error:
        raise WorkError(f"wandb: the process that opens the sweep answers. Received one that {error}.") from error
    if settings.sweep is not None:
        match_sweep(study.spec, answer["config"], settings.sweep)
    if answer["sweep"] != ledger.sweep:
        ledger.sweep = answer["sweep"]
    path, state = answer["sweep"]["path"], answer["state"]
    if state == "PAUSED":
        raise UserError(
            f"study {study.name}: its sweep gives out runs. Received a sweep that is paused in W&B. Have it go on by "
            f"`wandb sweep --resume {path}`, or on its page, and then by `hpo resume {study.address.argument}`."
        )
    if ledger.is_exhausted and state in ("RUNNING", "PENDING"):
        ledger.is_exhausted, ledger.end = False, None  # somebody has had it go on in W&B
    return f"its sweep is {path}, at {answer['page']}"


def settings_of(spec: StudySpec) -> WandbSettings:
    """Give the section `search` of a file that has a sweep decide."""
    if not isinstance(spec.search, WandbSettings):
        raise TypeError(f"the file has {spec.search.backend} decide what to try")
    return spec.search


def make_config(spec: StudySpec, run_cap: int) -> dict[str, Any]:
    """Make the config of a sweep that searches a space.

    Args:
        spec: of the study.
        run_cap: how many runs it gives out in all.
    """
    settings, learned = settings_of(spec), spec.objective
    stopping = settings.early_terminate
    searched: dict[str, Any] = {"method": settings.method, "run_cap": run_cap}
    if settings.method == "hpo":
        # W&B's word for a search that is not its own, and of those it has for engines the one that is true
        searched = {"method": "custom", "scheduler": {"engine": "optuna"}}
    return {
        "name": spec.name,
        "description": "made by hpo",
        **searched,
        # W&B minimizes where no goal is given.
        "metric": {"name": learned.metric, "goal": learned.direction},
        **({} if stopping is None else {"early_terminate": stopping.model_dump(exclude_none=True)}),
        "parameters": SweepMapping(spec.space).define(settings.method),
    }


def count_runs(study: ActiveStudy) -> int:
    """Count the runs that a sweep has to give out in all for the budget to be spent.

    Runs that repeat a config, and those that constraints rule out, cost the sweep one each, and the budget nothing.
    """
    ledger = study.ledger
    return int(ledger.budget["trials"]) + study.counts()["infeasible"] + len(ledger.duplicate_runs)


def open_sweep(request: Mapping[str, Any], listen: Callable[[str], object]) -> dict[str, Any]:
    """Find the sweep that a study has or is to join, or create one; called in a process of its own.

    Returns:
        `sweep`, as the ledger keeps it; its `config` and `state`, and the address of its `page`.
    """
    server, config, known = SweepServer(), request["config"], request["known"] or {}
    if (path := request["sweep"]) is not None:
        return _describe(server, server.read(path), {"path": path})
    digest = digest_of(config)
    if known.get("digest") == digest:
        try:
            return _describe(server, _have_go_on(server, server.read(known["path"]), request), known)
        except SweepMissingError:
            listen(f"the sweep {known['path']} is not there any more: another is created")
    project = request["project"] or os.environ.get("WANDB_PROJECT") or DEFAULT_PROJECT
    path = server.create(config, request["entity"] or os.environ.get("WANDB_ENTITY"), project)
    return _describe(server, server.read(path), {"path": path, "digest": digest})


def _have_go_on(server: SweepServer, sweep: RemoteSweep, request: Mapping[str, Any]) -> RemoteSweep:
    """Have a sweep go on that has given out all that the budget allowed before; one that was ended in W&B does not."""
    if "run_cap" in request["config"]:
        return raise_run_cap(server, sweep, request["config"]["run_cap"])
    if sweep.state != "FINISHED" or request["is_exhausted"]:
        return sweep
    server.go_on(sweep)
    return server.read(sweep.path)


def raise_run_cap(server: SweepServer, sweep: RemoteSweep, cap: int) -> RemoteSweep:
    """Have a sweep of ours give out so many runs in all, if that is more; the sweep as it is then."""
    if sweep.config.get("run_cap", cap) >= cap:
        return sweep
    server.go_on(sweep, cap)
    return server.read(sweep.path)


def digest_of(config: Mapping[str, Any]) -> str:
    """Hash what a sweep searches and how; its name and its cap may change."""
    searched = {key: value for key, value in config.items() if key not in ("name", "run_cap")}
    return hashlib.sha256(json.dumps(searched, sort_keys=True).encode()).hexdigest()[:16]


def _describe(server: SweepServer, sweep: RemoteSweep, entry: Mapping[str, str]) -> dict[str, Any]:
    return {"sweep": dict(entry), "config": sweep.config, "state": sweep.state, "page": server.page(sweep.path)}
