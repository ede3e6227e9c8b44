"""Promotion: which trials go on at a rung, when those that have stopped do, and what is kept of them meanwhile."""

from __future__ import annotations

import pytest

from hpo.search import NoTrial, open_backend
from hpo.search.optuna.settings import Promotion
from hpo.studies import Checkpoint, StudyRecord
from hpo.studies.files.checkpoints import checkpoint_numbers
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused, Pruned, Verdict

SPACE = """\
study: promoted
data: {dataset: digits}
model: {family: simple_cnn, dropout: {float: [0.0, 0.8]}}
training: {epochs: 12}
search: {trials: 1000, sampler: random}
"""
RUNGS = (2, 6)


@pytest.fixture
def make_promoting(make_study):
    """Creates a study on disk that promotes trials."""

    def make(**search):
        return make_study(SPACE, on_disk=True, **search)

    return make


def train(study, trial, value, epochs=12):
    """Train a trial, whose epochs have all the same value, from where it is; the epoch that it has come to."""
    begun = max(study.trial(trial.number).epochs, 0)
    learned = Learned(value, begun + 1, value, {}, 1.0, {})
    for epoch in range(begun + 1, epochs + 1):
        study.files.checkpoints(trial.number, trial.attempt).save(Checkpoint(epoch, 0, {}, {}))
        if trial.report(EpochReport(epoch, 12, value, 1.0)) is Verdict.PRUNE:
            trial.tell(Pruned(learned))
            return epoch
    trial.tell(Completed(learned, (value,), save_model=lambda path: None))
    return epochs


def train_all(study, search, *values):
    """Train a new trial for each value; which epochs they come to."""
    return [train(study, search.ask(), value) for value in values]


def train_six(study, search):
    """Have six trials stop at the first rung; the best one has come to the second one, and number 2 is the next."""
    assert train_all(study, search, 0.5, 0.3, 0.4) == [2, 2, 2]
    assert train(study, search.ask(), 0.5) == 6
    assert train_all(study, search, 0.2, 0.1, 0.05) == [2, 2, 2]


@pytest.mark.parametrize(
    ("epochs", "rungs"),
    [(1, ()), (2, ()), (3, (2,)), (10, (2, 6)), (20, (2, 6)), (52, (3, 9, 27)), (200, (12, 36, 108))],
)
def test_rungs_begin_at_a_sixteenth_of_the_epochs_and_leave_a_third_at_least(epochs, rungs):
    assert Promotion().rungs(epochs) == rungs


def test_rungs_are_as_the_file_says():
    assert Promotion(min_resource=5, reduction_factor=2).rungs(40) == (5, 10, 20)


def test_one_in_three_goes_on_and_the_best_one_when_two_have_come_to_the_second_rung(make_promoting):
    study = make_promoting()
    search = open_backend(study, "w")
    assert train_all(study, search, 0.5, 0.3, 0.4) == [2, 2, 2]
    promoted = search.ask()
    assert (promoted.number, promoted.attempt) == (0, 2)
    assert train(study, promoted, 0.5) == 6  # it is the only one there
    assert train_all(study, search, 0.2, 0.1, 0.05) == [2, 2, 2]  # of six, two may go on
    promoted = search.ask()
    assert (promoted.number, promoted.attempt) == (2, 2)
    assert train(study, promoted, 0.4) == 6
    assert study.trial(2).state == "pruned"
    assert (study.trial(2).attempt_causes, study.trial(2).interruptions) == (["promoted", None], 0)
    promoted = search.ask()
    assert (promoted.number, promoted.attempt) == (0, 3)
    assert train(study, promoted, 0.5) == 12
    assert train(study, search.ask(), 0.9) == 12


@pytest.mark.parametrize("trials", [1, 2, 3, 5])
def test_however_few_trials_there_are_the_best_one_comes_to_its_end(make_promoting, trials):
    study = make_promoting(trials=trials)
    search = open_backend(study, "w")
    while (trial := search.ask(trials)) is not None:
        train(study, trial, 0.5 - trial.number / 10)
    assert [study.trial(number).epochs for number in range(trials)] == [12, *[2] * (trials - 1)]
    assert study.trial(0).state == "complete"


