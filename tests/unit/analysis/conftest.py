"""A study with trials of every kind, told without an engine."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace

import pytest
from optuna.trial import create_trial

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import ClassScore, create_study
from hpo.studies.store.distributions import distribution
from hpo.training import Cause, Completed, EpochReport, Failed, Infeasible, Learned, Pruned

SPACE = """\
study: analysed
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 3]}}
training:
  epochs: 3
  learning_rate: {float: [1e-4, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 40, sampler: random, pruner: none}
"""


CLASSES = (ClassScore("cat", 0.9, 0.8, 0.85, 20, 18), ClassScore("<dog>", 0.5, 0.25, 0.3333, 10, 5))


def make_study(folder, more=""):
    """A study without a trial; `more` is added to its file."""
    path = folder / "analysed.yaml"
    path.write_text(SPACE + more)
    return create_study(load(path), folder / "studies")


@pytest.fixture
def empty_study(tmp_path):
    """A study without a trial."""
    return make_study(tmp_path)


def complete(study, n_trials, value_of, size_of=None):
    """Complete trials with the value that `value_of` gives their parameters, `size_of` that of a second objective."""
    search = OptunaSearch(study, "host:1")
    for _ in range(n_trials):
        trial = search.ask()
        value = value_of(trial.params)
        for epoch in range(1, 4):
            trial.report(EpochReport(epoch, 3, value * epoch / 3, 100.0))
        learned = Learned(value, 3, value, {"parameters": 1234}, 100.0, {"loss": [1.0, 0.5, 0.25]})
        values = (value,) if size_of is None else (value, size_of(trial.params))
        trial.tell(Completed(learned, values, lambda path: None))


@pytest.fixture
def complete_trials():
    """Adds to a study complete trials with random parameters and the value that `value_of` gives them.

    `attributes_of` gives what else is kept of them.

    They are written as they end, which takes a third of the time of a search that asks for them.
    """

    def add(study, n_trials, value_of, attributes_of=lambda params: {}):
        generator, space = random.Random(1), study.spec.space  # no two parameters are correlated by chance in it
        distributions = {parameter.name: distribution(parameter) for parameter in space.parameters()}
        for _ in range(n_trials):
            params = space.draw(generator)
            value = value_of(params)
            study.optuna_study.add_trial(
                create_trial(
                    params=params,
                    distributions={name: distributions[name] for name in params},
                    value=value,
                    user_attrs={"best_epoch": 1, "best_value": value, "last_value": value, **attributes_of(params)},
                    intermediate_values={1: value},
                )
            )

    return add


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Thirty complete trials that the learning rate decides, one pruned, one failed with markup in its cause."""
    made = make_study(tmp_path_factory.mktemp("analysed"))
    complete(made, 30, lambda params: 1 - 10 * abs(params["learning_rate"] - 0.01))
    search = OptunaSearch(made, "host:1")
    pruned = search.ask()
    pruned.report(EpochReport(1, 3, 0.1, 100.0))
    pruned.tell(Pruned(Learned(0.1, 1, 0.1, {"parameters": 1234}, 100.0, {"loss": [2.0]})))
    search.ask().tell(Failed(Cause("error", "ValueError: <b>bold</b> & broken")))
    described = {"validation": {"classes": [asdict(score) for score in CLASSES]}}
    made.files.models.put(made.best.number, lambda path: path.with_suffix(".json").write_text(json.dumps(described)))
    tested = [asdict(replace(each, f1=each.f1 / 2)) for each in CLASSES]
    made.record_test_score(made.best.number, 0.875, 0.5, macro_f1=0.8642, classes=tested)
    return made


@pytest.fixture(scope="session")
def two_objectives(tmp_path_factory):
    """Forty complete trials, the better the larger, whose size the depth decides; and one that is infeasible."""
    more = "objective: [val_accuracy, parameters]\nconstraints: [parameters <= 1000]\n"
    made = make_study(tmp_path_factory.mktemp("two"), more)
    complete(
        made,
        40,
        lambda params: params["depth"] / 4 - abs(params["learning_rate"] - 0.01),
        lambda params: 100.0 * params["depth"],
    )
    trial = OptunaSearch(made, "host:1").ask()
    assert not trial.accepts({"parameters": 2000.0, "flops": 1.0, "memory": 1.0})
    trial.tell(Infeasible())
    return made
