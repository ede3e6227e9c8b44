"""The ways by which alerts reach people: a webhook, a command, a tracker."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from tempfile import TemporaryFile
from typing import Any, NoReturn, Protocol
from urllib.error import HTTPError, URLError

from hpo.errors import WorkError
from hpo.spaces.sections.alerts import Alerts, EnvironmentVariable, find_url_fault, public_part
from hpo.tracking.alerts.claims import ClaimedAlert

PATIENCE_S = 15.0
"""Seconds that a server or a tracker may take."""
COMMAND_PATIENCE_S = 30.0
"""Seconds that a command may take; after that, it is ended with all that it has started."""
_LONGEST_ERROR = 200
SendByTracker = Callable[[str, ClaimedAlert], object]
"""Has the tracker of a name send an alert; see `AlertChannel.send`."""


class AlertChannel(Protocol):
    """A way by which alerts reach people."""

    @property
    def name(self) -> str:
        """What tells it from all others, and stays the same while its settings do."""

    @property
    def label(self) -> str:
        """Where it stands in a file, and what may be shown of it."""

    def find_obstacle(self) -> str | None:
        """Tell what is known to keep alerts from being sent; None where nothing is."""

    def send(self, study: str, claimed: ClaimedAlert) -> None:
        """Send an alert, in a bounded time.

        Raises:
            WorkError: it was not sent.
        """


def open_channels(alerts: Alerts, send_by_tracker: SendByTracker) -> list[AlertChannel]:
    """Make the channels that a file names."""
    channels: list[AlertChannel] = []
    for index, settings in enumerate(alerts.send):
        where = f"alerts.send.{index}"
        if isinstance(settings, str):
            channels.append(TrackerChannel(settings, f"{where} ({settings})", settings, send_by_tracker))
            continue
        name = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:12]
        if settings.webhook is not None:
            channels.append(WebhookChannel(name, f"{where} (webhook)", settings.webhook))
        elif settings.command is not None:
            channels.append(CommandChannel(name, f"{where} (command {settings.command[0]})", settings.command))
    return channels


def describe_alert(study: str, claimed: ClaimedAlert) -> dict[str, Any]:
    """Give an alert as the plain values that webhooks and commands receive; programs rely on the keys."""
    alert = claimed.alert
    return {
        "id": claimed.id,
        "rule": alert.rule,
        "level": alert.level,
        "title": alert.title,
        "text": alert.text,
        "study": study,
        "trial": alert.trial,
        "value": alert.value,
        "time": claimed.time,
    }


@dataclass(frozen=True, slots=True)
class TrackerChannel:
    """Sends alerts through a tracker."""

    name: str
    label: str
    tracker: str
    send_by_tracker: SendByTracker

    def find_obstacle(self) -> str | None:
        """Nothing: the tracker tells of its own."""
        return None

    def send(self, study: str, claimed: ClaimedAlert) -> None:
        """Send an alert; see `AlertChannel`."""
        self.send_by_tracker(self.tracker, claimed)


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Sends alerts to a URL, of which no message shows more than scheme and host."""

    name: str
    label: str
    url: str | EnvironmentVariable

    def find_obstacle(self) -> str | None:
        """Tell whether an environment variable lacks the URL."""
        try:
            self._find_url()
        except WorkError as error:
            return str(error)
        return None

    def send(self, study: str, claimed: ClaimedAlert) -> None:
        """Send an alert; see `AlertChannel`."""
        url = self._find_url()
        body = json.dumps(describe_alert(study, claimed)).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "hpo", "Idempotency-Key": claimed.id}
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the scheme was checked
        errors: list[str] = []
        # A thread, since the time that urllib takes counts from one byte to the next
        thread = threading.Thread(target=lambda: errors.append(_post(request)), daemon=True)
        thread.start()
        thread.join(PATIENCE_S)
        error = errors[0] if errors else f"no answer in {PATIENCE_S:g} s"
        if error:
            raise WorkError(f"a webhook takes an alert. Received {error} from {public_part(url)}")

    def _find_url(self) -> str:
        if isinstance(self.url, str):
            return self.url
        url = os.environ.get(self.url.env, "").strip()
        if not url:
            raise WorkError(
                f"a webhook has a URL. Received no environment variable {self.url.env} on this machine: set it there"
            )
        fault = find_url_fault(url)
        if fault is not None:
            raise WorkError(f"in the environment variable {self.url.env}, {fault}")
        return url


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows nothing: urllib makes a GET of a POST that is sent elsewhere, which tells nobody anything."""

    def redirect_request(self, *arguments: object) -> None:
        return None


def _post(request: urllib.request.Request) -> str:
    """Send a request; what went wrong, with nothing of its URL, or "" where nothing did."""
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=PATIENCE_S):
            return ""
    except HTTPError as error:
        with error:
            names = {status.value: status.phrase for status in HTTPStatus}
            return f"status {error.code} {names.get(error.code, '')}".rstrip()
    except URLError as error:
        reason = error.reason
        told = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
        return f"no answer ({told})"
    except (OSError, HTTPException, ValueError) as error:  # whose messages may hold the URL
        return f"no answer ({type(error).__name__})"


@dataclass(frozen=True, slots=True)
class CommandChannel:
    """Starts a program with every alert: an argument list, which no shell reads."""

    name: str
    label: str
    words: list[str]

    def find_obstacle(self) -> str | None:
        """Nothing: the program may come later."""
        return None

    def send(self, study: str, claimed: ClaimedAlert) -> None:
        """Send an alert; see `AlertChannel`."""
        values = describe_alert(study, claimed)
        texts = {f"HPO_ALERT_{key.upper()}": "" if value is None else str(value) for key, value in values.items()}
        with TemporaryFile() as given, TemporaryFile() as said:
            given.write(json.dumps(values).encode())
            given.seek(0)
            try:
                process = subprocess.Popen(  # noqa: S603 - the user's own
                    self.words,
                    env={**os.environ, **{key: text.replace("\0", "") for key, text in texts.items()}},
                    stdin=given,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                self._refuse(error.strerror or type(error).__name__)
            try:
                status = process.wait(COMMAND_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._refuse(f"one that has not ended in {COMMAND_PATIENCE_S:g} s, and was killed")
            finally:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)  # with all that it has started
                process.wait()
            if status:
                said.seek(0)
                lines = said.read().decode(errors="replace").split("\n")
                last = next((line.strip() for line in reversed(lines) if line.strip()), "")[:_LONGEST_ERROR]
                how = f"signal {-status}" if status < 0 else f"status {status}"
                self._refuse(f"{how}{f': {last}' if last else ''}")

    def _refuse(self, received: str) -> NoReturn:
        raise WorkError(f"a command ends with status 0. Received {received}")
