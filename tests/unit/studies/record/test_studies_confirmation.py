"""Trials that confirm others: no part of the search, run before it whatever its budget, and summed up by config."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from hpo.analysis.confirmation.computation import summarize_confirmation
from hpo.cli.terminal.display import show_events
from hpo.cli.terminal.events import RunTable, make_headline
from hpo.fleet import Progress, TrialEnded, TrialsElsewhere, TrialStarted
from hpo.search import NoTrial, claim
from hpo.search.confirming import ConfirmingTrial, enqueue_confirming
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyRecord, adopt_spec
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Verdict


@pytest.fixture
def study(make_study, add_trials):
    """A study of four trials whose budget is used up, held by this process."""
    with make_study("search.trials=4", "search.pruner=median") as study, study.place.lock():
        add_trials(study, 0.5, 0.75, 0.625, "failed")
        yield study


@pytest.fixture
def end_run(study):
    """`end_run(value)` claims the next trial and completes it, or fails it without a value; gives the trial."""
    search = OptunaSearch(study, "host:1")

    def end(value=None):
        trial = claim(study, search, lambda: False, "host:1")
        assert not isinstance(trial, NoTrial)
        if value is None:
            trial.tell(Failed(Cause("nan_loss", "in epoch 1")))
        else:
            learned = Learned(value, 1, value, {}, 10.0, {"val_accuracy": [value]})
            trial.tell(Completed(learned, (value,), save_model=lambda path: None))
            study.files.models.put(trial.number, lambda path: path.write_bytes(b"model"))
        return trial

    return end


def test_the_configs_of_trials_are_trained_again_whatever_the_budget_of_the_search(study, end_run):
    assert study.spent == "trials"
    assert enqueue_confirming(study, [1, 2], 2, None) == [4, 5, 6, 7]
    runs = [end_run(0.5) for _ in range(4)]
    assert [run.params for run in runs] == [study.trial(number).params for number in (1, 1, 2, 2)]
    assert all(isinstance(run, ConfirmingTrial) for run in runs)
    assert claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1") == NoTrial("trials")


def test_a_time_budget_that_is_used_up_does_not_end_a_confirmation(study, end_run):
    study.set_budget({"trials": 4, "timeout": 1e-6})
    with study.session(iter((0.0, 5.0, 9.0)).__next__):
        pass
    assert study.budget.is_over
    enqueue_confirming(study, [1], 1, None)
    assert end_run(0.5).number == 4


def test_what_goes_on_with_a_confirmation_alone_costs_the_search_no_time(study):
    enqueue_confirming(study, [1], 1, None)
    with study.session(iter((0.0, 5.0, 9.0)).__next__):  # nothing says that only they may run, as in `hpo resume`
        pass
    assert study.budget.worked_s == 0
    study.set_budget({"trials": 5})
    with study.session(iter((0.0, 5.0, 9.0)).__next__):
        pass
    assert study.budget.worked_s > 0


def test_nothing_of_the_search_knows_of_them(study, end_run):
    before = (study.counts(), study.budget.used, study.best, study.exhausted_after, [t.number for t in study.trials()])
    enqueue_confirming(study, [1], 2, None)
    assert study.budget.remaining == 0
    assert (study.state, study.may_begin) == ("running", 2)
    end_run(0.875)
    end_run(None)
    assert (study.counts(), study.budget.used, study.best, study.exhausted_after) == before[:-1]
    assert [trial.number for trial in study.trials()] == before[-1]
    assert [trial.number for trial in study.optuna_study.get_trials(deepcopy=False)] == before[-1]
    assert [trial.number for trial in study.compared_trials()] == [0, 1, 2]
    described = study.trials(confirming=True)
    assert [trial.confirms and trial.confirms["trial"] for trial in described] == [None] * 4 + [1, 1]
    assert study.trial(4).to_json()["confirms"] == {"trial": 1, "seed": 0, "folds": None, "fold": None}
    assert "confirms" not in study.trial(3).to_json()


def test_trials_of_the_search_go_on_behind_them_with_numbers_of_their_own(study, end_run, add_trials):
    enqueue_confirming(study, [1], 1, None)
    end_run(0.5)
    study.set_budget({"trials": 5})
    add_trials(study, 0.9)
    assert (study.best.number, study.budget.used) == (5, 5)
    assert [trial.number for trial in study.trials()] == [0, 1, 2, 3, 5]
    assert study.trial(5).values == [0.9]


def test_each_trains_one_model_where_the_trials_of_the_search_train_several(make_study, add_trials):
    with make_study("training.repeats=2") as study, study.place.lock():
        add_trials(study, 0.5)
        enqueue_confirming(study, [0], 1, None)
        run = claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1")
        assert run.config.training.repeats == 1
        assert study.spec.config(run.params).training.repeats == 2


def test_they_are_not_pruned(study):
    enqueue_confirming(study, [1], 1, None)
    run = claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1")
    assert run.report(EpochReport(1, 2, 0.01, 10.0)) is Verdict.CONTINUE
    assert run.report(EpochReport(2, 2, 0.01, 10.0)) is Verdict.CONTINUE


def test_where_only_some_trials_may_run_no_others_are_begun(study):
    enqueue_confirming(study, [1], 2, None)
    search = OptunaSearch(study, "host:1")
    study.ledger.claimable = study.retry_failed()
    assert not study.only_confirms
    assert claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1").number == 3
    study.ledger.claimable = [5]
    assert study.only_confirms
    assert claim(study, search, lambda: False, "host:1").number == 5
    assert isinstance(claim(study, search, lambda: False, "host:1"), NoTrial)


def test_more_seeds_are_added_to_those_there_are(study, end_run):
    enqueue_confirming(study, [1], 2, None)
    for value in (0.5, 0.7):
        end_run(value)
    assert enqueue_confirming(study, [1], 3, None) == [6]
    assert enqueue_confirming(study, [1], 3, None) == [6]
    assert not study.confirmation.is_complete
    end_run(0.6)
    assert enqueue_confirming(study, [1], 2, None) == []
    (config,) = study.confirmation.configs
    assert (config.values, config.mean) == ([0.5, 0.7, 0.6], pytest.approx(0.6))


def test_each_config_is_held_out_once_a_fold_and_seed(study, end_run):
    assert len(enqueue_confirming(study, [1], 2, 3)) == 6
    for value in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        end_run(value)
    (config,) = study.confirmation.configs
    assert [(run.seed, run.fold) for run in config.runs] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    enqueue_confirming(study, [1], 1, None)
    assert [config.values for config in study.confirmation.configs] == [[]]  # those of folds are another matter


def test_the_best_mean_wins_when_all_runs_have_ended_and_failed_ones_do_not_count(study, end_run):
    enqueue_confirming(study, [1, 2], 2, None)
    for value in (0.5, None, 0.75):
        end_run(value)
    assert study.confirmation.winner is None
    study.conclude_confirmation()
    assert study.ledger.confirmed is None
    end_run(0.25)
    confirmation = study.confirmation
    assert [(config.trial, config.mean) for config in confirmation.configs] == [(1, 0.5), (2, 0.5)]
    assert confirmation.winner.trial == 1
    assert [config.value for config in confirmation.configs] == [0.75, 0.625]


def test_the_test_part_is_read_for_one_config_and_for_no_other_afterwards(study, end_run):
    study.record_test_score(1, 0.7, 1.0)
    enqueue_confirming(study, [1, 2], 2, None)
    for value in (0.5, 0.6, 0.8, 0.9):
        end_run(value)
    assert study.unscored() == []
    study.conclude_confirmation()
    assert study.unscored() == [6, 7]
    study.record_test_score(6, 0.8, 0.5)
    study.conclude_confirmation()
    study.record_test_score(7, 0.9, 0.5)
    assert study.unscored() == []
    assert sorted(study.test_scores) == [1]  # those of the search are apart
    confirmation = study.confirmation
    assert (confirmation.tested, [run.test["accuracy"] for run in confirmation.test_runs]) == (2, [0.8, 0.9])
    enqueue_confirming(study, [1, 2], 3, None)
    for value in (1.0, 0.1):
        end_run(value)
    study.conclude_confirmation()
    confirmation = study.confirmation
    assert (confirmation.winner.trial, confirmation.tested) == (1, 2)
    assert study.unscored() == []


def test_what_the_test_part_has_said_stays_where_folds_are_asked_for_afterwards(study, end_run):
    enqueue_confirming(study, [1], 1, None)
    end_run(0.5)
    study.conclude_confirmation()
    study.record_test_score(4, 0.8, 0.5)
    enqueue_confirming(study, [2], 1, 2)
    for value in (0.5, 0.6):
        end_run(value)
    study.conclude_confirmation()
    confirmation = study.confirmation
    assert (confirmation.winner.trial, confirmation.tested, study.unscored()) == (2, 1, [])
    assert [run.number for run in confirmation.test_runs] == [4]


def test_a_study_whose_search_is_not_over_has_nothing_else_evaluated_meanwhile(study, end_run):
    study.set_budget({"trials": 9})
    study.files.models.put(1, lambda path: path.write_bytes(b"model"))
    study.ledger.claimable = enqueue_confirming(study, [1], 1, None)
    assert study.unscored() == []
    end_run(0.5)
    study.conclude_confirmation()
    assert study.unscored() == [4]
    study.ledger.claimable = None
    assert study.unscored() == [1, 4]


def test_models_stay_until_the_test_part_was_read_and_then_the_best_of_the_winner_alone(study, end_run):
    enqueue_confirming(study, [1, 2], 2, None)
    for value in (0.5, 0.6, 0.9, 0.8):
        end_run(value)
    study.remove_needless_files()
    assert study.files.models.numbers() == [4, 5, 6, 7]
    study.conclude_confirmation()
    study.record_test_score(6, 0.8, 0.5)
    study.remove_needless_files()
    assert study.files.models.numbers() == [4, 5, 6, 7]
    study.record_test_score(7, 0.9, 0.5)
    study.files.models.put(4, lambda path: path.with_suffix(".validation.npz").write_bytes(b"predictions"))
    study.remove_needless_files()
    assert study.files.models.numbers() == [6]
    assert study.confirmation.model == 6
    assert study.files.models.store.exists("trial-4.validation.npz")


def test_time_that_confirms_is_no_time_of_the_search(study):
    study.ledger.claimable = enqueue_confirming(study, [1], 1, None)
    worked = study.budget.worked_s
    with study.session(iter((0.0, 1.0, 60.0)).__next__):
        pass
    assert study.budget.worked_s == worked
    assert study.environments()[-1]["confirms"] is True


def test_looking_sees_the_same(study, end_run):
    enqueue_confirming(study, [1], 2, None)
    end_run(0.5)
    seen, own = StudyRecord(study.address).confirmation.to_json(), study.confirmation.to_json()
    assert seen == own
    assert (seen["winner"], seen["configs"][0]["mean"]) == (None, 0.5)
    assert make_runs(seen) == [(4, "complete", 0.5), (5, "waiting", None)]


def make_runs(confirmation):
    return [(run["number"], run["state"], run["value"]) for config in confirmation["configs"] for run in config["runs"]]


def test_a_study_without_a_confirmation_says_nothing(study):
    assert study.confirmation is None
    study.conclude_confirmation()
    assert study.ledger.confirmed is None


def test_a_run_whose_worker_is_gone_waits_and_goes_on_as_it_was(study):
    enqueue_confirming(study, [1], 1, None)
    with ActiveStudy(study.address) as other:
        run = claim(other, OptunaSearch(other, "host:9"), lambda: False, "host:9")
        run.report(EpochReport(1, 2, 0.4, 10.0))
    assert study.count_running() == 1
    study.end_attempts_of("host:9", "worker_died: gone")
    again = claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1")
    assert (again.number, again.attempt, again.confirms["trial"]) == (4, 2, 1)


def test_a_trial_is_confirmed_no_more_that_a_changed_space_does_not_have(study, end_run, spec):
    enqueue_confirming(study, [1], 1, None)
    end_run(0.5)
    from hpo.studies.record.widening import change_space

    depth = study.trial(1).params["depth"]
    change_space(study, spec("search.trials=4", "search.pruner=median", f"model.depth={3 - depth}"))
    study.reload()
    assert study.confirmation.configs == ()


def test_a_config_with_fewer_runs_than_are_asked_for_now_does_not_win(study, end_run):
    enqueue_confirming(study, [1, 2], 2, None)
    for value in (0.5, 0.6, 0.9):  # the last one is of trial 2, whose other run is not trained
        end_run(value)
    enqueue_confirming(study, [1], 2, None)
    confirmation, summary = study.confirmation, summarize_confirmation(study)
    assert confirmation.is_complete
    assert [(config.trial, config.is_complete) for config in confirmation.configs] == [(1, True), (2, False)]
    assert (confirmation.winner.trial, summary.winner, summary.separation) == (1, 1, None)
    assert [config.left for config in summary.configs] == [0, 0], "the run that waits is not asked for"
    assert "Confirmed: trial 1" in summary.in_words()[0]


def test_a_config_that_more_seeds_are_not_asked_for_has_no_run_left(study, end_run):
    enqueue_confirming(study, [1, 2], 1, None)
    end_run(0.5)
    end_run(0.9)
    enqueue_confirming(study, [1], 2, None)
    assert {config.trial: config.left for config in summarize_confirmation(study).configs} == {1: 1, 2: 0}
    end_run(0.6)
    summary = summarize_confirmation(study)
    assert (summary.winner, [config.left for config in summary.configs]) == (1, [0, 0])


def test_configs_that_lie_outside_the_space_now_are_not_said_to_have_come_to_nothing(study, end_run, spec):
    enqueue_confirming(study, [1], 1, None)
    end_run(0.5)
    change = adopt_spec(study, spec("search.trials=4", "training.learning_rate={float: [0.5, 0.9]}"))
    assert sorted(change.outside) == [0, 1, 2, 3]
    assert summarize_confirmation(study).in_words() == [
        "The configs that were confirmed lie outside the space, as it is now."
    ]


def test_a_run_shows_as_left_those_alone_that_it_may_train(study):
    enqueue_confirming(study, [1, 2], 2, None)
    study.ledger.claimable = enqueue_confirming(study, [1], 2, None)
    assert (Progress.of(study).confirms, Progress.of(study).left) == ({4: 1, 5: 1}, 2)
    study.ledger.claimable = None
    assert Progress.of(study).left == 2


@pytest.mark.parametrize("fewer", [([1, 2], 1, None), ([1], 3, None), ([1, 2], 1, 2)])
def test_runs_that_were_asked_for_once_and_no_more_hold_nothing_up(study, end_run, fewer):
    enqueue_confirming(study, [1, 2], 3, None)
    end_run(0.5)
    study.ledger.claimable = enqueue_confirming(study, *fewer)
    for _ in list(study.ledger.claimable):
        end_run(0.75)
    study.ledger.claimable = None
    assert claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1") == NoTrial("trials")
    assert (study.may_begin, Progress.of(study).left) == (0, 0)
    assert study.confirmation.is_complete
    assert sum(config.left for config in summarize_confirmation(study).configs) == 0
    assert "waiting" in [trial.state for trial in study.trials(confirming=True)]
    assert enqueue_confirming(study, [1, 2], 3, None), "they are trained where they are asked for again"
    assert study.may_begin


def test_runs_that_failed_are_trained_again_also_where_they_are_asked_for_no_more(study, end_run):
    enqueue_confirming(study, [1], 2, None)
    for _ in range(2):
        end_run(None)
    enqueue_confirming(study, [2], 1, None)
    end_run(0.5)
    study.storage.retry_failed(None)
    study.reload()
    study.ledger.claimable = [4, 5]
    assert study.find_open_runs() == {4: 1, 5: 1}
    assert end_run(0.5).number == 4


def test_a_run_that_was_there_before_says_that_it_confirms_from_then_on(study, end_run):
    shown, progress = [], Progress.of(study)
    view = SimpleNamespace(show=lambda event, lines: shown.extend(line.plain for line in lines))
    listen = show_events(progress, view)
    listen(TrialStarted(1, 3, {}, 2))
    assert not shown
    enqueue_confirming(study, [1, 2], 2, None)
    run = claim(study, OptunaSearch(study, "host:1"), lambda: False, "host:1")
    listen(TrialStarted(1, run.number, run.params, 2))
    assert shown == ["confirming trials 1, 2; 4 runs to train"]
    drawn = io.StringIO()
    Console(file=drawn, width=80).print(RunTable(progress))
    assert "confirms trial 1  depth=" in drawn.getvalue()
    listen(TrialEnded(1, run.number, "complete", [0.5], None, 1.0))
    listen(TrialsElsewhere(0, [(5, "complete", [0.6])], 1))
    assert shown[1].endswith("confirms trial 1")
    assert "2 of 4 confirming" in make_headline(progress).plain
    assert progress.done == 4, "they are no trials of the search"


def test_a_run_that_began_and_ended_before_it_was_looked_at_is_no_trial_of_the_search(study, end_run):
    progress = Progress.of(StudyRecord(study.address))
    enqueue_confirming(study, [1], 1, None)
    end_run(0.9)
    progress.take(TrialEnded(1, 4, "complete", [0.9], None, 1.0))
    assert (progress.done, progress.confirmed, progress.front[0][0]) == (4, {4}, 1)