def test_where_half_of_the_budget_has_given_no_model_the_best_trial_goes_on_at_once(make_promoting):
    study = make_promoting(epochs=8)
    search = open_backend(study, "w")
    assert train_all(study, search, 0.5, 0.4) == [2, 2]
    promoted = search.ask()
    assert promoted.number == 0
    assert train(study, promoted, 0.5) == 12
    assert search.ask() is None
    assert study.trial(0).state == "complete"


def test_the_last_trial_goes_on_at_once_if_it_is_the_best(make_promoting):
    study = make_promoting(trials=2)
    search = open_backend(study, "w")
    assert train_all(study, search, 0.3, 0.5) == [2, 12]
    assert search.ask(2) is None


def test_a_lower_value_is_better_where_the_objective_is_minimized(make_study):
    study = make_study(f"{SPACE}objective: {{metric: val_loss, direction: minimize}}\n", on_disk=True)
    search = open_backend(study, "w")
    assert train_all(study, search, 0.5, 0.6, 0.4, 0.7) == [2, 2, 6, 2]


def test_a_trial_that_fails_or_has_no_number_leaves_its_place_to_the_next(make_promoting):
    study = make_promoting()
    search = open_backend(study, "w")
    search.ask().tell(Failed(Cause("nan_loss", "the loss is no number")))
    assert train_all(study, search, float("nan"), 0.3, 0.2) == [2, 2, 2]
    assert search.ask().number == 2


def test_a_trial_without_a_checkpoint_leaves_its_place_to_the_next(make_promoting):
    study = make_promoting()
    search = open_backend(study, "w")
    train_six(study, search)
    study.files.checkpoints(2, 0).remove()
    assert search.ask().number == 1


def test_a_promoted_trial_that_was_given_back_goes_on_before_any_other(make_promoting):
    study = make_promoting()
    search = open_backend(study, "w")
    train_six(study, search)
    search.ask().tell(Paused())
    assert search.ask().number == 2
    assert (study.trial(2).attempt_causes, study.trial(2).interruptions) == (["promoted", "paused", None], 1)


def test_checkpoints_are_kept_of_those_that_are_next_in_line(make_promoting):
    study = make_promoting()
    search = open_backend(study, "w")
    for _ in range(11):
        trial = search.ask()
        train(study, trial, 0.9 - trial.number / 100)
    study.remove_needless_files()
    search.ask()
    numbers = checkpoint_numbers(study.files.checkpoint_store)
    assert len(numbers) < 8
    assert {1, 2, 3} <= set(numbers)


def test_the_search_ends_when_nobody_may_be_promoted_and_leaves_no_checkpoint(make_promoting):
    study = make_promoting(trials=6)
    search, other = open_backend(study, "w"), open_backend(study, "v")
    train_six(study, search)
    best, second = search.ask(6), other.ask(6)
    assert (best.number, second.number) == (0, 2)
    assert search.ask(6) == NoTrial("idle")
    assert study.budget.may_begin
    assert train(study, second, 0.4) == 6
    assert train(study, best, 0.5) == 12
    assert search.ask(6) is None
    study.remove_needless_files()
    assert not study.budget.may_begin
    assert not checkpoint_numbers(study.files.checkpoint_store)
    assert StudyRecord(study.address).state == "finished"


def test_no_checkpoint_is_left_where_another_limit_than_that_of_trials_ends_the_search(make_promoting):
    study = make_promoting(epochs=14)
    search = open_backend(study, "w")
    assert train_all(study, search, 0.5, 0.3, 0.2) == [2, 2, 2]
    study.remove_needless_files()
    assert checkpoint_numbers(study.files.checkpoint_store) == [0, 1, 2]
    assert train(study, search.ask(), 0.5) == 12
    assert search.ask() is None
    study.remove_needless_files()
    assert not checkpoint_numbers(study.files.checkpoint_store)


def test_two_workers_never_promote_the_same_trial(make_promoting):
    study = make_promoting()
    one, two = open_backend(study, "a"), open_backend(study, "b")
    train_six(study, one)
    assert [one.ask().number, two.ask().number] == [2, 6]


