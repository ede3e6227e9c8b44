"""What is concluded of a study, how sure its best is, and what to try next, each with its evidence."""

from __future__ import annotations

import random
import shlex

import pytest
from optuna.trial import TrialState, create_trial

from hpo.analysis.diagnosis import advise, conclude, measure_certainty
from hpo.spaces import spec_of
from hpo.studies import create_study
from hpo.studies.store.distributions import distribution

EPOCHS = 12


def grow(value):
    return [value * (1 - 0.5**epoch) for epoch in range(1, EPOCHS + 1)]


@pytest.fixture
def make_study(tmp_path):
    """Makes a study of so many trials drawn at random, with the value that `value_of` gives their parameters."""

    def make(
        trials, value_of, *, space=None, fail=lambda params: None, stop=lambda params: None, search=None,
        epochs=EPOCHS, images=2000,
    ):  # fmt: skip
        document = {
            "study": "judged",
            "data": {"dataset": "digits"},
            "model": {"family": "simple_cnn", "depth": {"int": [1, 3]}},
            "training": {"epochs": epochs, "learning_rate": {"float": [1e-4, 1e-1], "log": True}},
            "search": {"pruner": "none", **(search or {})},
            **(space or {}),
        }
        spec = spec_of(document, "judged")
        study = create_study(spec, tmp_path / "studies")
        parts = {"train": 40_000, "validation": images, "test": images}
        study.record_data({"dataset": "digits", "classes": 10, "images": parts, "notes": [], "text": "digits"})
        known = {parameter.name: distribution(parameter) for parameter in spec.space.parameters()}
        draw = random.Random(0)
        for _ in range(trials):
            params = spec.space.draw(draw)
            cause, value = fail(params), value_of(params)
            curve = grow(value) if isinstance(value, float) else value
            ended = TrialState.COMPLETE if cause is None else TrialState.FAIL
            if (last := stop(params)) is not None:
                curve, ended = curve[:last], TrialState.PRUNED
            attributes = {"best_epoch": len(curve), "history": {"val_accuracy": curve, "accuracy": curve}}
            study.optuna_study.add_trial(
                create_trial(
                    state=ended,
                    params=params,
                    distributions={name: known[name] for name in params},
                    value=max(curve) if cause is None else None,
                    user_attrs=attributes if cause is None else {"cause": cause},
                    intermediate_values=dict(enumerate(curve, 1)) if cause is None else {},
                )
            )
        return study

    return make


def take_up(study, remedy):
    """The space that a remedy's command gives, as `hpo resume` and `hpo run` read it."""
    words = shlex.split(remedy[remedy.rindex("hpo r") :].removesuffix("`"))
    overrides = [words[index + 1] for index, word in enumerate(words) if word == "--set"]
    assert overrides
    return spec_of(study.spec.document, study.name, overrides, is_stored=True)


def find(study, word):
    return next((advice for advice in advise(study) if advice.words.startswith(word)), None)


def test_a_study_is_what_its_best_trial_is_and_the_others_stand_beside_it(make_study):
    conclusion = conclude(make_study(12, lambda params: 0.5 + params["depth"] / 10))
    assert conclusion.kind == "underfitting"
    assert conclusion.words.startswith("Stops learning: trial ")
    assert "Of the 10 best trials, 10 stop learning." in conclusion.evidence


def test_a_study_without_a_complete_trial_says_what_failed(make_study):
    assert conclude(make_study(0, lambda params: 0.5)).words == "Not ended: no trial has ended yet."


def test_causes_are_counted_where_no_trial_is_complete(make_study):
    conclusion = conclude(make_study(3, lambda params: 0.5, fail=lambda params: "error: ValueError: broken"))
    assert conclusion.kind == "failed"
    assert conclusion.evidence == ("3 of them: error: ValueError: broken",)


def test_the_best_of_many_is_told_with_its_interval_and_what_luck_adds(make_study):
    certainty = measure_certainty(make_study(30, lambda params: 0.8, images=500))
    assert certainty.interval[0] < certainty.value < certainty.interval[1]
    assert certainty.contenders == 30
    assert 0.02 < certainty.optimism < 0.04  # two standard errors of 500 images
    words = " ".join(certainty.in_words())
    assert "500 images" in words
    assert "30 of the 30 trials compared lie in that interval" in words
    assert "partly lucky" in words


def test_a_best_trial_that_stands_out_is_told_so(make_study):
    values = iter([0.7, 0.71, 0.95])
    certainty = measure_certainty(make_study(3, lambda params: next(values)))
    assert certainty.contenders == 1
    assert "None of the other 2 trials lies in that interval." in certainty.in_words()


def test_a_range_on_whose_edge_the_best_sit_is_widened(make_study):
    study = make_study(40, lambda params: 0.9 + 0.02 * params["depth"])
    advice = find(study, "Widen depth")
    assert "at the upper end" in advice.words
    assert "from 1 to 3" in advice.evidence[0]
    assert advice.remedy.startswith("Set depth: {int: [1, 4]}. Type: `hpo resume")
    (depth, _) = take_up(study, advice.remedy).space.parameters()
    assert depth.high == 4


