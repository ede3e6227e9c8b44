"""The command line: arguments to one call, and what is printed."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and exit: 0 done, 1 the work failed, 2 a mistake of the user's, 130 interrupted."""
    try:
        gc.set_threshold(20_000)  # what a command makes is mostly its imports: searched less often, a tenth faster
        from hpo.cli.app import run_command_line

        sys.exit(run_command_line(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()  # spares the interpreter a last search for cycles: a quarter of the second that `hpo show` takes
