"""A process that carries an engine is asked, and how it ends is told; no engine is needed for that."""

from __future__ import annotations

import os
import queue
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from hpo.errors import DataError, WorkError
from hpo.files import open_log
from hpo.processes.environment import engine_environment
from hpo.processes.parent import Ending, EngineProcess, ProcessEndedError, ask
from hpo.processes.signals import Interrupts

ANSWERING = """\
import os, signal, subprocess, sys, threading, time

from hpo.errors import DataError


def double(request, listen):
    listen("doubling")
    return {"doubled": request * 2, "engine": os.environ["KERAS_BACKEND"], "session": os.getsid(0) == os.getpid()}


def printing(request, listen):
    print('{"answer": "no answer"}', flush=True)
    os.write(1, b'{"answer": "no answer"}\\n')
    subprocess.run([sys.executable, "-c", "print('{}')"], check=True)
    sys.stderr.write("\\x1b[31mred\\n")
    return "the answer"


def killed(request, listen):
    os.kill(os.getpid(), signal.SIGKILL)


def killed_in_the_middle_of_a_line(request, listen):
    for descriptor in range(3, 10):
        try:
            os.write(descriptor, b'{"answer": 7')
        except OSError:
            pass
    os.kill(os.getpid(), signal.SIGKILL)


def ended(request, listen):
    print("no such machine", file=sys.stderr, flush=True)
    os._exit(3)


def variables(request, listen):
    return {name: os.environ[name] for name in ("HPO_OTHER", "HPO_LACKED") if name in os.environ}


def raising(request, listen):
    raise ValueError("no luck")


def refusing(request, listen):
    raise DataError("data.path: it is a folder. Received nothing.")


def leaving(request, listen):
    sys.exit("enough")


def silent(request, listen):
    time.sleep(600)


def busy(request, listen):
    for _ in range(4):
        print("loading", flush=True)
        time.sleep(0.5)
    return "loaded"


def telling(request, listen):
    listen(str(os.getpid()))
    time.sleep(600)


def leaving_threads(request, listen):
    threading.Thread(target=time.sleep, args=(600,)).start()
    return "done"


def starting(request, listen):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    if request == "exit":
        os._exit(3)
    if request == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return process.pid


def writing_rubbish(request, listen):
    for descriptor in range(3, 10):
        try:
            os.write(descriptor, b'\\xff\\xfe hello\\n[]\\n7\\n{"doing": 5}\\n{"what": 1}\\n' + b"[" * 10_000 + b"\\n")
        except OSError:
            pass
    return "the answer"
"""


@pytest.fixture(autouse=True)
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answering.py").write_text(ANSWERING)
    (tmp_path / "sitecustomize.py").write_text('print("a library says hello", flush=True)\n')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def call(function: str, request: object = None, silence_s: float = 60.0, listen=str) -> object:
    return ask(f"answering:{function}", request, engine="jax", silence_s=silence_s, listen=listen)


def test_a_process_has_and_lacks_the_variables_that_it_is_asked_with(monkeypatch):
    for name in ("HPO_OTHER", "HPO_LACKED"):
        monkeypatch.setenv(name, "this process's")
    variables = {"HPO_OTHER": "its own", "HPO_LACKED": None}
    answer = ask("answering:variables", None, engine="jax", silence_s=60, variables=variables)
    assert answer == {"HPO_OTHER": "its own"}


def test_a_function_is_called_in_a_session_of_its_own_with_the_engine_chosen_and_tells_what_it_does():
    texts: list[str] = []
    answer = call("double", [1, "ä\n"], listen=texts.append)
    assert answer == {"doubled": [1, "ä\n", 1, "ä\n"], "engine": "jax", "session": True}
    assert texts == ["doubling"]


@pytest.mark.parametrize(
    ("function", "answer"),
    [("printing", "the answer"), ("writing_rubbish", "the answer"), ("leaving_threads", "done"), ("busy", "loaded")],
)
def test_what_else_it_writes_or_leaves_running_is_no_answer(function: str, answer: str):
    assert call(function, silence_s=1.5 if function == "busy" else 60.0) == answer


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("killed", "died (signal 9, SIGKILL; the machine may be out of memory): the last that it wrote: nothing"),
        (
            "killed_in_the_middle_of_a_line",
            "died (signal 9, SIGKILL; the machine may be out of memory): the last that it wrote: nothing",
        ),
        ("ended", "exited with status 3: the last that it wrote: no such machine"),
        ("raising", "exited with status 1: ValueError: no luck"),
        ("missing", "exited with status 1: AttributeError: module 'answering' has no attribute 'missing'"),
    ],
)
def test_a_process_that_ends_without_an_answer_is_told_by_its_last_words(function: str, message: str):
    with pytest.raises(ProcessEndedError) as caught:
        call(function)
    assert str(caught.value) == message


