"""What the server remembers: sweeps, their agents, runs, artifacts, files, alerts."""

from __future__ import annotations

import base64
import random
import string
import time
from dataclasses import dataclass, field
from typing import Any

ENTITY = "loopback"
"""The user whom every key belongs to."""

Json = Any
"""A value as JSON has it."""


class Refusal(Exception):  # noqa: N818 - an answer of the server, no error of it
    """An answer other than 200, with the message that the client shows."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def make_name() -> str:
    """Return a random name of eight letters and digits, as runs and sweeps get from the server."""
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=8))


def make_id(kind: str, name: str) -> str:
    """Return the id under which GraphQL knows something that has a name."""
    return base64.b64encode(f"{kind}:{name}".encode()).decode()


def describe_project(name: str | None, entity: str | None) -> dict[str, Json]:
    """Return a project as the client reads it."""
    return {
        "id": make_id("Project", str(name)),
        "name": name or "uncategorized",
        "entity": {"id": make_id("Entity", "1"), "name": entity or ENTITY},
    }


@dataclass
class Run:
    """A run; one that a sweep hands out is there before its process asks for it, and has not `is_started`.

    Attributes:
        arguments: what the sweep chose, `{name: {"value": value}}`; empty for a run of no sweep.
        config: the config as sent, `{name: {"value": value}}`, with the client's own entry `_wandb`.
        history: rows of metrics, by `_step`.
        system: rows of system metrics.
        console: lines of the console, where the client captures it.
        files: names of the files that the run has, in order.
        should_stop: whether the client is to stop the run.
    """

    name: str
    project: str | None = None
    entity: str = ENTITY
    display_name: str = ""
    state: str = "running"
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: list[str] = field(default_factory=list)
    sweep: str | None = None
    arguments: dict[str, Json] = field(default_factory=dict)
    config: dict[str, Json] = field(default_factory=dict)
    summary: dict[str, Json] = field(default_factory=dict)
    history: list[dict[str, Json]] = field(default_factory=list)
    system: list[dict[str, Json]] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    exit_code: int | None = None
    should_stop: bool = False
    is_stopped: bool = False
    is_started: bool = False
    created: float = field(default_factory=time.time)

    @property
    def id(self) -> str:
        return make_id("Run:v1", self.name)

    @property
    def values(self) -> dict[str, Json]:
        """The config as the user gave it."""
        return {key: entry["value"] for key, entry in self.config.items() if key != "_wandb"}


@dataclass
class Sweep:
    """A sweep: `config` is YAML, as the client sends it; `controller` and `scheduler` are JSON of the client's own."""

    name: str
    config: str
    project: str | None
    entity: str
    state: str = "PENDING"
    controller: str | None = None
    scheduler: str | None = None
    runs: list[str] = field(default_factory=list)
    created: float = field(default_factory=time.time)

    @property
    def id(self) -> str:
        return make_id("Sweep", self.name)


@dataclass
class Agent:
    """An agent of a sweep, with the names of the runs that it was given."""

    sweep: str
    host: str
    runs: list[str] = field(default_factory=list)


@dataclass
class Artifact:
    """A version of an artifact; its files are paths within it, and where their bytes lie among the server's files."""

    id: str
    name: str
    type: str
    digest: str
    run: str | None
    aliases: list[str]
    metadata: dict[str, Json]
    state: str = "PENDING"
    files: dict[str, str] = field(default_factory=dict)


@dataclass
class Alert:
    """An alert of a run. The client limits nothing: the server is to hold `wait` (seconds) between two of one title."""

    run: str
    title: str
    text: str
    level: str
    wait: float | None


class State:
    """All that the server remembers; files are found by the path of their URL after `/storage/`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.runs: dict[str, Run] = {}
        self.sweeps: dict[str, Sweep] = {}
        self.agents: dict[str, Agent] = {}
        self.artifacts: dict[str, Artifact] = {}
        self.alerts: list[Alert] = []
        self.files: dict[str, bytes] = {}

    def find_run(self, name: str) -> Run:
        """Return the run of this name, or of this id.

        Raises:
            Refusal: there is none.
        """
        run = self.runs.get(name) or next((run for run in self.runs.values() if run.id == name), None)
        if run is None:
            raise Refusal(404, f"run {name} not found")
        return run
