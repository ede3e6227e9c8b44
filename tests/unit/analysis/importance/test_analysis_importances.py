"""Importances tell what decided, and say so when they cannot."""

from __future__ import annotations

import math
import random
import sys

import pytest
from study_in_memory import StudyInMemory

from hpo.analysis import compute_importances, render
from hpo.analysis.importance.importances import MOST_TRIALS
from hpo.errors import MissingExtraError, UserError

NOISE = 0.01
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 2))]


@pytest.fixture
def empty_study(empty_study):
    """In memory: what is computed of many trials does not depend on where they are kept."""
    empty_study.close()
    return StudyInMemory(empty_study.address)


def rows(result) -> dict[str, float]:
    """The shares of what does more than chance."""
    return {name: share for name, share in result.shares.items() if name not in result.by_chance}


def test_the_parameter_that_decides_the_value_is_the_most_important(study):
    result = compute_importances(study)
    assert next(iter(result.shares)) == "learning_rate"
    assert result.shares["learning_rate"] > 0.5
    assert "learning_rate" not in result.by_chance
    assert sum(result.shares.values()) == pytest.approx(1)
    assert (result.trials, result.method) == (30, "fANOVA")


@pytest.mark.parametrize("seed", SEEDS)
def test_one_choice_that_makes_all_of_the_difference_has_nearly_all_of_the_shares(empty_study, complete_trials, seed):
    noise = random.Random(seed)
    complete_trials(empty_study, 25, lambda params: 0.5 + 0.4 * (params["optimizer"] == "adam") + noise.gauss(0, NOISE))
    result = compute_importances(empty_study)
    assert list(rows(result)) == ["optimizer"]
    assert result.shares["optimizer"] > 0.9


def test_a_parameter_that_only_some_trials_have_is_ranked_by_what_it_does_in_them(empty_study, complete_trials):
    noise = random.Random(0)

    def value(params) -> float:
        return 0.5 + 0.5 * (params.get("optimizer.sgd.momentum", 0.45) - 0.45) + noise.gauss(0, NOISE)

    complete_trials(empty_study, 40, value)
    result = compute_importances(empty_study)
    assert result.conditional == ("optimizer.sgd.momentum",)
    assert list(rows(result)) == ["optimizer.sgd.momentum"]
    assert result.shares["optimizer.sgd.momentum"] > 0.5
    assert "Only some trials have optimizer.sgd.momentum." in result.in_words()


def test_what_opens_a_parameter_is_no_merit_of_the_parameter(empty_study, complete_trials):
    noise = random.Random(0)
    complete_trials(empty_study, 40, lambda params: 0.5 + 0.3 * (params["optimizer"] == "sgd") + noise.gauss(0, NOISE))
    result = compute_importances(empty_study)
    assert list(rows(result)) == ["optimizer"]
    assert result.shares["optimizer.sgd.momentum"] < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_of_noise_nothing_is_told_apart_from_chance(empty_study, complete_trials, seed):
    noise = random.Random(seed)
    complete_trials(empty_study, 20, lambda params: noise.random())
    result = compute_importances(empty_study)
    assert set(result.by_chance) == set(result.shares) != set()
    assert f"No more than chance: {', '.join(result.by_chance)}." in " ".join(result.in_words())


def test_what_is_not_told_apart_stands_below_what_is_and_is_named(study):
    result = compute_importances(study)
    assert tuple(result.shares)[-len(result.by_chance) :] == result.by_chance != ()
    assert f"No more than chance: {', '.join(result.by_chance)}." in " ".join(result.in_words())
    assert "No more than chance: " in render(study)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("better", [1, 3])
def test_where_nearly_all_trials_have_the_same_value_that_is_said_in_words(empty_study, complete_trials, better):
    values = iter([0.1] * (60 - better) + [0.9] * better)
    complete_trials(empty_study, 60, lambda params: next(values))
    result = compute_importances(empty_study)
    assert result.ties == 60 - better
    text = " ".join(result.in_words())
    assert f"{60 - better} of the trials have the same value, so all rests on the other {better}" in text
    assert len(set(result.shares.values())) > 1, "equal shares would be no answer"


