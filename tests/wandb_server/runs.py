"""A run as its own process writes it: begun or continued, fed, stopped, ended."""

from __future__ import annotations

import json
import re

from .state import Alert, Json, Run, State, describe_project, make_name

_FIELDS = {
    "displayName": "display_name",
    "groupName": "group",
    "jobType": "job_type",
    "notes": "notes",
    "state": "state",
    "sweep": "sweep",
    "tags": "tags",
}


def write_run(state: State, variables: Json) -> Json:
    """Create a run or change it: the client asks twice a run, and again when its config changes."""
    name = variables.get("name")
    if not name and variables.get("id"):
        name = state.find_run(variables["id"]).name
    run = state.runs.setdefault(name or make_name(), Run(name or make_name()))
    is_new, run.is_started = not run.is_started, True
    run.project = variables.get("project") or run.project or "uncategorized"
    run.entity = variables.get("entity") or run.entity
    if variables.get("config"):
        run.config = json.loads(variables["config"])
    for key, attribute in _FIELDS.items():
        if variables.get(key):
            setattr(run, attribute, variables[key])
    run.display_name = run.display_name or f"run-{run.name}"
    if variables.get("summaryMetrics"):
        run.summary.update(json.loads(variables["summaryMetrics"]))
    bucket = {
        "id": run.id,
        "name": run.name,
        "displayName": run.display_name,
        "description": None,
        "config": json.dumps(run.config),
        "sweepName": run.sweep,
        "project": describe_project(run.project, run.entity),
        "historyLineCount": len(run.history),
    }
    return {"upsertBucket": {"bucket": bucket, "inserted": is_new}}


def show_where_to_resume(state: State, variables: Json) -> Json:
    """Tell a client that may resume what is there of the run.

    A run exists for it if `wandbConfig` has the key `t`, which runs of a sweep have not before they start. It goes on
    after the `_step` of `historyTail` (JSON of a list of rows, each JSON again), and of the summary where there is no
    history; counts of lines are where it goes on in each file of the file stream.
    """
    run = state.runs.get(variables["name"])
    bucket = None
    if run is not None and run.project == variables["project"]:
        own_config = run.config.get("_wandb", {}).get("value", {})
        bucket = {
            "id": run.id,
            "name": run.name,
            "displayName": run.display_name,
            "summaryMetrics": json.dumps(run.summary),
            "historyLineCount": len(run.history),
            "eventsLineCount": len(run.system),
            "logLineCount": len(run.console),
            "historyTail": json.dumps([json.dumps(row) for row in run.history[-1:]]),
            "eventsTail": json.dumps([json.dumps(row) for row in run.system[-1:]]),
            "config": json.dumps(run.config),
            "tags": run.tags,
            "notes": run.notes,
            "wandbConfig": json.dumps({key: own_config[key] for key in ("t",) if key in own_config}),
        }
    return {"model": {**describe_project(variables["project"], variables.get("entity")), "bucket": bucket}}


def show_whether_stopped(state: State, variables: Json) -> Json:
    """Tell a client whether somebody has stopped its run."""
    run = state.runs.get(variables["runId"])
    return {"project": {"run": {"stopped": run is not None and run.should_stop}}}


def show_summary(state: State, variables: Json) -> Json:
    """Tell a client what the run's summary is, at its end."""
    run = state.find_run(variables["run"])
    return {"project": {"run": {"displayName": run.display_name, "summaryMetrics": json.dumps(run.summary)}}}


def stop_run(state: State, variables: Json) -> Json:
    """Have a run stopped, as by the button of the web page."""
    state.find_run(variables["id"]).should_stop = True
    return {"stopRun": {"success": True}}


def create_files(state: State, variables: Json) -> Json:
    """Hand out URLs to which the client then puts the files of a run: media, config, summary, metadata."""
    run = state.find_run(variables["run"])
    run.files += variables["files"]
    files = [{"name": file, "uploadUrl": f"{state.url}/storage/{run.name}/{file}"} for file in variables["files"]]
    return {"createRunFiles": {"runID": run.id, "uploadHeaders": [], "files": files}}


def send_alert(state: State, variables: Json) -> Json:
    """Take an alert of a run."""
    wait = variables.get("waitDuration")  # milliseconds
    state.alerts.append(
        Alert(
            run=variables["runName"],
            title=variables["title"],
            text=variables["text"],
            level=variables.get("severity") or "INFO",
            wait=wait and wait / 1000,
        )
    )
    return {"notifyScriptableRunAlert": {"success": True}}


def stream_files(state: State, name: str, body: Json) -> Json:
    """Take lines of a run's files, from the line on that each part names, and its exit code when it is complete.

    The client sends every 15 s: `WANDB__FILE_STREAM_TRANSMIT_INTERVAL` changes it, in whole seconds.
    """
    run = state.find_run(name)
    for file, part in (body.get("files") or {}).items():
        offset, lines = part.get("offset", 0), part.get("content") or []
        if file == "wandb-history.jsonl":
            run.history[offset:] = [json.loads(line) for line in lines]
        elif file == "wandb-events.jsonl":
            run.system[offset:] = [json.loads(line) for line in lines]
        elif file == "wandb-summary.json" and lines:
            run.summary = json.loads(lines[-1])
        elif file == "output.log":
            run.console[offset:] = lines
    if body.get("complete"):
        run.exit_code = body.get("exitcode")
        run.state = "failed" if run.exit_code else "finished"
        if run.should_stop and run.sweep:
            run.state, run.is_stopped = "finished", True
    else:
        run.state = "running"
    return {"exitcode": None, "limits": {}, **({"stopped": True} if run.should_stop else {})}


def find_streamed_run(path: str) -> str | None:
    """Return the name of the run whose file stream this path is."""
    match = re.fullmatch(r"/files/[^/]+/[^/]+/([^/]+)/file_stream", path)
    return match and match[1]


def mark_uploaded(state: State, variables: Json) -> Json:
    """Take notice that files have arrived."""
    return {"markRunFilesUploaded": {"success": True}}


OPERATIONS = {
    "CreateRunFiles": create_files,
    "MarkRunFilesUploaded": mark_uploaded,
    "NotifyScriptableRunAlert": send_alert,
    "QueryRunInfo": show_summary,
    "RunResumeStatus": show_where_to_resume,
    "RunStoppedStatus": show_whether_stopped,
    "StopRun": stop_run,
    "UpsertBucket": write_run,
}
