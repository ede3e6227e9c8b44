"""Child processes of a test, found by the module that they run."""

from contextlib import suppress

import psutil


def find_children(module: str, process: psutil.Process | None = None) -> list[psutil.Process]:
    """Find the children of a process that run a module of hpo's; None for the test's own process."""
    children = []
    for child in (process or psutil.Process()).children():
        with suppress(psutil.Error):  # children of other tests may end meanwhile, or wait for their parent
            if module in child.cmdline():
                children.append(child)
    return children
