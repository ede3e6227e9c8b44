"""KerasTuner's oracles as search: the space as they see it, what they are told, and Hyperband's rounds."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from hpo.search import NoTrial, open_backend
from hpo.search.keras_tuner.brackets import Brackets
from hpo.spaces import load
from hpo.studies import Checkpoint
from hpo.studies.files.checkpoints import checkpoint_numbers
from hpo.studies.store.ledger import TrialLedger
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused, Pruned, Verdict

pytestmark = pytest.mark.engine


@pytest.fixture
def make_tuned(make_study, synthetic):
    """Creates a study of the synthetic space that an oracle searches."""

    def make(oracle, text=synthetic, **options):
        text = text[: text.index("search:")] + f"search: {{backend: keras_tuner, oracle: {oracle}, trials: 1000}}\n"
        return make_study(text, **options)

    return make


def train(trial, accuracy, epochs):
    """Train a trial to its end or until it is pruned; the epochs that were new."""
    done = len(trial._values)
    for epoch in range(done + 1, epochs + 1):
        verdict = trial.report(EpochReport(epoch, epochs, accuracy * epoch / epochs, 100.0))
        values = [accuracy * number / epochs for number in range(1, epoch + 1)]
        learned = Learned(values[-1], epoch, values[-1], {"parameters": 1000}, 100.0, {"val_accuracy": values})
        if epoch == epochs:
            trial.tell(Completed(learned, (values[-1],), save_model=lambda path: None))
        elif verdict is Verdict.PRUNE:
            trial.tell(Pruned(learned))
            return epoch - done
    return epochs - done


def accuracy_of(trial):
    return 0.5 + 0.4 * random.Random(trial.number).random()


class TestSpace:
    def test_every_value_comes_back_as_the_space_has_it(self, synthetic, finite, tmp_path):
        from hpo.search.keras_tuner.hyperparameters import TunedSpace

        path = tmp_path / "space.yaml"
        for text in (synthetic, finite):
            path.write_text(text)
            space = load(path).space
            tuned, generator = TunedSpace(space), random.Random(0)
            for _ in range(50):
                params = space.draw(generator)
                values = tuned.encode(params)
                assert tuned.decode(values.values) == params
                active = {hp.name for hp in values.space if values.is_active(hp)}
                assert active == set(params)

    def test_choices_of_mixed_types_and_lists_that_repeat_are_drawn_within_the_space(self, make_tuned):
        text = """\
data: {dataset: digits}
model:
  family: simple_cnn
  dense_units: {choice: [16, [32, 16], 32]}
  blocks: {repeat: {int: [1, 3]}, of: {filters: {int: [4, 12], step: 4}, dropout: {float: [0.0, 0.3], step: 0.1}}}
