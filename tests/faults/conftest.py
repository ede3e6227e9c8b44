"""Runs in processes of their own, and what becomes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from hpo.fleet.messages import from_json
from hpo.processes.environment import engine_environment

RUN = """\
import json, sys
import hpo
from hpo.fleet import to_json

def listen(study):
    def tell(event):
        print(json.dumps(to_json(event)))
        sys.stdout.flush()
    return tell

try:
    getattr(hpo, sys.argv[1])(sys.argv[2], studies=sys.argv[3], listen=listen, **json.loads(sys.argv[4]))
finally:
    print("engines:", *{"tensorflow", "keras", "jax", "torch"} & set(sys.modules), file=sys.stderr)
"""


class Run:
    """A supervisor in a process and a session of its own, as `hpo run` in a terminal is."""

    def __init__(self, process):
        self.process = process
        self.events = []

    def until(self, wanted):
        """The first event from here on that `wanted` says yes to."""
        for line in self.process.stdout:
            self.events.append(from_json(json.loads(line)))
            if wanted(self.events[-1]):
                return self.events[-1]
        raise AssertionError(f"the run ended before: {self.process.stderr.read()}")

    def end(self):
        """Wait for the end; the exit status and the standard error."""
        rest, errors = self.process.communicate()
        self.events += [from_json(json.loads(line)) for line in rest.splitlines()]
        return self.process.returncode, errors


@pytest.fixture
def start_run(studies):
    """Starts `hpo.run` or `hpo.resume` elsewhere; whatever the test does, the process ends with it."""

    @contextmanager
    def start(verb, what, **options):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, verb, str(what), str(studies), json.dumps(options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=engine_environment(1),
        )
        with process:
            try:
                yield Run(process)
            finally:
                if process.poll() is None:
                    process.kill()

    return start


@pytest.fixture
def is_alive():
    """Whether a worker's process runs; one that ended and that nobody has waited for does not."""

    def alive(name):
        status = Path(f"/proc/{name.partition(':')[2]}/stat")
        try:
            return status.read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    return alive
