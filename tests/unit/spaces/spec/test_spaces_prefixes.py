"""What two configs have in common of their trainings: everything up to the end of a phase, or nothing."""

from __future__ import annotations

import pytest

from hpo.spaces import parse_spec
from hpo.spaces.spec.prefixes import prefix_keys

BASE = {
    "data": {"dataset": "digits"},
    "model": {"family": "simple_cnn", "depth": 1},
    "training": {
        "batch_size": 16,
        "learning_rate": 0.01,
        "phases": [{"epochs": 2, "learning_rate": 0.1}, {"epochs": 3}, {"epochs": 1}],
    },
}


def keys(**changes):
    import json

    document = json.loads(json.dumps(BASE))
    for path, value in changes.items():
        *folders, name = path.split("__")
        section = document
        for folder in folders:
            section = section[int(folder) if folder.isdigit() else folder]
        section[name] = value
    return prefix_keys(parse_spec(json.dumps({**document, "study": "prefixes"}), "prefixes").config({}))


@pytest.mark.parametrize(
    ("change", "shared"),
    [
        ({"training__phases__2__learning_rate": 0.5}, 2),
        ({"training__phases__2__epochs": 9}, 2),
        ({"training__phases__1__frozen_layers": "all"}, 1),
        ({"training__phases__1__optimizer": "sgd"}, 1),
        ({"training__learning_rate": 0.02}, 1),
        ({"training__early_stopping": {"patience": 2}}, 0),
        ({"training__phases__0__epochs": 3}, 0),
        ({"training__phases__0__schedule": "cosine"}, 0),
        ({"training__batch_size": 32}, 0),
        ({"training__ema": {"momentum": 0.9}}, 0),
        ({"training__precision": "mixed_bfloat16"}, 0),
        ({"training__metrics": ["macro_f1"]}, 0),
        ({"training__repeats": 2}, 0),
        ({"model__depth": 2}, 0),
        ({"model__frozen_layers": 1}, 0),
        ({"data__augmentation": {"flip": "horizontal"}}, 0),
        ({"training__checkpoint": {"every": "10m"}}, 2),
        ({"data__cache": "memory"}, 2),
    ],
)
def test_what_acts_in_a_phase_decides_it_and_what_comes_later_does_not(change, shared):
    base, changed = keys(), keys(**change)
    assert [one == other for one, other in zip(base, changed, strict=True)] == [True] * shared + [False] * (2 - shared)


def test_a_training_without_phases_shares_nothing():
    assert keys(training={"epochs": 3}) == ()
    assert keys(training={"phases": [{"epochs": 3}]}) == ()