training: {epochs: 2, learning_rate: {float: [1e-4, 1e-1], log: true}, batch_size: {choice: [32, 64]}}
search:
"""
        study = make_tuned("random", text)
        search = open_backend(study, "a")
        seen = Counter()
        for _ in range(25):
            trial = search.ask()
            assert (
                study.spec.space.fill(lambda parameter, params=trial.params: params[parameter.name])[1] == trial.params
            )
            assert trial.config.training.epochs == 2
            seen["units", trial.params["dense_units"]] += 1
            seen["blocks", trial.params["blocks"]] += 1
            train(trial, 0.5, 2)
        assert len(seen) == 6


class TestBayesian:
    def test_it_learns_from_the_trials_of_the_study(self, make_tuned):
        text = "data: {dataset: digits}\nmodel: {family: simple_cnn, dropout: {float: [0.0, 0.8]}}\nsearch:\n"
        study = make_tuned("{bayesian: {num_initial_points: 6}}", text)
        search = open_backend(study, "a")
        for _ in range(10):
            trial = search.ask()
            train(trial, 1 - abs(trial.params["dropout"] - 0.1), trial.config.training.epochs)
        misses = [abs(trial.params["dropout"] - 0.1) for trial in study.trials()]
        assert min(misses[6:]) < min(misses[:6])

    def test_trials_that_run_or_failed_are_told_too(self, make_tuned):
        study = make_tuned("{bayesian: {num_initial_points: 2}}")
        search, other = open_backend(study, "a"), open_backend(study, "b")
        for _ in range(3):
            train(search.ask(), 0.5, 4)
        other.ask()
        search.ask().tell(Failed(Cause("nan_loss", "in epoch 1")))
        assert len({tuple(trial.params.items()) for trial in [*study.trials(), search.ask()]}) == 6


class TestHyperband:
    @pytest.mark.parametrize(("epochs", "factor"), [(4, 3), (10, 3), (81, 3), (20, 2)])
    def test_brackets_and_rounds_are_those_of_keras_tuner(self, epochs, factor):
        import keras_tuner

        oracle = keras_tuner.oracles.HyperbandOracle(objective="val_loss", max_epochs=epochs, factor=factor)
        brackets = Brackets(epochs, factor)
        assert brackets.count == oracle._get_num_brackets()
        for bracket in range(brackets.count):
            number = brackets.count - 1 - bracket
            assert brackets.halvings(bracket) + 1 == oracle._get_num_rounds(number)
            for round_ in range(number + 1):
                assert brackets.size(bracket, round_) == oracle._get_size(number, round_)
                assert brackets.epochs(bracket, round_) == oracle._get_epochs(number, round_)

    def test_all_rounds_of_all_brackets_are_run_as_keras_tuner_runs_them(self, make_tuned):
        import keras_tuner

        study = make_tuned("hyperband", on_disk=True)
        search = open_backend(study, "a")
        epochs = 0
        while (trial := search.ask()) is not None:
            epochs += train(trial, accuracy_of(trial), 4)
        assert (study.state, study.ledger.end) == ("finished", "hyperband has run all of its brackets")
        oracle = keras_tuner.oracles.HyperbandOracle(
            objective=keras_tuner.Objective("v", "max"), max_epochs=4, factor=3
        )
        for name in "ab":
            oracle.hyperparameters.Float(name, 0, 1)
        oracle.verbose, oracle._save_trial, oracle.save = 0, lambda trial: None, lambda: None
        expected = 0
        while (theirs := oracle.create_trial("tuner")).status == "RUNNING":
            values = theirs.hyperparameters.values
            expected += values["tuner/epochs"] - values["tuner/initial_epoch"]
            oracle.update_trial(theirs.trial_id, {"v": random.Random(theirs.trial_id).random()})
            theirs.status = "COMPLETED"
            oracle.end_trial(theirs)
        assert epochs == expected
        places = Counter(
            (rung["bracket"], round_)
            for trial in study.frozen_trials()
            for rung in [TrialLedger(trial.user_attrs).rung]
            for round_ in range(rung["round"] + 1)
        )
        brackets = Brackets(4, 3)
        assert places == {
            (bracket, round_): brackets.size(bracket, round_)
            for bracket in range(brackets.count)
            for round_ in range(brackets.halvings(bracket) + 1)
        }

    def test_the_best_of_a_round_go_on_with_their_numbers_and_the_others_stay_pruned(self, make_tuned):
        study = make_tuned("hyperband", on_disk=True)
        search = open_backend(study, "a")
        begun = []
        while (trial := search.ask()) is not None:
            begun.append((trial.number, trial.attempt))
            train(trial, accuracy_of(trial), 4)
        first = Brackets(4, 3).size(0, 0)
        promoted = {number for number, attempt in begun if attempt == 2 and number < first}
        scores = sorted(range(first), key=lambda number: random.Random(number).random(), reverse=True)
        assert promoted == set(scores[: Brackets(4, 3).size(0, 1)])
        states = {record.number: (record.state, record.epochs) for record in study.trials()}
        assert {states[number] for number in promoted} == {("complete", 4)}
        assert {states[number] for number in set(range(first)) - promoted} == {("pruned", 2)}
        assert all(record.attempts == (2 if record.number in promoted else 1) for record in study.trials()[:first])

    def test_workers_wait_while_a_round_runs_and_go_on_when_it_is_over(self, make_tuned):
        study = make_tuned("{hyperband: {iterations: 1}}", on_disk=True)
        workers = [open_backend(study, name) for name in "ab"]
        trials = []
        while not isinstance(trial := workers[len(trials) % 2].ask(), NoTrial):
            assert trial is not None
            trials.append(trial)
        assert trial == NoTrial("idle")
        for begun in trials:
            train(begun, accuracy_of(begun), 4)
        again = workers[0].ask()
        assert again.attempt == 2

    def test_a_paused_trial_goes_on_before_others_are_decided(self, make_tuned):
        study = make_tuned("hyperband", on_disk=True)
        search = open_backend(study, "a")
        trial = search.ask()
        trial.report(EpochReport(1, 4, 0.5, 100.0))
        trial.tell(Paused())
        again = open_backend(study, "b").ask()
        assert (again.number, again.attempt) == (trial.number, 2)

    def test_a_search_that_is_resumed_promotes_what_was_pruned_before(self, make_tuned):
        study = make_tuned("hyperband", on_disk=True)
        search = open_backend(study, "a")
        first = Brackets(4, 3).size(0, 0)
        for _ in range(first):
            train(search.ask(), 0.5, 4)
        assert study.state == "paused"
        assert open_backend(study, "b").ask().attempt == 2

    def test_a_failed_trial_leaves_its_place_to_another(self, make_tuned):
        study = make_tuned("hyperband", on_disk=True)
        search = open_backend(study, "a")
        search.ask().tell(Failed(Cause("nan_loss", "in epoch 1")))
        begun = set()
        while (trial := search.ask()) is not None:
            begun.add(trial.number)
            train(trial, accuracy_of(trial), 4)
        brackets = Brackets(4, 3)
        assert len(begun) == sum(brackets.size(bracket, 0) for bracket in range(brackets.count))

    def test_a_budget_that_is_spent_in_a_bracket_ends_the_search(self, make_tuned):
        study = make_tuned("hyperband", on_disk=True, trials=2)
        search = open_backend(study, "a")
        for _ in range(2):
            train(search.ask(2), 0.5, 4)
        assert search.ask(2) is None
        assert (study.state, study.spent) == ("finished", "trials")

    def test_failed_trials_that_run_again_have_no_others_promoted_meanwhile(self, make_tuned):
        study = make_tuned("hyperband", on_disk=True)
        search = open_backend(study, "a")
        failed = search.ask()
        failed.tell(Failed(Cause("nan_loss", "in epoch 1")))
        for _ in range(Brackets(4, 3).size(0, 0)):
            train(search.ask(), 0.5, 4)
        study.ledger.claimable = study.retry_failed()
        search = open_backend(study, "b")
        again = search.ask()
        assert again.number == failed.number
        train(again, 0.5, 4)
        assert search.ask() is None
        study.ledger.claimable = None
        assert study.state == "paused"
        assert search.ask().attempt > 1, "a promoted one"

    @pytest.mark.parametrize("is_last_paused", [False, True])
    def test_no_round_has_more_places_where_two_workers_ask_at_the_same_moment(
        self, make_tuned, monkeypatch, is_last_paused
    ):
        study = make_tuned("{hyperband: {iterations: 1}}", on_disk=True)
        one, two = open_backend(study, "a"), open_backend(study, "b")
        trials = []
        while not isinstance(trial := one.ask(), NoTrial):
            trials.append(trial)
        if is_last_paused:
            trials[-1].tell(Paused())
        else:  # its place is free again
            trials[-1].tell(Failed(Cause("nan_loss", "in epoch 1")))
        decide = two._decide

        def decide_too_late(others):
            decision = decide(others)
            monkeypatch.setattr(two, "_decide", decide)
            trials[-1] = one.ask()
            return decision

        monkeypatch.setattr(two, "_decide", decide_too_late)
        assert two.ask() == NoTrial("idle")
        assert sum(trial.state in ("running", "waiting") for trial in study.trials()) == len(trials)

    def test_a_trial_has_its_checkpoint_as_long_as_another_may_fail_in_the_round_that_it_has_missed(self, make_tuned):
        study = make_tuned("{hyperband: {iterations: 1}}", on_disk=True)
        search, brackets = open_backend(study, "a"), Brackets(4, 3)
        for _ in range(brackets.size(0, 0)):
            trial = search.ask()
            study.files.checkpoints(trial.number, trial.attempt).save(Checkpoint(2, 0, {}, {}))
            train(trial, accuracy_of(trial), 4)
        promoted = [search.ask() for _ in range(brackets.size(0, 1))]
        pruned = {record.number for record in study.trials() if record.state == "pruned"}
        search.ask()  # of the next bracket
        assert pruned <= set(checkpoint_numbers(study.files.checkpoint_store))
        for trial in promoted:
            train(trial, accuracy_of(trial), 4)
        search.ask()
        assert not pruned & set(checkpoint_numbers(study.files.checkpoint_store))
