"""What wandb's scheduler (`wandb sweep-scheduler`) asks for: it puts runs into the sweep, which agents are then given.

Only a sweep whose config has a section `scheduler` takes them. A run that was put there is `pending` until an agent is
given it. The scheduler sees no more of a sweep than the runs of one page at a time, and polls those by name.
"""

from __future__ import annotations

import json

import yaml

from .state import Agent, Json, Refusal, Run, State, Sweep, make_name

_PAGE = 5
"""Runs on a page at most: so few that tests turn pages."""


def has_scheduler(sweep: Sweep) -> bool:
    """Whether a scheduler, and not the server, decides what the sweep tries."""
    return bool(yaml.safe_load(sweep.config).get("scheduler"))


def show_sweep(state: State, variables: Json) -> Json:
    """Tell a scheduler what it searches, at its start and before it puts runs into the sweep.

    `controllerRunName` is the run that the scheduler's log belongs to.
    """
    sweep = state.sweeps.get(variables["sweep"])
    if sweep is None:
        return {"project": {"sweep": None}}
    about = {"id": sweep.id, "state": sweep.state, "config": sweep.config}
    name = yaml.safe_load(sweep.config).get("name")
    return {"project": {"sweep": {**about, "displayName": name, "controllerRunName": f"scheduler-{sweep.name}"}}}


def put_run(state: State, variables: Json) -> Json:
    """Put a run into a sweep, with a config `{name: {"value": value}}`; the answer's `id` is the run's name."""
    sweep = next((sweep for sweep in state.sweeps.values() if sweep.id == variables["id"]), None)
    if sweep is None:
        raise Refusal(404, "could not find sweep")
    if not has_scheduler(sweep):
        raise Refusal(400, f"sweep {sweep.name} is not using local scheduler")
    arguments = json.loads(variables["config"])
    run = Run(make_name(), project=sweep.project, entity=sweep.entity, sweep=sweep.name, arguments=arguments)
    run.state, run.config, run.display_name = "pending", arguments, variables.get("displayName") or ""
    state.runs[run.name] = run
    sweep.runs.append(run.name)
    return {"enqueueSweepRun": {"id": run.name, "runQueueItemId": None}}


def list_sweep_runs(state: State, variables: Json) -> Json:
    """Tell a page of all runs of a sweep: a scheduler reads them when it starts."""
    sweep = state.sweeps.get(variables["sweep"])
    if sweep is None:
        return {"project": {"sweep": None}}
    runs = [state.runs[name] for name in sweep.runs]
    return {"project": {"sweep": {"state": sweep.state, "runs": _make_page(runs, variables)}}}


def list_watched_runs(state: State, variables: Json) -> Json:
    """Tell a page of the runs that `filters`, `{"name": {"$in": [...]}}`, names: a scheduler polls those it has put."""
    sweep = state.sweeps.get(variables["sweep"])
    names = json.loads(variables["filters"])["name"]["$in"]
    runs = [state.runs[name] for name in names if name in state.runs]
    return {"project": {"sweep": sweep and {"state": sweep.state}, "runs": _make_page(runs, variables)}}


def _make_page(runs: list[Run], variables: Json) -> Json:
    first = int(variables.get("cursor") or 0)
    last = first + min(variables["first"], _PAGE)
    edges = [{"node": _describe(run, variables["historySpecs"])} for run in runs[first:last]]
    return {"pageInfo": {"hasNextPage": last < len(runs), "endCursor": str(last)}, "edges": edges}


def _describe(run: Run, specs: list[str]) -> Json:
    keys = [json.loads(spec)["keys"] for spec in specs]
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "config": json.dumps(run.config),
        "summaryMetrics": json.dumps(run.summary),
        "sampledHistory": [
            [{key: row[key] for key in names} for row in run.history if all(key in row for key in names)]
            for names in keys
        ],
    }


def show_run_state(state: State, variables: Json) -> Json:
    """Tell whether a run is there that a list of runs lacks."""
    run = state.runs.get(variables["run"])
    return {"project": {"run": run and {"id": run.id, "state": run.state}}}


def set_sweep_state(state: State, variables: Json) -> Json:
    """End a sweep, whose scheduler has no more to try."""
    sweep = next(sweep for sweep in state.sweeps.values() if sweep.id == variables["id"])
    sweep.state = variables["state"]
    return {"upsertSweep": {"sweep": {"state": sweep.state}}}


def hand_out_pending(state: State, sweep: Sweep, agent: Agent) -> list[Json]:
    """Give an agent the run that has waited longest; none, while there is none."""
    for name in sweep.runs:
        if (run := state.runs[name]).state == "pending":
            run.state = "running"
            agent.runs.append(name)
            program = yaml.safe_load(sweep.config).get("program")
            return [{"type": "run", "run_id": name, "args": run.arguments, "program": program}]
    return []


OPERATIONS = {
    "EnqueueSweepRun": put_run,
    "RunState": show_run_state,
    "SweepConfig": show_sweep,
    "SweepRunsWithHistory": list_sweep_runs,
    "SweepWatchedRuns": list_watched_runs,
    "UpsertSweepState": set_sweep_state,
}
