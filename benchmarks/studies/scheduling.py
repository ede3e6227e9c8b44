"""How well workers are kept busy: trials that only sleep, by 16 workers, against the time that they would take at best.

    python benchmarks/studies/scheduling.py [TRIALS] [--seconds SECONDS] [--workers WORKERS] [--smallest]

By default 10,000 trials of one second, which takes eleven minutes. Workers are processes, which claim trials, record
their ends and are followed by a supervisor as those that train are; they import no engine. Prints the time from the
first trial's begin to the last one's end over the best time, the CPU milliseconds that a trial takes in all, and the
share of a core that the supervisor takes. The first trials begin while other workers start.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from sleeping_worker import SleepingLauncher

from hpo.fleet import Event, Supervisor, TrialEnded, TrialStarted
from hpo.spaces import load
from hpo.studies import create_study, open_place

SPACE = """\
study: sleep
data: digits
model: {family: simple_cnn, dropout: {float: [0.0, 0.6]}}
training: {epochs: 1, learning_rate: {float: [1e-5, 1e-1], log: true}}
search: {sampler: random, pruner: none, trials: TRIALS}
"""


def main() -> None:
    """Run the trials, and print how long that took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trials", nargs="?", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=1.0, help="that a trial sleeps")
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--smallest", action="store_true", help="end within seconds")
    options = parser.parse_args()
    if options.smallest:
        options.trials, options.seconds, options.workers = 8, 0.25, 2
    times: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, TrialStarted | TrialEnded):
            times.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sleep.yaml"
        path.write_text(SPACE.replace("TRIALS", str(options.trials)))
        address = Path(folder) / "studies"
        with create_study(load(path), address) as study, open_place(study.address).lock(), study.session() as session:
            supervisor = Supervisor(study, session, options.workers, listen, SleepingLauncher(options.seconds))
            own = time.process_time()
            supervisor.run()
            own = time.process_time() - own
            counts = study.counts()
    children = getrusage(RUSAGE_CHILDREN)
    cpu = own + children.ru_utime + children.ru_stime
    wall, best = times[-1] - times[0], options.trials * options.seconds / options.workers
    print(f"{counts['complete']} trials of {options.seconds:g} s by {options.workers} workers: {wall:.1f} s")
    print(
        f"{1000 * cpu / options.trials:.1f} ms of CPU a trial; the supervisor takes {100 * own / wall:.1f} % of a core"
    )
    print(f"{wall / best:.3f} x the best time")


if __name__ == "__main__":
    main()