def test_ties_do_not_hide_a_parameter_that_decides(empty_study, complete_trials):
    complete_trials(empty_study, 100, lambda params: 0.9 if params["learning_rate"] > 0.06 else 0.1)
    result = compute_importances(empty_study)
    assert result.ties > 90
    assert next(iter(result.shares)) == "learning_rate"
    assert "learning_rate" not in result.by_chance


def test_the_same_study_gives_the_same_answer(study):
    assert compute_importances(study) == compute_importances(study)


def test_with_several_objectives_importances_are_for_being_near_the_front(two_objectives):
    result = compute_importances(two_objectives)
    assert result.trials == 40
    assert set(result.shares) == {"depth", "learning_rate", "optimizer", "optimizer.sgd.momentum"}
    assert sum(result.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(("n_trials", "reason"), [(0, "there are 0"), (1, "there is 1"), (5, "the same values")])
def test_nothing_is_said_of_too_few_trials_or_of_equal_values(empty_study, complete_trials, n_trials, reason):
    complete_trials(empty_study, n_trials, lambda params: 0.5)
    result = compute_importances(empty_study)
    assert result.shares == {}
    assert reason in result.reason


def test_where_a_method_explains_nothing_that_is_said_and_no_share_is_given(empty_study, complete_trials):
    complete_trials(empty_study, 2, lambda params: params["learning_rate"])
    result = compute_importances(empty_study)
    assert result.parameters == ()
    assert result.reason == "fANOVA finds no parameter that explains these 2 trials"


def test_plain_values_say_which_shares_are_not_told_apart(study):
    plain = compute_importances(study).to_json()
    assert plain.keys() >= {"shares", "by_chance", "conditional", "trials", "ties", "reason", "method"}
    assert plain["method"] == "fANOVA"


def test_a_parameter_that_never_varied_is_named_and_decides_nothing(empty_study, complete_trials):
    complete_trials(empty_study, 60, lambda params: params["learning_rate"] - 10 * params["depth"])
    result = compute_importances(empty_study, trials="best quarter")
    assert result.trials == 15
    assert result.constant == ("depth",)
    assert "depth" not in result.shares
    assert next(iter(result.shares)) == "learning_rate"
    assert "Nothing can be said of depth, which took one value in all trials." in result.in_words()


@pytest.mark.parametrize("method", ["fanova", "ped_anova", "mdi", "shap"])
def test_every_method_ranks_a_parameter_that_only_some_trials_have(empty_study, complete_trials, method):
    if method == "shap":
        pytest.importorskip("shap")
    noise = random.Random(0)

    def value(params) -> float:
        return params.get("optimizer.sgd.momentum", 0.45) + noise.gauss(0, NOISE)

    complete_trials(empty_study, 60, value)
    momentum = next(iter(compute_importances(empty_study, method=method).parameters))
    assert momentum.name == "optimizer.sgd.momentum"
    assert momentum.conditional
    assert momentum.low <= momentum.share <= momentum.high
    assert momentum.trials < 60
    assert momentum.within > 0.5


def test_what_the_best_trials_have_in_common_may_be_other_than_what_makes_the_difference(empty_study, complete_trials):
    noise = random.Random(0)

    def value(params) -> float:
        is_good = 1e-3 < params["learning_rate"] < 3e-2
        return (0.5 + 0.2 * params["depth"] if is_good else 0.0) + noise.gauss(0, NOISE)

    complete_trials(empty_study, 200, value)
    common = compute_importances(empty_study, method="ped_anova")
    assert list(compute_importances(empty_study).shares)[:1] == ["learning_rate"]
    assert list(common.shares)[:1] == ["depth"]
    assert "Asked is what sets the best 20 of them apart" in common.in_words()[1]


def test_a_method_that_is_not_installed_is_named_with_how_to_install_it(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hpo\[shap\]"'):
        compute_importances(study, method="shap")


def test_a_method_that_there_is_not_is_refused_with_those_that_there_are(study):
    with pytest.raises(UserError, match=r"Received 'anova'\. Choose one of fanova, ped_anova, mdi, shap"):
        compute_importances(study, method="anova")


def test_measures_and_metrics_of_epochs_are_explained_too(empty_study, complete_trials):
    def attributes(params) -> dict:
        losses = [9.0, 1 / params["learning_rate"], 9.0]
        return {"best_epoch": 2, "history": {"loss": losses}, "measures": {"parameters": 100.0 ** params["depth"]}}

    complete_trials(empty_study, 30, lambda params: params.get("optimizer.sgd.momentum", 0.5), attributes)
    sizes = compute_importances(empty_study, metric="parameters")
    assert (sizes.metric, next(iter(sizes.shares))) == ("parameters", "depth")
    assert "fANOVA of parameters over 30 complete trials" in sizes.in_words()[0]
    assert next(iter(compute_importances(empty_study, metric="loss").shares)) == "learning_rate"


def test_a_metric_that_no_trial_has_is_refused_with_those_that_there_are(study):
    with pytest.raises(UserError, match=r"Received 'auc'\. Choose one of val_accuracy, parameters, duration_s"):
        compute_importances(study, metric="auc")


def test_pruned_trials_count_by_choice_and_are_told(study):
    assert compute_importances(study).pruned == 0
    result = compute_importances(study, pruned=True)
    assert (result.trials, result.pruned) == (31, 1)
    assert "over 31 trials, 1 of them pruned." in result.in_words()[0]


def test_the_best_quarter_is_that_of_the_objective_whatever_is_explained(empty_study, complete_trials):
    complete_trials(
        empty_study,
        60,
        lambda params: params["depth"] + params["learning_rate"],
        lambda params: {"measures": {"parameters": params["learning_rate"]}},
    )
    result = compute_importances(empty_study, metric="parameters", trials="best quarter")
    assert result.constant == ("depth",)
    assert "over the best quarter, 15 complete trials" in result.in_words()[0]
    with pytest.raises(UserError, match="'all' or 'best quarter'"):
        compute_importances(empty_study, trials="best half")


def test_a_rank_is_told_where_it_is_stable_and_the_others_are_named(empty_study, complete_trials):
    noise = random.Random(0)
    complete_trials(empty_study, 60, lambda params: params["depth"] + 0.01 * noise.random())
    result = compute_importances(empty_study)
    depth, *others = result.parameters
    assert (depth.name, depth.rank, depth.ranks) == ("depth", 1, (1, 1))
    assert all(other.rank is None for other in others)
    assert "Each rank can be told" in " ".join(result.in_words())


def test_parameters_that_matter_as_much_have_no_rank_and_the_words_say_so(empty_study, complete_trials):
    def value(params) -> float:
        return params["depth"] + math.log10(params["learning_rate"]) / 3 * 2

    complete_trials(empty_study, 40, value)
    result = compute_importances(empty_study)
    assert {"depth", "learning_rate"} <= rows(result).keys()
    assert all(one.ranks[0] == 1 and one.rank is None for one in result.parameters[:2])
    assert "No rank can be told" in " ".join(result.in_words())


def test_a_range_on_a_log_scale_counts_by_powers_of_ten(empty_study, complete_trials):
    """Where it counts by its numbers, nine tenths of a range are its last power of ten, in which nothing happens."""
    complete_trials(empty_study, 60, lambda params: float(params["learning_rate"] > 1e-3))
    result = compute_importances(empty_study)
    assert result.shares["learning_rate"] > 0.9


def test_of_very_many_trials_some_are_drawn_and_that_is_told(empty_study, complete_trials):
    complete_trials(empty_study, MOST_TRIALS + 40, lambda params: params["learning_rate"])
    result = compute_importances(empty_study)
    assert (result.trials, result.drawn) == (MOST_TRIALS + 40, MOST_TRIALS)
    assert f"computed of {MOST_TRIALS} of the trials, drawn at random" in " ".join(result.in_words())
