"""Of all that a log holds, the line that says why the process ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from hpo.processes.last_words import last_line, last_words

NOISE = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
E0000 00:00:1753 cuda_executor.cc:1228] INTERNAL: CUDA Runtime error: Failed call to cudaGetRuntimeVersion
I0000 00:00:1753 cpu_feature_guard.cc:227] This TensorFlow binary is optimized to use available CPU instructions
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow
2026-01-01 10:00:00.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.
W0000 00:00:1753 gpu_device.cc:2341] Cannot dlopen some GPU libraries.
E0000 00:00:1753 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: UNKNOWN ERROR (303)
"""


@pytest.mark.parametrize("log", ["", "\n", NOISE, NOISE + "reading images: 100 of 400\n"])
def test_noise_says_nothing(log):
    assert last_words(log) is None


def test_the_last_line_is_not_what_an_engine_writes_when_it_starts():
    assert last_line(NOISE) is None
    assert last_line(f"reading images\n{NOISE}\n") == "reading images"
    warning = "W0000 00:00:1753 bfc_allocator.cc:501] Allocator (GPU_0_bfc) ran out of memory"
    assert last_line(f"{NOISE}{warning}\n") == warning


def test_the_last_exception_is_said_whatever_engines_write_behind_it():
    earlier = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\nKeyError: 1\n'
    last = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n\n    f()\n    ^^^\nOSError: no disk\n'
    assert last_words(earlier + NOISE + last + NOISE) == "OSError: no disk"


def test_a_check_that_an_engine_failed_is_said():
    check = "F0000 00:00:1753 rendezvous.cc:127] Termination timeout for rendezvous of 2 threads"
    assert last_words(NOISE + check + "\n" + "*** Check failure stack trace: ***\n    @ 0x7f\n") == check


def test_a_crash_is_said_with_the_users_code_that_it_came_from(tmp_path):
    module = tmp_path / "net.py"
    module.write_text(f"import os\ndef build():\n    os.kill(os.getpid(), {int(signal.SIGSEGV)})\n")
    program = (
        f"import faulthandler, sys; faulthandler.enable(); sys.path.append({str(tmp_path)!r}); import net; net.build()"
    )
    died = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=os.environ)
    assert died.returncode == -signal.SIGSEGV
    assert last_words(NOISE + died.stderr + NOISE) == f"Segmentation fault in build (line 3 of {module})"
