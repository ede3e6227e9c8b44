"""What every search backend holds to, whoever decides what to try."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from hpo.search.optuna_search import OptunaSearch
from hpo.spaces import Choice, load
from hpo.studies import create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused, Pruned, Verdict

SPACE = """\
study: contract
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 3]}, dropout: {float: [0.0, 0.8], step: 0.1}}
training:
  epochs: 3
  learning_rate: {choice: [1e-3, 1e-2]}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9], step: 0.3}}}}
search: {trials: 100, pruner: none}
"""


class SearchBackendContract:
    """Subclasses give `study` and `begin`: a function from a worker's name to a `SearchBackend` on that study."""

    def test_trials_are_numbered_from_zero_whoever_asks(self, begin):
        searches = [begin(worker) for worker in "abc"]
        assert [searches[index % 3].ask().number for index in range(9)] == list(range(9))

    def test_a_trial_has_the_active_parameters_and_the_config_that_they_give(self, begin, study):
        search = begin("a")
        for _ in range(12):
            trial = search.ask()
            _, expected = study.spec.space.fill(lambda parameter, params=trial.params: params[parameter.name])
            assert trial.params == expected
            assert trial.config == study.spec.config(trial.params)
            trial.tell(completed(0.5))

    def test_every_value_is_one_that_its_parameter_has(self, begin, study):
        search = begin("a")
        parameters = {parameter.name: parameter for parameter in study.spec.space.parameters()}
        for index in range(12):
            trial = search.ask()
            for name, value in trial.params.items():
                parameter = parameters[name]
                if isinstance(parameter, Choice):
                    assert value in parameter.categories
                else:
                    assert value in [pytest.approx(parameter.nth(index)) for index in range(parameter.size)]
            trial.tell(completed(index / 12))

    def test_a_trial_under_way_is_recorded_with_its_worker_and_parameters(self, begin, study):
        trial = begin("host:1").ask()
        trial.report(EpochReport(1, 3, 0.25, 10.0))
        record = study.trials()[trial.number]
        assert (record.state, record.worker, record.attempts, record.epochs) == ("running", "host:1", 1, 1)
        assert record.params == trial.params

    def test_a_report_is_answered_by_a_verdict(self, begin):
        trial = begin("a").ask()
        assert trial.report(EpochReport(1, 3, 0.25, 10.0)) is Verdict.CONTINUE

    def test_a_completed_trial_is_recorded_with_its_best_value(self, begin, study):
        trial = begin("a").ask()
        trial.tell(completed(0.75))
        record = study.trials()[trial.number]
        assert (record.state, record.values, record.cause) == ("complete", [0.75], None)
        assert study.best.params == trial.params

    def test_a_pruned_trial_is_recorded_without_a_value(self, begin, study):
        trial = begin("a").ask()
        trial.report(EpochReport(1, 3, 0.25, 10.0))
        trial.tell(Pruned(learned(0.25)))
        record = study.trials()[trial.number]
        assert (record.state, record.values) == ("pruned", None)
        assert study.best is None

    def test_a_failed_trial_is_recorded_with_its_cause_and_the_search_goes_on(self, begin, study):
        search = begin("a")
        trial = search.ask()
        trial.tell(Failed(Cause("nan_loss", "in epoch 1"), {"loss": [float("nan")]}))
        record = study.trials()[trial.number]
        assert (record.state, record.values, record.cause) == ("failed", None, "nan_loss: in epoch 1")
        assert search.ask().number == trial.number + 1

    def test_a_paused_trial_is_given_out_next_as_it_was(self, begin, study):
        search = begin("a")
        search.ask().tell(completed(0.5))
        trial, other = search.ask(), search.ask()
        trial.report(EpochReport(1, 3, 0.25, 10.0))
        trial.tell(Paused())
        assert study.trials()[trial.number].state == "waiting"
        again = begin("b").ask()
        assert (again.number, again.params) == (trial.number, trial.params)
        assert study.trials()[trial.number].attempts == 2
        assert study.trials()[other.number].state == "running"

    def test_a_trial_that_goes_on_reports_its_epochs_again_and_ends(self, begin, study):
        search = begin("a")
        trial = search.ask()
        for attempt in range(3):
            for epoch in range(1, attempt + 2):
                trial.report(EpochReport(epoch, 3, 0.2 * epoch, 10.0))
            if attempt < 2:
                trial.tell(Paused())
                trial = search.ask()
        trial.tell(completed(0.6))
        record = study.trials()[0]
        assert (record.state, record.epochs, record.attempts, record.values) == ("complete", 3, 3, [0.6])
        assert len(study.trials()) == 1


def learned(value):
    return Learned(value, 1, value, {"parameters": 1000}, 10.0, {"val_accuracy": [value]})


def completed(value):
    return Completed(learned(value), (value,), save_model=lambda path: None)


class TestOptunaSearch(SearchBackendContract):
    """With each sampler that this installation has."""

    @pytest.fixture(params=["tpe", "random", "grid", "cmaes", "nsga2", "qmc", *(["gp"] if find_spec("torch") else [])])
    def study(self, request, tmp_path):
        path = tmp_path / "contract.yaml"
        path.write_text(SPACE)
        return create_study(load(path, [f"search.sampler={request.param}"]), tmp_path / "studies")

    @pytest.fixture
    def begin(self, study):
        return lambda worker: OptunaSearch(study, worker)