def test_epochs_that_another_trial_has_trained_stop_none(make_promoting):
    study = make_promoting()
    search = open_backend(study, "w")
    train(study, search.ask(), 0.5)
    sharing = search.ask()
    shared = [EpochReport(epoch, 12, 0.4, 1.0, is_restored=True, trained_by=0) for epoch in (1, 2)]
    assert [sharing.report(report) for report in shared] == [Verdict.CONTINUE] * 2
    assert train(study, sharing, 0.4) == 6


def reach(study, trial, epoch, value):
    """Have a trial come to an epoch; whether it goes on."""
    study.files.checkpoints(trial.number, trial.attempt).save(Checkpoint(epoch, 0, {}, {}))
    if trial.report(EpochReport(epoch, 12, value, 1.0)) is Verdict.CONTINUE:
        return True
    trial.tell(Pruned(Learned(value, epoch, value, {}, 1.0, {})))
    return False


def test_where_a_limit_is_passed_and_no_trial_is_complete_the_best_one_goes_on_and_no_new_one_begins(make_promoting):
    study = make_promoting(epochs=5)
    one, two = open_backend(study, "a"), open_backend(study, "b")
    best, second = one.ask(), two.ask()
    assert [reach(study, best, epoch, 0.5) for epoch in (1, 2)] == [True, False]
    third = one.ask()
    assert reach(study, second, 1, 0.4)
    assert reach(study, third, 1, 0.3)
    assert not reach(study, second, 2, 0.4)
    assert not reach(study, third, 2, 0.3)
    assert study.budget.is_over
    study.remove_needless_files()
    assert StudyRecord(study.address).state == "paused"
    promoted = one.ask()
    assert (promoted.number, promoted.attempt) == (0, 2)
    assert two.ask() == NoTrial("idle")
    promoted.tell(Paused())  # whoever is interrupted then goes on, too
    promoted = two.ask()
    assert (promoted.number, promoted.attempt) == (0, 3)
    assert train(study, promoted, 0.5) == 12
    assert one.ask() is None
    study.remove_needless_files()
    assert not checkpoint_numbers(study.files.checkpoint_store)
    assert StudyRecord(study.address).state == "finished"


def test_a_study_whose_limit_is_passed_ends_without_a_model_where_nothing_of_its_trials_is_left(make_promoting):
    study = make_promoting(epochs=2)
    search = open_backend(study, "w")
    trial = search.ask()
    assert reach(study, trial, 1, 0.5)
    trial.tell(Failed(Cause("error", "the disk"), {}))
    trial = search.ask()
    trial.report(EpochReport(1, 12, 0.5, 1.0))
    trial.tell(Pruned(Learned(0.5, 1, 0.5, {}, 1.0, {})))
    assert search.ask() is None
    assert StudyRecord(study.address).state == "finished"


def test_a_finished_study_is_finished_after_its_failed_trials_have_run_again(make_promoting):
    study = make_promoting(trials=3)
    search = open_backend(study, "w")
    search.ask(3).tell(Failed(Cause("error", "the disk"), {}))
    while (trial := search.ask(3)) is not None:
        train(study, trial, 0.1 * trial.number)
    assert StudyRecord(study.address).state == "finished"
    study.ledger.claimable = study.retry_failed()
    search = open_backend(study, "w")
    retried = search.ask(3)
    assert (retried.number, train(study, retried, 0.05)) == (0, 2)
    assert search.ask(3) is None
    study.ledger.claimable = None
    study.remove_needless_files()
    assert StudyRecord(study.address).state == "finished"
    assert not checkpoint_numbers(study.files.checkpoint_store)


@pytest.mark.parametrize("trials", [1, 2, 3, 6])
def test_of_failed_trials_that_run_again_the_best_one_comes_to_its_end_and_no_other_trial_runs(make_promoting, trials):
    study = make_promoting(trials=trials + 1)
    search = open_backend(study, "w")
    for _ in range(trials):
        search.ask(trials + 1).tell(Failed(Cause("error", "the disk"), {}))
    study.ledger.claimable = study.retry_failed()
    search = open_backend(study, "w")
    while (trial := search.ask(trials + 1)) is not None:
        train(study, trial, 0.9 - trial.number / 10)
        study.remove_needless_files()
    study.ledger.claimable = None
    assert [trial.number for trial in study.trials()] == list(range(trials))
    assert study.trial(0).state == "complete"
    trial = open_backend(study, "w").ask(trials + 1)
    assert trial.number == trials, "the search goes on where it was"