def started_by(value: str) -> list[psutil.Process]:
    """The processes that have a value in their environment, and are alive."""

    def has_it(process: psutil.Process) -> bool:
        try:
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            return not is_zombie and value in process.environ().values() and process.pid != os.getpid()
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if has_it(process)]


@pytest.mark.parametrize("end", ["return", "exit", "die"])
def test_what_it_has_started_ends_with_it_however_it_ends(end: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("STARTED_BY", str(tmp_path))
    with suppress(ProcessEndedError):
        call("starting", end)
    deadline = time.monotonic() + 30  # the system takes a moment to end them
    while (alive := started_by(str(tmp_path))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive == []


def test_a_signal_that_is_ignored_as_nohup_does_it_is_not_counted():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.count == 1
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_of_hpos_comes_through():
    with pytest.raises(DataError, match=r"^data.path: it is a folder. Received nothing.$"):
        call("refusing")


def test_code_of_the_users_that_asks_for_the_end_is_an_error():
    with pytest.raises(WorkError, match=r"ended the process. Received SystemExit: enough"):
        call("leaving")


def test_a_process_that_is_silent_for_too_long_is_ended():
    with pytest.raises(ProcessEndedError, match=r"gave no sign of life for 0.5 s, and was ended"):
        call("silent", silence_s=0.5)


@pytest.fixture
def _no_nohup():
    """Tests may run under nohup, which has them ignore SIGHUP; hpo leaves that so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("_no_nohup")
def test_an_interrupt_ends_the_process(number: signal.Signals):
    texts: list[str] = []

    def interrupt(doing: str) -> None:
        texts.append(doing)
        os.kill(os.getpid(), number)

    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with pytest.raises(KeyboardInterrupt):
        call("telling", listen=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int(texts[0]), 0)
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


@pytest.mark.parametrize("request_", ["answers", "dies before it hears of the other log", "has died"])
def test_another_log_begins_with_what_a_process_has_printed_before(tmp_path: Path, request_: str):
    (tmp_path / "sitecustomize.py").write_text('import sys\nprint("a library says hello", file=sys.stderr)\n')
    messages: queue.Queue = queue.Queue()
    with tempfile.TemporaryFile() as early:
        command = ("hpo.processes.child", "answering:busy")
        environment = engine_environment(1, "jax")
        process = EngineProcess(*command, environment=environment, log=early, on_message=messages.put)
        while not os.pread(early.fileno(), 100, 0).endswith(b"\n"):  # print writes a line in two parts
            time.sleep(0.01)
    if request_ == "has died":
        process.kill()
        assert process.join(60)
    elif request_ != "answers":
        os.kill(process.pid, signal.SIGSTOP)
    path = tmp_path / "log"
    path.write_text("an earlier process\n")
    with open_log(path) as log:
        process.move_log(log, path)
    if request_ == "answers":
        process.send(None)
        assert messages.get(timeout=60) == {"answer": "loaded"}
    process.kill()
    assert process.join(60)
    ending = messages.get()
    assert isinstance(ending, Ending)
    printed = "a library says hello\n" + 4 * "loading\n" * (request_ == "answers")
    assert path.read_text() == f"an earlier process\n{printed}"
    assert ending.log == printed.strip()


@pytest.mark.parametrize("function", ["double", "killed"])
def test_a_process_is_done_when_it_has_sent_all_that_it_has_to_say(function: str):
    messages: queue.Queue = queue.Queue()
    with tempfile.TemporaryFile() as log:
        command = ("hpo.processes.child", f"answering:{function}")
        environment = engine_environment(1, "jax")
        process = EngineProcess(*command, environment=environment, log=log, on_message=messages.put)
        assert not process.wait_until_done(0)
        process.send([7])
        assert process.wait_until_done(60)
        heard = [messages.get_nowait() for _ in range(2 if function == "double" else 1)]
        assert process.join(60)
    process.close()
    status = 0 if function == "double" else -signal.SIGKILL
    endings = [heard.pop()] if function == "killed" else [messages.get_nowait()]
    assert [type(message) for message in heard] == [dict] * (function == "double") * 2
    assert [ending.status for ending in endings] == [status]
    assert messages.empty()
