"""The process that builds networks of a study, so that no engine is imported where the check was called.

Started as `python -m hpo.checking.probe`. The study's document comes in as a line on the standard input, whose end
then ends the process: nobody waits for it any more. JSON lines go out on what was the standard output when the process
began: what is being done, and at last what was found. Whatever engines print goes to the standard error.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from hpo.checking.result import FINDINGS
from hpo.spaces import parse_spec


def main() -> int:
    """Examine one study."""
    messages = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no message
    spec = parse_spec(sys.stdin.readline(), "the study")
    threading.Thread(target=_end_with_input, daemon=True).start()
    # The engine is chosen by an environment variable, before the first import of Keras.
    os.environ["KERAS_BACKEND"] = spec.engine

    def say(message: dict[str, object]) -> None:
        messages.write(json.dumps(message) + "\n")
        messages.flush()

    say({"doing": f"loading {spec.engine}"})
    from hpo.checking.examination import examine

    findings = examine(spec, lambda doing: say({"doing": doing}))
    say({"findings": FINDINGS.dump_python(findings, mode="json")})
    return 0


def _end_with_input() -> None:
    """End the process, whatever it is doing, when its standard input ends."""
    os.read(sys.stdin.fileno(), 1)  # not by sys.stdin, whose lock would be held when the process ends by itself
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
