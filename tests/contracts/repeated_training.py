"""Trains a config in repeats, and each of their seeds alone, on the engine that Keras has: a process of the contract.

Started as `python repeated_training.py`, with JSON on standard input: the `text` of a file that trains repeats, and in
how many parts its batches are computed. For each repeat a JSON line goes out: what it gave, and beside it what its seed
gave in a training of its own.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import keras
from resumed_training import DATA, LOSS, Silent  # type: ignore[import-not-found]

from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.training import Completed
from hpo.training.pool.pool import ModelPool
from hpo.training.trial.session import repeat_seeds
from hpo.training.trial.trial import run_trial

SEED = 1


def train(training: dict[str, Any], request: dict[str, Any], seed: int, pool: ModelPool) -> tuple[Silent, Completed]:
    """Train the file's config, with these options of `training` changed, and a model of the pool, as in a worker."""
    node = rewrite_sections(parse(request["text"], "repeated.yaml"))
    tree = read_spec(node, "repeated").config({}).tree
    changed = json.dumps({**tree, "training": {**tree["training"], **training}})
    config = read_spec(rewrite_sections(parse(changed, "changed.yaml")), "changed").config({})
    observer = Silent()
    steps = request["accumulation_steps"]
    outcome = run_trial(config, DATA, [LOSS], seed, observer, accumulation_steps=steps, pool=pool)
    assert isinstance(outcome, Completed), outcome
    assert outcome.remark is None, outcome.remark
    return observer, outcome


def main() -> None:
    """Do what the standard input says."""
    request, pool = json.load(sys.stdin), ModelPool()
    observer, outcome = train({}, request, SEED, pool)
    results = outcome.learned.repeats
    for index, (result, seed) in enumerate(zip(results, repeat_seeds(SEED, len(results)), strict=True)):
        alone = train({"repeats": 1}, request, seed, pool)[1]
        epochs = [report.repeats[index] for report in observer.reports if report.repeats[index] is not None]
        line = {
            "engine": keras.backend.backend(),
            "history": [{name: [epoch[name] for epoch in epochs] for name in epochs[0]}, alone.learned.history],
            "values": [result.values, alone.values],
            "best": [[one.best_epoch, one.best_value, one.last_value] for one in (result, alone.learned)],
            "is_kept": result.is_kept,
            "mean": outcome.values[0],
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
