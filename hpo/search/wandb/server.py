"""What is asked of the server of Weights & Biases, by the client's own connection, and what its errors mean.

`wandb.Api` finds the key as wandb does. Its own calls for agents (wandb 0.31, `wandb.apis.public.sweeps`) take every
error for an answer without commands, so the requests are written out here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from hpo.errors import UserError, WorkError

TIMEOUT = 10.0
"""Seconds for one request; the client itself asks again meanwhile."""
_REFUSED, _MISSING = range(400, 500), 404
_PASSING = (408, 425, 429)
"""Statuses of a server that is to be asked again."""


class ServerAwayError(WorkError):
    """The server does not answer for the moment: it is waited for."""


class ClientEndedError(Exception):
    """wandb's own process has ended, without which this one is of no use: no error that somebody waits for."""


class SweepMissingError(UserError):
    """There is no such sweep."""


@dataclass(frozen=True, slots=True)
class RemoteSweep:
    """A sweep as the server has it.

    Attributes:
        id: by which it is changed.
        path: `ENTITY/PROJECT/NAME`.
        state: such as `RUNNING`, `PAUSED`, `FINISHED` or `CANCELED`.
        config: what it searches and how.
        runs: how many it has given out.
    """

    id: str
    path: str
    state: str
    config: dict[str, Any]
    runs: int


class SweepServer:
    """The server that `WANDB_BASE_URL` names. Every method raises `ServerAwayError` where it does not answer."""

    def __init__(self) -> None:
        self._api: Any = None

    def create(self, config: Mapping[str, Any], entity: str | None, project: str) -> str:
        """Create a sweep.

        Args:
            config: what it searches and how.
            entity: whose it is; None for the default of the key.
            project: where its runs are.

        Returns:
            Its path, `ENTITY/PROJECT/NAME`.
        """
        mutation = """
            mutation UpsertSweep($config: String, $description: String, $entityName: String, $projectName: String) {
                upsertSweep(input: {
                    config: $config, description: $description, entityName: $entityName, projectName: $projectName
                }) { sweep { name project { name entity { name } } } configValidationWarnings }
            }"""
        about = {"description": config.get("description"), "entityName": entity, "projectName": project}
        sweep = self._ask(mutation, config=_to_yaml(config), **about)["upsertSweep"]["sweep"]
        return f"{sweep['project']['entity']['name']}/{sweep['project']['name']}/{sweep['name']}"

    def read(self, path: str) -> RemoteSweep:
        """Read a sweep.

        Raises:
            SweepMissingError: there is none.
        """
        query = """
            query GetSweep($name: String!, $project: String, $entity: String) {
                project(name: $project, entityName: $entity) { sweep(sweepName: $name) { id state config runCount } }
            }"""
        entity, project, name = path.split("/")
        sweep = (self._ask(query, entity=entity, project=project, name=name).get("project") or {}).get("sweep")
        if sweep is None:
            raise _missing(path)
        return RemoteSweep(sweep["id"], path, sweep["state"].upper(), _from_yaml(sweep["config"]), sweep["runCount"])

    def page(self, path: str) -> str:
        """Give the address of a sweep's page."""
        entity, project, name = path.split("/")
        return f"{self._api._service_api.app_url}{entity}/{project}/sweeps/{name}"

    def go_on(self, sweep: RemoteSweep, cap: int | None = None) -> None:
        """Have a sweep give out runs again, if it is not paused.

        Args:
            sweep: as it was read.
            cap: how many runs it gives out in all from now on; None for as many as before.
        """
        mutation = """
            mutation UpsertSweep($id: ID, $config: String, $state: String, $entityName: String, $projectName: String) {
                upsertSweep(input: {
                    id: $id, config: $config, state: $state, entityName: $entityName, projectName: $projectName
                }) { sweep { name } }
            }"""
        entity, project, _ = sweep.path.split("/")
        changes = {} if cap is None else {"config": _to_yaml({**sweep.config, "run_cap": cap})}
        if sweep.state != "PAUSED":
            changes["state"] = "RUNNING"
        self._ask(mutation, id=sweep.id, entityName=entity, projectName=project, **changes)

    def register_agent(self, path: str, host: str) -> str:
        """Let an agent work for a sweep; return its id.

        Raises:
            SweepMissingError: there is no such sweep.
        """
        mutation = """
            mutation CreateAgent($host: String!, $projectName: String, $entityName: String, $sweep: String!) {
                createAgent(input: {
                    host: $host, projectName: $projectName, entityName: $entityName, sweep: $sweep
                }) { agent { id } }
            }"""
        entity, project, name = path.split("/")
        about = {"projectName": project, "entityName": entity, "sweep": name}
        agent: str = self._ask(mutation, missing=path, host=host, **about)["createAgent"]["agent"]["id"]
        return agent

    def beat(self, agent: str, run: str | None, path: str) -> list[dict[str, Any]]:
        """Tell that an agent lives, and whether a run of its does; return what it is to do.

        Raises:
            SweepMissingError: the sweep was deleted.
        """
        mutation = """
            mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
                agentHeartbeat(input: {id: $id, metrics: $metrics, runState: $runState}) { agent { id } commands }
            }"""
        runs = json.dumps({} if run is None else {run: True})
        answer = self._ask(mutation, missing=path, id=agent, metrics="{}", runState=runs)
        commands: list[dict[str, Any]] = json.loads(answer["agentHeartbeat"]["commands"] or "[]")
        return commands

    def _ask(self, request: str, missing: str | None = None, **variables: Any) -> Any:  # noqa: ANN401 - plain values
        from wandb.errors import AuthenticationError, UsageError
        from wandb.sdk.lib.asyncio_manager import AlreadyJoinedError
        from wandb.sdk.lib.service.service_connection import WandbApiFailedError

        try:
            if self._api is None:
                self._api = _connect()
            return self._api._service_api.execute_graphql(request, variables=variables, timeout=TIMEOUT)
        except AuthenticationError as error:
            self._raise(error.__cause__ or error)
        except WandbApiFailedError as error:
            status = getattr(error.response, "http_status", 0)
            if "process is not running" in str(error):
                raise ClientEndedError(str(error)) from error
            if status == _MISSING and missing is not None:
                raise _missing(missing) from error
            self._raise(error)
        except AlreadyJoinedError as error:  # by `wandb.teardown()`
            raise ClientEndedError("this process has ended wandb's client") from error
        except UsageError as error:
            raise UserError(
                "wandb: a sweep needs the key of W&B's API. Received none that can be used. "
                "Set WANDB_API_KEY, or type `wandb login`; WANDB_BASE_URL names a server of your own."
            ) from error

    def _raise(self, error: BaseException) -> NoReturn:
        status = getattr(getattr(error, "response", None), "http_status", 0)
        is_answer = getattr(error, "response", None) is not None
        text = str(error).splitlines()[0][:200] if is_answer else f"no answer within {TIMEOUT:g} s"
        if (key := getattr(self._api, "api_key", None) or os.environ.get("WANDB_API_KEY")) is not None:
            text = text.replace(key, "***")
        if status in (401, 403):
            raise UserError(
                f"wandb: the server takes the key of its API. Received the status {status}. Set WANDB_API_KEY to a key "
                "of the server that WANDB_BASE_URL names, or type `wandb login --relogin`."
            ) from None
        if status in _REFUSED and status not in _PASSING:
            raise UserError(
                f"wandb: the server does what a sweep asks for. Received the status {status}: {text}"
            ) from None
        raise ServerAwayError(f"the server of W&B does not answer: {text}") from None


