"""Sweeps and their agents: a sweep is made and changed, an agent asks what to do."""

from __future__ import annotations

import json
import time

import yaml

from .engine import find_runs_to_stop, suggest
from .scheduler import hand_out_pending, has_scheduler
from .state import ENTITY, Agent, Json, Refusal, Run, State, Sweep, describe_project, make_id, make_name


def write_sweep(state: State, variables: Json) -> Json:
    """Create a sweep, or change its state, config or controller.

    The config is YAML, to which the client adds a distribution where a parameter has only `min` and `max`.
    """
    if variables.get("id"):
        sweep = next(sweep for sweep in state.sweeps.values() if variables["id"] in (sweep.id, sweep.name))
        for key in ("state", "config", "controller"):
            if variables.get(key):
                setattr(sweep, key, variables[key])
    else:
        sweep = Sweep(
            name=make_name(),
            config=variables["config"],
            project=variables.get("projectName"),
            entity=variables.get("entityName") or ENTITY,
            controller=variables.get("controller"),
            scheduler=variables.get("scheduler"),
        )
        state.sweeps[sweep.name] = sweep
    description = {"name": sweep.name, "project": describe_project(sweep.project, sweep.entity)}
    return {"upsertSweep": {"sweep": description, "configValidationWarnings": []}}


def describe_sweep(state: State, sweep: Sweep) -> Json:
    """Return a sweep with its runs, as the client and the public API read it."""
    config = yaml.safe_load(sweep.config)
    created = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(sweep.created))
    edges = [{"node": _describe_run(state.runs[name], created)} for name in sweep.runs]
    return {
        "id": sweep.id,
        "name": sweep.name,
        "displayName": config.get("name") or sweep.name,
        "method": config.get("method"),
        "state": sweep.state,
        "description": config.get("description"),
        "config": sweep.config,
        "createdAt": created,
        "heartbeatAt": created,
        "updatedAt": created,
        "earlyStopJobRunning": False,
        "bestLoss": None,
        "controller": sweep.controller,
        "scheduler": sweep.scheduler,
        "priorRuns": {"edges": []},
        "runCount": len(edges),
        "runCountExpected": None,
        "runs": {"edges": edges, "pageInfo": {"hasNextPage": False, "endCursor": None}},
    }


def _describe_run(run: Run, created: str) -> Json:
    return {
        "id": run.id,
        "name": run.name,
        "displayName": run.display_name,
        "state": run.state,
        "config": json.dumps(run.config),
        "exitcode": run.exit_code,
        "heartbeatAt": created,
        "shouldStop": run.should_stop,
        "failed": run.state == "failed",
        "stopped": run.is_stopped,
        "running": run.state == "running",
        "summaryMetrics": json.dumps(run.summary),
        "sampledHistory": [run.history],
    }


def show_sweep(state: State, variables: Json) -> Json:
    """Tell all of a sweep: agents of the command line ask before they begin, `wandb sweep --stop` too."""
    sweep = state.sweeps.get(variables["sweep"])
    return {"project": {"sweep": sweep and describe_sweep(state, sweep)}}


def show_sweep_state(state: State, variables: Json) -> Json:
    """Tell whether a sweep runs."""
    sweep = state.sweeps.get(variables["sweep"])
    return {"project": {"sweep": sweep and {"state": sweep.state}}}


def create_agent(state: State, variables: Json) -> Json:
    """Let an agent work for a sweep; 404 means that the sweep was deleted."""
    if variables["sweep"] not in state.sweeps:
        raise Refusal(404, "could not find sweep")
    agent = make_id("Agent", make_name())
    state.agents[agent] = Agent(variables["sweep"], variables["host"])
    return {"createAgent": {"agent": {"id": agent}}}


def answer_heartbeat(state: State, variables: Json) -> Json:
    """Tell an agent what to do next: it asks every 5 s, with `runState` = `{run: whether it is alive}`.

    `commands` is JSON of a list of which the client follows the first alone: `run` (with `run_id`, `args` and, for
    agents of the command line, `program`), `stop` (with `run_id`), or `exit`, after which it kills its runs.
    """
    agent = state.agents.get(variables["id"])
    if agent is None or agent.sweep not in state.sweeps:
        raise Refusal(404, "agent not found")
    sweep = state.sweeps[agent.sweep]
    busy = {run for run, is_alive in json.loads(variables.get("runState") or "{}").items() if is_alive}
    if sweep.state == "PENDING":
        sweep.state = "RUNNING"
    commands = _find_commands(state, sweep, agent, busy)
    return {"agentHeartbeat": {"agent": {"id": variables["id"]}, "commands": json.dumps(commands)}}


def _find_commands(state: State, sweep: Sweep, agent: Agent, busy: set[str]) -> list[Json]:
    is_local = (yaml.safe_load(sweep.config).get("controller") or {}).get("type") == "local"
    if sweep.state == "CANCELED":
        return [{"type": "exit"}]
    if busy:
        picks = json.loads(sweep.controller or "{}").get("earlystop") or []
        for name in busy & (set(picks) if is_local else find_runs_to_stop(state, sweep)):
            state.runs[name].should_stop = True
        return [{"type": "stop", "run_id": name} for name in sorted(busy) if state.runs[name].should_stop]
    if sweep.state in ("FINISHED", "PAUSED"):
        return [{"type": "exit"}] if sweep.state == "FINISHED" else []
    if is_local or has_scheduler(sweep):
        return (_hand_out_scheduled if is_local else hand_out_pending)(state, sweep, agent)
    if (arguments := suggest(state, sweep)) is not None:
        return [_hand_out(state, sweep, agent, arguments)]
    sweep.state = "FINISHED"
    return [{"type": "exit"}]


def _hand_out_scheduled(state: State, sweep: Sweep, agent: Agent) -> list[Json]:
    """A local controller (`wandb.controller()`) searches: what it picks is handed on, each once."""
    scheduled = json.loads(sweep.scheduler or "{}").get("scheduled", [])
    handed_out = {entry["id"] for entry in scheduled}
    for entry in json.loads(sweep.controller or "{}").get("schedule") or []:
        if entry["id"] not in handed_out and entry["data"].get("args"):  # none: its search has ended
            command = _hand_out(state, sweep, agent, entry["data"]["args"])
            state.runs[command["run_id"]].config = entry["data"]["args"]
            scheduled.append({"id": entry["id"], "runid": command["run_id"]})
            sweep.scheduler = json.dumps({"scheduled": scheduled})
            return [command]
    return []


def _hand_out(state: State, sweep: Sweep, agent: Agent, arguments: Json) -> Json:
    run = Run(make_name(), project=sweep.project, entity=sweep.entity, sweep=sweep.name, arguments=arguments)
    state.runs[run.name] = run
    sweep.runs.append(run.name)
    agent.runs.append(run.name)
    program = yaml.safe_load(sweep.config).get("program")
    return {"type": "run", "run_id": run.name, "args": arguments, "program": program}


OPERATIONS = {
    "CreateAgent": create_agent,
    "GetSweepState": show_sweep_state,
    "Heartbeat": answer_heartbeat,
    "SweepWithRuns": show_sweep,
    "UpsertSweep": write_sweep,
}
