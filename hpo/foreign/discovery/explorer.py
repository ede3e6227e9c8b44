"""The process that builds a KerasTuner model to find its hyperparameters.

Started as `python -m hpo.foreign.discovery.explorer`. `{"build": NAME, "engine": ENGINE}` comes in as a line on the
standard input; a JSON line goes out on what was the standard output when the process began: what was found, or why
nothing was.
Whatever the engine and the user's code print goes to the standard error.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from hpo.errors import HpoError


def main() -> int:
    """Explore one model."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    asked = json.loads(sys.stdin.readline())
    # The engine is chosen by an environment variable, before the first import of Keras.
    os.environ["KERAS_BACKEND"] = asked["engine"]
    from hpo.foreign.discovery.exploring import explored

    try:
        answer = asdict(explored(asked["build"]))
    except HpoError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
