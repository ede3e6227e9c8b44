"""What hpo does for a trial beside training it, by the number of trials that a study has already.

    python benchmarks/studies/storage.py [--smallest] [--storage URL]

For studies of 10, 100, 1,000 and 10,000 trials, in CPU milliseconds of one process: `look` opens a study and describes
all of its trials; `open` opens it to work on it and reads all trials; `ask` claims and suggests a trial (TPE, median of
20); `write` records its network's cost, ten epochs with the question whether to prune it, and its end; `files` is
what a worker does about files then. `Optuna` opens and reads the same database by Optuna's own storage. The last line
has the ratios of the largest study to the smallest. With `--storage`, the studies lie on a PostgreSQL server.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import optuna
import sqlalchemy

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from large_study import make_large_study

from hpo.search import NoTrial, SearchBackend, claim, open_backend
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, open_place
from hpo.training import Completed, EpochReport, Learned

T = TypeVar("T")
SIZES, SMALLEST = (10, 100, 1000, 10_000), (10, 100)
REPORTS = 10
MEASURES = {"parameters": 120_000.0, "flops": 3.1e7, "memory": 4.2e6}


class Costs:
    """CPU milliseconds of each step, one for each time."""

    def __init__(self) -> None:
        self.times: defaultdict[str, list[float]] = defaultdict(list)

    def measure(self, step: str, work: Callable[[], T]) -> T:
        """Do something, and note what it has cost."""
        begin = time.process_time()
        result = work()
        self.times[step].append(1000 * (time.process_time() - begin))
        return result

    def median(self, step: str) -> float:
        """Give what a step costs."""
        return statistics.median(self.times[step])


def run_trial(study: ActiveStudy, backend: SearchBackend, costs: Costs) -> None:
    """Do all of a trial but for its training."""
    trial = costs.measure("ask", lambda: claim(study, backend, lambda: False, "host:1"))
    if isinstance(trial, NoTrial):
        raise SystemExit(f"no trial may begin: {trial.reason}")
    values: list[float] = []

    def write() -> None:
        trial.accepts()
        trial.describe_attempt({"threads": 1, "gpus": 0.0})
        trial.accepts(MEASURES)
        for epoch in range(1, REPORTS + 1):
            values.append(0.1 + 0.01 * epoch)
            metrics = {"loss": 1.0, "accuracy": values[-1], "val_loss": 1.0, "val_accuracy": values[-1]}
            trial.report(EpochReport(epoch, 12, values[-1], 10.0, metrics))
        learned = Learned(values[-1], REPORTS, values[-1], MEASURES, 10.0, {"val_accuracy": values})
        trial.tell(Completed(learned, (values[-1],), save_model=lambda path: None))

    costs.measure("write", write)
    costs.measure("files", study.remove_needless_files)


def measure(address: StudyAddress, trials: int) -> tuple[Costs, Counter[str]]:
    """Measure everything with one study."""
    costs, counts = Costs(), Counter[str]()
    costs.measure("look", lambda: StudyRecord(address).trials())
    url = sqlalchemy.make_url(address.storage)
    by_optuna = optuna.storages.RDBStorage(url.render_as_string(hide_password=False), skip_table_creation=True)
    costs.measure(
        "Optuna", lambda: optuna.load_study(study_name=address.name, storage=by_optuna).get_trials(deepcopy=False)
    )
    by_optuna.remove_session()
    by_optuna.engine.dispose()
    with open_place(address).lock():
        study = costs.measure("open", lambda: _open(address))
        with study:
            backend = open_backend(study, "host:1")
            run_trial(study, backend, Costs())  # statements are compiled
            engine = study.storage.engine
            sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *_: counts.update(["statements"]))
            sqlalchemy.event.listen(engine, "commit", lambda *_: counts.update(["commits"]))
            for _ in range(trials):
                run_trial(study, backend, costs)
    return costs, Counter({name: count // trials for name, count in counts.items()})


def _open(address: StudyAddress) -> ActiveStudy:
    study = ActiveStudy(address)
    study.frozen_trials()
    return study


def main() -> None:
    """Print a line for each size, and the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smallest", action="store_true", help="end within seconds")
    parser.add_argument("--storage", help="the URL of a server")
    options = parser.parse_args()
    sizes, trials = (SMALLEST, 2) if options.smallest else (SIZES, 20)
    steps, costs = ("look", "open", "Optuna", "ask", "write", "files"), dict[int, Costs]()
    print(f"{'trials':>7}" + "".join(f"{step:>10}" for step in steps) + "   ms of CPU; statements and commits a trial")
    with tempfile.TemporaryDirectory() as folder:
        measure(make_large_study(Path(folder) / "warm", 10, storage=options.storage, name="warm"), 1)
        for size in sizes:
            address = make_large_study(Path(folder) / str(size), size, storage=options.storage, name=f"large-{size}")
            costs[size], counts = measure(address, trials)
            line = "".join(f"{costs[size].median(step):>10.1f}" for step in steps)
            print(f"{size:>7}{line}   {counts['statements']}, {counts['commits']}", flush=True)
    ratios = (costs[sizes[-1]].median(step) / max(costs[sizes[0]].median(step), 0.01) for step in steps)
    print(f"{'ratio':>7}" + "".join(f"{ratio:>10.1f}" for ratio in ratios))


if __name__ == "__main__":
    main()
