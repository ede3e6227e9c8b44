"""What people are told while a study runs, and how it reaches them: the section `alerts`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator

from hpo.errors import Fault
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.search import StudySection
from hpo.spaces.sections.section import Section, Switch
from hpo.spaces.sections.units import Duration
from hpo.spaces.space.search_space import SearchSpace

LearnedMetric = Literal[
    "val_accuracy", "val_loss", "val_top_k_accuracy", "val_macro_f1", "val_macro_precision", "val_macro_recall"
]


_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")


class AlertRule(Section):
    """When people are told: the options that every rule has."""

    every: Duration | None = None
    """The least time between two alerts of this rule; `every` of the section when left out."""


class DropRule(AlertRule):
    """A trial has become worse by more than an amount."""

    by: Annotated[float, Field(gt=0)]
    """By how much, in units of the metric: 0.1 of an accuracy are 10 points of a hundred."""
    below: Literal["best", "mean"] = "best"
    """Worse than what: than the `best` epoch of the trial so far, or than the `mean` of the epochs before."""
    window: Annotated[int, Field(ge=1)] = 5
    """Of how many epochs the mean is taken; it acts once there are so many."""
    metric: LearnedMetric | None = None
    """Which metric; the learned objective when left out. A loss drops by growing."""


class StalledRule(AlertRule):
    """No trial was better than the best one for a while."""

    trials: Annotated[int, Field(ge=1)]
    """How many trials in a row have ended without a new best value."""


class EnvironmentVariable(Section):
    """A value that an environment variable holds, and no file."""

    env: str
    """The name of the variable."""


class AlertTarget(Section):
    """A way for alerts to reach somebody: a URL, or a program."""

    webhook: str | EnvironmentVariable | None = None
    """A URL, `https://...`, to which alerts are sent by POST, as JSON; or `{env: NAME}`, the environment variable that
    holds it: many such URLs are secret, and what a file says is kept with the study."""
    command: Annotated[list[str], Field(min_length=1)] | None = None
    """A program and its arguments; no shell reads them. It finds the alert in `HPO_ALERT_TITLE`, `HPO_ALERT_TEXT` and
    other environment variables, and as JSON on its standard input."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.webhook is None) == (self.command is None):
            raise ValueError("a way for alerts is either `webhook: URL` or `command: [PROGRAM, ARGUMENT]`")
        return self


def _as_list(value: object) -> object:
    """Take one channel for a list of one, and a text that is a URL for a webhook."""
    items = value if isinstance(value, list) else [value]
    return [{"webhook": item} if isinstance(item, str) and "://" in item else item for item in items]


_Channels = Annotated[list[Literal["wandb"] | AlertTarget], BeforeValidator(_as_list)]


class Alerts(StudySection):
    """What people are told while a study runs, each of it once, and how it reaches them.

    A rule is on where it is `true`, or has options. Everything may change in any study: `hpo resume STUDY --set
    alerts.failed=true`.
    """

    best: Annotated[AlertRule | None, Switch()] = None
    """A complete trial has a new best value; with several objectives, one that no other trial beats."""
    drop: Annotated[DropRule | None, Switch()] = None
    """An epoch of a trial is worse by more than an amount than its best one, or than the mean of those before."""
    nan: Annotated[AlertRule | None, Switch()] = None
    """A metric of a trial is no finite number."""
    failed: Annotated[AlertRule | None, Switch()] = None
    """A trial has failed; the alert says why."""
    finished: Annotated[AlertRule | None, Switch()] = None
    """The budget is used up, or an error has ended the run."""
    stalled: Annotated[StalledRule | None, Switch()] = None
    """So many trials have ended without a new best value."""
    every: Duration = 600.0
    """The least time between two alerts of one rule, on all machines together. The next alert says how many were held
    back. 600 seconds (`10m`) when left out."""
    send: _Channels = []  # noqa: RUF012 - pydantic copies it
    """Where alerts go: `wandb` (as alerts of its runs, where `tracking.wandb` is on), `{webhook: URL}`, `{command:
    [PROGRAM, ARGUMENT]}`, or several of them."""

    @property
    def rules(self) -> dict[str, AlertRule]:
        """The rules that are on, by their names."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in values if isinstance(value, AlertRule)}

    @property
    def is_on(self) -> bool:
        """Whether there is anything to tell, and anybody who is told."""
        return bool(self.rules and self.send)

    @property
    def commands(self) -> list[list[str]]:
        """The programs that alerts start."""
        return [channel.command for channel in self.send if isinstance(channel, AlertTarget) and channel.command]

    def faults(self, space: SearchSpace, objectives: Sequence[Objective]) -> Iterator[Fault]:
        """Refuse rules whose alerts go nowhere, and what is no URL; of a URL, which may be secret, little is shown."""
        if self.rules and not self.send:
            yield Fault(
                "alerts go somewhere",
                f"{', '.join(self.rules)}, and no `send`",
                "add send: [{webhook: {env: NAME}}], [{command: [PROGRAM]}] or [wandb]",
                path=("alerts", "send"),
            )
        for index, channel in enumerate(self.send):
            path = ("alerts", "send", str(index))
            match channel:
                case AlertTarget(webhook=str(url)) if (fault := find_url_fault(url)) is not None:
                    yield replace(fault, path=(*path, "webhook"))
                case AlertTarget(webhook=EnvironmentVariable(env=name)) if not _VARIABLE.fullmatch(name):
                    rule = "the name of an environment variable has letters, digits and _"  # and may be a URL here
                    yield Fault(rule, "another text", "name it, and set it to the URL", path=(*path, "webhook", "env"))
            if isinstance(channel, AlertTarget) and any("\0" in word for word in channel.command or ()):
                yield Fault("a command holds no NUL character", path=(*path, "command"))

    def faults_of_trackers(self, trackers: Sequence[str]) -> Iterator[Fault]:
        """Refuse alerts by a tracker that is not on."""
        for index, channel in enumerate(self.send):
            if isinstance(channel, str) and channel not in trackers:
                rule = f"alerts go to {channel} where its tracker is on"
                remedy = f"add tracking: {{{channel}: true}}"
                yield Fault(rule, f"no tracking.{channel}", remedy, path=("alerts", "send", str(index)))


def public_part(url: str) -> str:
    """Give what may be shown of a URL: scheme and host."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "a text that is no URL"
    return f"{parts.scheme}://{host}{port}" if host else "a text that is no URL"


def find_url_fault(url: str) -> Fault | None:
    """Tell what keeps a URL from being one that alerts are sent to; None where nothing does."""
    shown = public_part(url)
    if not shown.startswith(("https://", "http://")):
        return Fault("a webhook is a URL that begins with https:// or http://", shown)
    if not re.fullmatch(r"[!-~]+", url):
        return Fault("a URL has ASCII characters, and no spaces", f"another URL of {shown}", "write %20 for a space")
    if "@" in urlsplit(url).netloc:
        rule = "the URL of a webhook holds no user and no password, which proxies and logs would show"
        remedy = "leave them out: a webhook is known by its path; or have a command send the alert"
        return Fault(rule, f"a URL of {shown} with them", remedy)
    return None