def test_a_range_on_a_log_scale_is_widened_by_a_factor(make_study):
    study = make_study(40, lambda params: 0.95 - 10 * params["learning_rate"] ** 2 - params["learning_rate"] / 5)
    advice = find(study, "Widen learning_rate")
    assert "at the lower end" in advice.words
    (_, rate) = take_up(study, advice.remedy).space.parameters()
    assert rate.low < 1e-5
    assert rate.high == 0.1


def test_a_range_in_whose_middle_the_best_sit_is_left_alone(make_study):
    study = make_study(40, lambda params: 0.95 - abs(params["learning_rate"] - 0.003))
    assert find(study, "Widen") is None


def test_a_range_that_ends_where_the_rules_do_is_left_alone(make_study):
    space = {"model": {"family": "simple_cnn", "dropout": {"float": [0.0, 0.5]}, "depth": {"int": [1, 3]}}}
    study = make_study(40, lambda params: 0.95 - params["dropout"] / 4, space=space)
    assert find(study, "Widen dropout") is None


def test_a_parameter_that_does_no_more_than_chance_may_be_fixed(make_study):
    study = make_study(40, lambda params: 0.95 - abs(params["learning_rate"] - 0.01))
    advice = find(study, "Fix depth")
    assert "40 trials" in advice.evidence[0]
    assert [parameter.name for parameter in take_up(study, advice.remedy).space.parameters()] == ["learning_rate"]
    assert "in another study" in advice.remedy


def test_trials_that_diverge_at_high_learning_rates_narrow_the_range(make_study):
    study = make_study(
        40,
        lambda params: 0.9,
        fail=lambda params: "nan_loss: the loss is no finite number" if params["learning_rate"] > 0.01 else None,
    )
    advice = find(study, "Keep trials from diverging")
    assert "All that diverged have learning_rate from 0.01" in advice.evidence[-1]
    (_, rate) = take_up(study, advice.remedy).space.parameters()
    assert 0.01 <= rate.high < 0.0135


def test_a_few_failures_are_no_reason_for_advice(make_study):
    failing = iter([True, True] + [False] * 38)
    study = make_study(40, lambda params: 0.9, fail=lambda params: "error: broken" if next(failing) else None)
    assert find(study, "Correct") is None


def test_best_trials_that_were_still_learning_ask_for_more_epochs(make_study):
    study = make_study(12, lambda params: [0.3 + 0.04 * epoch for epoch in range(EPOCHS)])
    advice = find(study, "Train longer")
    assert "10 of the 10 best trials" in advice.evidence[0]
    config = take_up(study, advice.remedy).config({"depth": 1, "learning_rate": 0.01})
    assert config.training.epochs == 24


def test_a_search_that_still_improved_is_to_go_on(make_study):
    values = iter([0.7] * 24 + [0.8] * 6)
    advice = find(make_study(30, lambda params: next(values), search={"trials": 30}), "Search further")
    assert "The best of the last 6 trials came to val_accuracy 0.79" in advice.evidence[0]
    assert advice.remedy.endswith("--trials 45`")


def test_a_pruner_that_never_stops_a_trial_is_told(make_study):
    study = make_study(40, lambda params: 0.9, search={"pruner": "median"})
    advice = find(study, "Prune harder")
    assert take_up(study, advice.remedy).search.pruner.name == "successive_halving"


@pytest.mark.parametrize(
    ("search", "options"),
    [
        ({"pruner": "auto"}, {"name": "promotion", "min_resource": 4}),
        (
            {"backend": "wandb", "method": "hpo", "pruner": "auto"},
            {"name": "successive_halving", "min_resource": 4, "reduction_factor": 2, "n_min_trials": 3},
        ),
        ({"pruner": "median"}, {"name": "median", "n_warmup_steps": 4}),
        ({"pruner": {"successive_halving": {"min_resource": 2}}}, {"name": "successive_halving", "min_resource": 4}),
    ],
)
def test_a_pruner_that_stops_trials_when_nobody_can_tell_yet_is_to_wait(make_study, search, options):
    luck = random.Random(1)
    study = make_study(
        40,
        lambda params: [
            luck.random() / 10,
            luck.random() / 10,
            *(params["learning_rate"] + 0.1 * n for n in range(10)),
        ],
        stop=lambda params: 2 if params["depth"] == 1 else None,
        search=search,
    )
    advice = find(study, "Prune later")
    assert "half of them by epoch 2 of 12" in advice.evidence[0]
    pruner = take_up(study, advice.remedy).search.pruner
    assert {key: getattr(pruner, key) for key in options} == options


def test_advice_and_conclusions_import_no_engine(make_study):
    import subprocess
    import sys

    study = make_study(12, lambda params: 0.9)
    program = (
        "import sys; from pathlib import Path; from hpo.studies import StudyAddress, StudyRecord;"
        "from hpo.analysis.diagnosis import advise, conclude, measure_certainty;"
        f"study = StudyRecord(StudyAddress.in_folder(Path({str(study.files.path)!r})));"
        "conclude(study), measure_certainty(study), advise(study);"
        "print({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