def _connect() -> Any:  # noqa: ANN401 - wandb's class has no types
    import wandb

    if os.environ.get("WANDB_MODE", "online") in ("offline", "disabled"):
        mode = os.environ["WANDB_MODE"]
        raise UserError(
            f"wandb: a sweep needs its server. Received WANDB_MODE={mode}. Unset it, or use backend: optuna."
        )
    # The client's own process belongs to whoever has started it, and ends with that: ours is not to end before us.
    os.environ.pop("WANDB_SERVICE", None)
    return wandb.Api(timeout=int(TIMEOUT))


def _missing(path: str) -> SweepMissingError:
    rule = "a sweep is there, and the key of the API may see it"
    return SweepMissingError(
        f"wandb: {rule}. Received none at {path}. Give ENTITY/PROJECT/ID of one, as its page shows."
    )


def _to_yaml(config: Mapping[str, Any]) -> str:
    """Write a config so that YAML of any version reads it as it is: every text quoted, a dot in every float."""
    import yaml

    Dumper: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})  # noqa: N806 - a class
    Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
    text: str = yaml.dump(dict(config), Dumper=Dumper, sort_keys=False, width=10_000)
    return text


def _from_yaml(text: str) -> dict[str, Any]:
    import yaml

    config = yaml.safe_load(text)
    return config if isinstance(config, dict) else {}
