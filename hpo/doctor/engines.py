"""What each engine sees, asked in a process of its own, beside what NVML finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from hpo.doctor.diagnosis import Diagnosis
from hpo.doctor.software import ENGINES, installed_version
from hpo.errors import HpoError
from hpo.fleet.gpus import GpuInventory
from hpo.processes.parent import ProcessEndedError, ask

_SILENCE = 300.0
"""Seconds; the first import of an engine on a slow disk takes minutes."""
_REMEDIES = {
    "tensorflow": 'pip install "hpo[cuda]"',
    "jax": 'pip install "jax[cuda12]"',
    "torch": "install the build for CUDA, from pytorch.org/get-started",
}


def examine_engines(inventory: GpuInventory, listen: Callable[[str], object] = str) -> Iterator[Diagnosis]:
    """Ask each engine that is installed what it sees; one that does not see the GPUs says how to change that.

    Args:
        inventory: what NVML finds.
        listen: called with what is being done.
    """
    for engine in filter(installed_version, ENGINES):
        listen(f"loading {engine}")
        begin = time.monotonic()
        try:
            devices = ask("hpo.doctor.engine_report:describe_engine", engine, engine=engine, silence_s=_SILENCE)
        except ProcessEndedError as error:
            remedy = f"pip install --force-reinstall {engine}; if it goes on, see `python -c 'import {engine}'`"
            yield Diagnosis(engine, "error", f"its process {error}", remedy)
        except HpoError as error:
            yield Diagnosis(engine, "error", str(error))
        else:
            yield judge_engine(engine, devices, inventory, time.monotonic() - begin)


def judge_engine(engine: str, devices: Sequence[str], inventory: GpuInventory, seconds: float) -> Diagnosis:
    """Compare the devices that an engine sees with what NVML finds; `seconds` is what it took to start."""
    if inventory.gpus and not devices:
        text = f"sees the CPU alone, where NVML finds {len(inventory.gpus)} GPUs"
        return Diagnosis(engine, "error", text, _REMEDIES[engine])
    # CUDA shows a process one instance of a GPU that is divided, whatever there are.
    is_divided = any(gpu.is_instance for gpu in inventory.gpus)
    if len(devices) < len(inventory.gpus) and not is_divided:
        text = f"sees {len(devices)} of the {len(inventory.gpus)} GPUs that NVML finds"
        return Diagnosis(engine, "warning", text, "see the driver's messages (dmesg), and who uses the others")
    return Diagnosis(engine, "ok", f"sees {', '.join(devices) or 'the CPU'}; ready in {seconds:.1f} s")
