"""The inbox of a process: requests of its parent, and the signals that end them."""

from __future__ import annotations

import queue
import subprocess
import sys

from hpo.processes.inbox import Inbox

SIGNALS_AT_EVERY_LINE = """
import signal, sys, threading
from hpo.processes.inbox import Inbox

class Silent:
    def requests(self):
        return iter(threading.Event().wait, True)

def interrupt(frame, event, argument):
    sys.settrace(None)
    signal.raise_signal(signal.SIGTERM)
    sys.settrace(interrupt)
    return interrupt

inbox = Inbox(Silent())
with inbox.listen():
    sys.settrace(interrupt)
    signal.raise_signal(signal.SIGTERM)
    sys.settrace(None)
    print(inbox.is_closed, inbox.get())
"""


class Requests:
    def __init__(self, *requests):
        self._requests = requests

    def requests(self):
        yield from self._requests


def test_requests_come_in_their_order_until_the_stream_ends():
    taken = queue.Queue()

    class Slow:
        def requests(self):
            yield 1
            yield 2
            taken.get()

    inbox = Inbox(Slow())
    with inbox.listen():
        assert (inbox.get(), inbox.get(), inbox.is_closed) == (1, 2, False)
        taken.put(None)
        assert inbox.get() is None
        assert inbox.is_closed
        assert inbox.get() is None


def test_signals_that_come_while_another_is_handled_do_not_wait_for_each_other():
    """A signal at each line that Python runs while it handles another."""
    command = [sys.executable, "-c", SIGNALS_AT_EVERY_LINE]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, "True None\n"), ended.stderr
