"""What any search backend guarantees: inherit `SearchBackendContract`, give two fixtures, pytest runs the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpo.spaces import Choice
from hpo.training import Cause, Completed, EpochReport, Failed, Infeasible, Learned, Paused, Pruned, Verdict

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
REPEATING = SPACE.replace(
    "depth: {int: [1, 3]}, dropout: {float: [0.0, 0.8], step: 0.1}",
    "blocks: {repeat: {int: [1, 3]}, of: {filters: {int: [4, 12], step: 4}, dropout: {choice: [0.0, 0.3]}}}",
)
CONSTRAINED = SPACE + "constraints: [learning_rate < 5e-3, dropout * 10 <= 7, parameters <= 1000]\n"
STARTING = (
    SPACE
    + """\
start_from:
  - {depth: 3, dropout: 0.5, learning_rate: 1e-2, optimizer: {sgd: {momentum: 0.6}}}
  - {optimizer.sgd.momentum: 0.3}
  - {depth: 1}
  - {depth: 1}
  - {}
"""
)
STARTS: list[dict[str, object]] = [
    {"depth": 3, "dropout": 0.5, "learning_rate": 0.01, "optimizer": "sgd", "optimizer.sgd.momentum": 0.6},
    {"optimizer": "sgd", "optimizer.sgd.momentum": 0.3},
    {"depth": 1},
    {"depth": 1},
    {},
]
SEVERAL = SPACE.replace("epochs: 3", "epochs: 4") + "objective: [parameters, val_accuracy]\n"
SMALL, LARGE = ({"parameters": float(size), "flops": 1e6, "memory": 1e6} for size in (900, 2000))


class DrawnConfigsContract:
    """What depends on the sampler: the configs of its trials; for the samplers of one backend beyond the first ones.

    A subclass sets the fixtures of `SearchBackendContract`.
    """

    @pytest.fixture
    def study(self, make_study):
        return make_study(SPACE)

    @pytest.fixture
    def begin(self, study, search_on):
        return lambda worker: search_on(study, worker)

    def test_a_trial_has_the_active_parameters_and_the_config_that_they_give(self, begin, study):
        search = begin("a")
        for _ in range(12):
            trial = search.ask()
            assert_exactly_active(study, trial.params)
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

    def test_of_a_list_that_repeats_each_trial_has_exactly_the_parameters_of_its_items(self, make_study, search_on):
        study = make_study(REPEATING)
        search = search_on(study, "a")
        lengths = set()
        for index in range(14):
            trial = search.ask()
            length = trial.params["blocks"]
            items = {f"blocks.{item}.{name}" for item in range(length) for name in ("filters", "dropout")}
            assert {name for name in trial.params if name.startswith("blocks.")} == items
            assert_exactly_active(study, trial.params)
            assert len(trial.config.model.blocks) == length
            lengths.add(length)
            trial.tell(completed(index / 14))
        assert len(lengths) > 1

    def test_what_breaks_a_constraint_is_recorded_before_any_training(self, make_study, search_on):
        study = make_study(CONSTRAINED)
        search = search_on(study, "a")
        states = set()
        for _ in range(14):
            trial = search.ask()
            rate, dropout = trial.params["learning_rate"], trial.params["dropout"]
            is_feasible = trial.accepts()
            assert is_feasible == (rate < 5e-3 and dropout * 10 <= 7)
            constraints = study.frozen_trials()[trial.number].constraints
            assert {text: excess > 0 for text, excess in constraints.items()} == {
                "learning_rate < 5e-3": rate > 5e-3,
                "dropout * 10 <= 7": dropout * 10 > 7,
            }
            trial.tell(completed(0.5) if is_feasible else Infeasible())
            record = study.trials()[trial.number]
            states.add(record.state)
            if not is_feasible:
                assert (record.state, record.values, record.epochs) == ("infeasible", None, 0)
                texts = [constraint.text for constraint in study.spec.constraints]
                broken = [text for text in texts if constraints.get(text, 0) > 0]
                assert record.cause == f"infeasible: {'; '.join(broken)}"
        assert states == {"complete", "infeasible"}

    def test_a_search_goes_on_after_nothing_but_infeasible_trials(self, make_study, search_on):
        study = make_study(CONSTRAINED)
        search = search_on(study, "a")
        for number in range(12):
            trial = search.ask()
            assert trial.number == number
            assert not trial.accepts(LARGE)
            trial.tell(Infeasible())
        assert study.counts()["infeasible"] == 12
        assert study.budget.used == 0
        trial = feasible(search)
        assert trial.accepts(SMALL)
        trial.tell(completed(0.5))
        assert study.best.number == trial.number
        assert_exactly_active(study, search.ask().params)

    def test_the_configs_to_start_from_come_first_and_what_they_leave_out_is_drawn(self, make_study, search_on):
        study = make_study(STARTING)
        assert study.counts()["waiting"] == len(STARTS)
        searches = [search_on(study, worker) for worker in "ab"]
        for number in range(len(STARTS) + 4):
            trial = searches[number % 2].ask()
            assert trial.number == number
            assert_exactly_active(study, trial.params)
            trial.tell(completed(number / 10))
            if number < len(STARTS):
                assert STARTS[number].items() <= trial.params.items()
        assert {record.state for record in study.trials()} == {"complete"}

    def test_a_config_to_start_from_that_is_given_back_goes_on_as_it_was_drawn(self, make_study, search_on):
        study = make_study(STARTING)
        search = search_on(study, "a")
        search.ask()
        trial = search.ask()
        trial.tell(Paused())
        again = search_on(study, "b").ask()
        assert (again.number, again.params) == (1, trial.params)
        assert search_on(study, "c").ask().params.items() >= STARTS[2].items()


class SearchBackendContract(DrawnConfigsContract):
    """The suite; a subclass sets two fixtures.

    `make_study` is a function from the text of a space to its study, and `search_on` one from a study and a worker's
    name to a `SearchBackend`.
    """

    def test_trials_are_numbered_from_zero_whoever_asks(self, begin):
        searches = [begin(worker) for worker in "abc"]
        assert [searches[index % 3].ask().number for index in range(9)] == list(range(9))

    def test_a_trial_under_way_is_recorded_with_its_worker_and_parameters(self, begin, study):
        trial = begin("host:1").ask()
        trial.report(EpochReport(1, 3, 0.25, 10.0))
        record = study.trials()[trial.number]
        assert (record.state, record.worker, record.attempts, record.epochs) == ("running", "host:1", 1, 1)
        assert record.params == trial.params

    def test_a_report_is_answered_by_a_verdict(self, begin):
        trial = begin("a").ask()
        assert isinstance(trial.report(EpochReport(1, 3, 0.25, 10.0)), Verdict)

    def test_a_completed_trial_is_recorded_with_its_best_value(self, begin, study):
        trial = begin("a").ask()
        trial.tell(completed(0.75))
        record = study.trials()[trial.number]
        assert (record.state, record.values, record.cause) == ("complete", [0.75], None)
        assert study.best.params == trial.params

    def test_a_trial_that_failed_after_its_best_epoch_is_complete_with_a_remark(self, begin, study):
        trial = begin("a").ask()
        trial.tell(replace(completed(0.75), remark=Cause("nan_loss", "in epoch 4")))
        record = study.trials()[trial.number]
        assert (record.state, record.values, record.cause) == ("complete", [0.75], None)
        assert record.remark == study.best.remark == "nan_loss: in epoch 4"
        assert record.to_json()["remark"] == study.best.to_json()["remark"] == "nan_loss: in epoch 4"

    def test_a_pruned_trial_is_recorded_with_its_last_value_and_is_never_the_best(self, begin, study):
        trial = begin("a").ask()
        trial.report(EpochReport(1, 3, 0.25, 10.0))
        trial.tell(Pruned(learned(0.25)))
        record = study.trials()[trial.number]
        assert (record.state, record.values) == ("pruned", [0.25])
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

    def test_a_trial_without_memory_goes_on_in_parts_and_is_ruled_out_where_that_is_too_much(self, begin, study):
        search, cause = begin("a"), Cause("out_of_memory", "on the GPU: no room")
        trial = search.ask()
        assert trial.accumulation_steps == 1
        trial.tell(Paused(cause, 2))
        again = search.ask()
        assert (again.number, again.accumulation_steps) == (trial.number, 2)
        again.tell(Infeasible(cause))
        record = study.trials()[trial.number]
        assert (record.state, record.values, record.cause) == ("infeasible", None, "out_of_memory: on the GPU: no room")
        assert search.ask().params != trial.params

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

    # Constraints

    def test_the_cost_of_the_network_is_judged_once_it_is_known(self, make_study, search_on):
        study = make_study(CONSTRAINED)
        trial = feasible(search_on(study, "a"))
        assert "parameters <= 1000" not in study.frozen_trials()[trial.number].constraints
        assert not trial.accepts(LARGE)
        assert study.frozen_trials()[trial.number].constraints["parameters <= 1000"] == pytest.approx(0.5)
        trial.tell(Infeasible())
        record = study.trials()[trial.number]
        assert (record.state, record.cause) == ("infeasible", "infeasible: parameters <= 1000")

        trial = feasible(search_on(study, "a"))
        assert trial.accepts(SMALL)
        trial.tell(completed(0.5))
        assert study.trials()[trial.number].state == "complete"

    def test_a_trial_that_was_given_back_is_judged_again(self, make_study, search_on):
        study = make_study(CONSTRAINED)
        trial = feasible(search_on(study, "a"))
        assert trial.accepts(SMALL)
        before = study.frozen_trials()[trial.number].constraints
        trial.report(EpochReport(1, 3, 0.25, 10.0))
        trial.tell(Paused())
        again = search_on(study, "b").ask()
        assert again.number == trial.number
        assert again.accepts()
        assert again.accepts(SMALL)
        assert study.frozen_trials()[trial.number].constraints == before
        again.tell(completed(0.5))
        assert study.trials()[trial.number].state == "complete"

    def test_a_trial_of_a_worker_that_died_once_it_was_judged_is_ruled_out_by_the_next(self, make_study, search_on):
        study = make_study(CONSTRAINED)
        judged = search_on(study, "a").ask()
        assert not judged.accepts(LARGE)
        assert [ended.number for ended in study.end_attempts_of("a", "worker_died: signal 9")] == [judged.number]
        again = search_on(study, "b").ask()
        assert (again.number, again.accepts(LARGE)) == (judged.number, False)
        again.tell(Infeasible())
        assert study.trials()[judged.number].state == "infeasible"


class SeveralObjectivesContract:
    """The suite for backends that search for several objectives; a subclass sets the same fixtures."""

    @pytest.mark.parametrize("pruner", ["{median: {n_startup_trials: 3}}", "{hyperband: {reduction_factor: 2}}"])
    def test_pruning_follows_the_learned_objective_whichever_is_first(self, make_study, search_on, pruner):
        study = make_study(SEVERAL.replace("pruner: none", f"pruner: {pruner}"))
        search = search_on(study, "a")
        accuracies = {}
        for number in range(20):
            trial = search.ask()
            assert_exactly_active(study, trial.params)
            accuracies[number] = accuracy = (1 + trial.params["depth"] - trial.params["dropout"]) / 4
            reports = [EpochReport(epoch, 4, accuracy * epoch / 4, 10.0) for epoch in range(1, 5)]
            is_pruned = any(trial.report(report) is Verdict.PRUNE for report in reports)
            values = (100.0 * trial.params["depth"], accuracy)
            trial.tell(
                Pruned(learned(accuracy)) if is_pruned else Completed(learned(accuracy), values, lambda path: None)
            )
        records = study.trials()
        assert {record.state for record in records} == {"complete", "pruned"}
        assert all(record.values is None for record in records if record.state == "pruned")
        assert records[max(accuracies, key=accuracies.get)].state == "complete"
        for best in study.front:
            assert best.values == [100.0 * best.params["depth"], accuracies[best.number]]

    def test_the_front_is_what_no_other_trial_beats(self, make_study, search_on):
        study = make_study(SEVERAL)
        search = search_on(study, "a")
        for size, accuracy in ((300.0, 0.9), (100.0, 0.5), (200.0, 0.4), (100.0, 0.5), (200.0, 0.8)):
            search.ask().tell(Completed(learned(accuracy), (size, accuracy), lambda path: None))
        assert [(best.number, best.values) for best in study.front] == [
            (1, [100.0, 0.5]),
            (4, [200.0, 0.8]),
            (0, [300.0, 0.9]),
        ]

    def test_constraints_and_configs_to_start_from_hold_there_too(self, make_study, search_on):
        study = make_study(SEVERAL + "constraints: [parameters <= 1000]\nstart_from: [{depth: 2}]\n")
        search = search_on(study, "a")
        assert search.ask().params["depth"] == 2
        for number in range(1, 16):
            trial = search.ask()
            assert_exactly_active(study, trial.params)
            accepted = trial.accepts(LARGE if number % 2 else SMALL)
            assert accepted == (number % 2 == 0)
            values = (100.0 * number, trial.params["dropout"])
            trial.tell(Completed(learned(values[1]), values, lambda path: None) if accepted else Infeasible())
        assert study.counts()["infeasible"] == 8
        assert study.budget.used == 8
        assert all(best.number % 2 == 0 for best in study.front)


def assert_exactly_active(study, params):
    """Every parameter that the others make active, and no other."""
    _, expected = study.spec.space.fill(lambda parameter: params[parameter.name])
    assert params == expected


def feasible(search):
    """A trial that the constraints without the network's cost let pass; those before it are ruled out."""
    while not (trial := search.ask()).accepts():
        trial.tell(Infeasible())
    return trial


def learned(value):
    """Return what a trial has learned that ended after one epoch with this accuracy."""
    return Learned(value, 1, value, {"parameters": 1000}, 10.0, {"val_accuracy": [value]})


def completed(value):
    """Return the outcome of such a trial."""
    return Completed(learned(value), (value,), save_model=lambda path: None)
