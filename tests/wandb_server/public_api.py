"""Runs and sweeps as `wandb.Api()` lists them."""

from __future__ import annotations

import json
import re
import time

from .state import ENTITY, Json, Run, State
from .sweeps import describe_sweep


def describe_run(run: Run) -> Json:
    """Return a run as the public API reads it."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.created))
    return {
        "id": run.id,
        "projectId": "1",
        "name": run.name,
        "displayName": run.display_name,
        "sweepName": run.sweep,
        "state": run.state,
        "tags": run.tags,
        "group": run.group,
        "jobType": run.job_type,
        "commit": None,
        "readOnly": False,
        "createdAt": created,
        "heartbeatAt": created,
        "description": None,
        "notes": run.notes,
        "historyLineCount": len(run.history),
        "config": json.dumps(run.config),
        "systemMetrics": "{}",
        "summaryMetrics": json.dumps(run.summary),
        "historyKeys": {"keys": {}, "lastStep": len(run.history) - 1},
        "user": {"name": ENTITY, "username": ENTITY},
    }


def list_runs(state: State, variables: Json) -> Json:
    """Tell the runs of a project; of the filters a sweep counts, of the orders one by a value of the summary."""
    runs = [run for run in state.runs.values() if run.project == variables["project"]]
    if sweep := re.search(r'"sweep": *"([^"]+)"', json.dumps(json.loads(variables.get("filters") or "{}"))):
        runs = [run for run in runs if run.sweep == sweep[1]]
    order = variables.get("order") or ""
    if order[1:].startswith("summary_metrics."):
        key = order[1:].split(".", 1)[1].removesuffix(".value")
        measured = [run for run in runs if isinstance(run.summary.get(key), int | float)]
        runs = [
            *sorted(measured, key=lambda run: run.summary[key], reverse=order[0] == "-"),
            *(run for run in runs if run not in measured),
        ]
    edges = [{"cursor": str(index), "node": describe_run(run)} for index, run in enumerate(runs)]
    page = {"endCursor": None, "hasNextPage": False}
    listing = {"edges": edges, "totalCount": len(runs), "pageInfo": page}
    return {"project": {"internalId": "1", "runCount": len(runs), "readOnly": False, "runs": listing}}


def show_run(state: State, variables: Json) -> Json:
    """Tell all of a run."""
    run = state.runs.get(variables["name"])
    return {"project": {"run": run and describe_run(run)}}


def show_sweep(state: State, variables: Json) -> Json:
    """Tell all of a sweep."""
    sweep = state.sweeps.get(variables["name"])
    return {"project": {"sweep": sweep and {"__typename": "Sweep", **describe_sweep(state, sweep)}}}


def show_history(state: State, variables: Json) -> Json:
    """Tell every row of a run's metrics."""
    rows = [json.dumps(row) for row in state.find_run(variables["run"]).history]
    return {"project": {"run": {"history": rows}}}


def show_sampled_history(state: State, variables: Json) -> Json:
    """Tell the rows of a run's metrics, of which nothing is left out, once for each set of keys asked for."""
    history = state.find_run(variables["run"]).history
    return {"project": {"run": {"sampledHistory": [history for _ in variables["specs"]]}}}


OPERATIONS = {
    "GetRun": show_run,
    "GetRuns": list_runs,
    "GetSweep": show_sweep,
    "GetSweepLegacy": show_sweep,
    "LightweightRun": show_run,
    "LightweightRuns": list_runs,
    "Run": show_run,
    "RunFullHistory": show_history,
    "RunSampledHistory": show_sampled_history,
    "Runs": list_runs,
}
