"""The sampler `auto`: where they begin, what they learn from, and what studies go on with."""

from __future__ import annotations

import copy
import itertools
import json
import math

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from hpo.search.optuna.curve_sampler import CurveSampler
from hpo.search.optuna.gaussian_process import GaussianProcess, log_improvement
from hpo.search.optuna.samplers import make_sampler
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import parse_spec, spec_of

DOCUMENT = {"study": "old", "data": "digits", "model": {"simple_cnn": {"depth": {"int": [1, 3]}}}}


def test_the_first_trial_is_in_the_middle_of_the_ranges_with_the_first_alternatives(make_study):
    first = OptunaSearch(make_study(sampler="auto"), "a").ask().params
    assert first["learning_rate"] == pytest.approx(10**-2.5)
    assert first["dropout"] == pytest.approx(0.4)
    assert (first["depth"], first["dense_units"], first["optimizer"]) == (2, 16, "adam")


def test_the_first_trial_has_the_priors_and_the_middle_elsewhere(make_study, synthetic):
    text = synthetic.replace("log: true}", "log: true, prior: 2.0e-3}")
    first = OptunaSearch(make_study(text, sampler="auto"), "a").ask().params
    assert first["learning_rate"] == 2.0e-3
    assert first["dropout"] == pytest.approx(0.4)


def test_any_sampler_begins_with_the_priors(make_study, synthetic):
    text = synthetic.replace("log: true}", "log: true, prior: 2.0e-3}")
    assert OptunaSearch(make_study(text), "a").ask().params["learning_rate"] == 2.0e-3


def test_it_soon_tries_little_but_the_best_region(make_study, drive):
    drawn = drive(make_study(sampler="auto"), 20)
    near = [0.005 < params["learning_rate"] < 0.02 and params["dropout"] < 0.1 for params in drawn.values()]
    assert sum(near[10:]) >= 8


def test_it_looks_near_a_prior_first(make_study, drive, synthetic):
    text = synthetic.replace("{float: [0.0, 0.8]}", "{float: [0.0, 0.8], prior: 0.6}")
    drawn = drive(make_study(text, sampler="auto"), 9, objective=lambda params: 0.5 + params["learning_rate"])
    assert all(abs(drawn[number]["dropout"] - 0.6) < 0.25 for number in range(6, 9))


def test_it_computes_with_one_thread_whatever_the_machine_has(make_study, drive, monkeypatch):
    def watch(self: GaussianProcess, points: np.ndarray, values: np.ndarray) -> None:
        threads.update(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        fit(self, points, values)

    threads: set[int] = set()
    fit = GaussianProcess.__init__
    monkeypatch.setattr(GaussianProcess, "__init__", watch)
    with threadpool_limits(2, user_api="blas"):
        drive(make_study(sampler="auto"), 8)
    assert threads == {1}


def test_it_chooses_what_the_constraints_admit(make_study, drive, synthetic):
    text = synthetic + "constraints: [dropout <= 0.008]\n"  # one config in a hundred
    drawn = drive(make_study(text, sampler="auto"), 16, objective=lambda params: params["dropout"])
    assert all(params["dropout"] <= 0.008 for params in drawn.values())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_draws_one_of_the_few_candidates_that_the_constraints_admit(make_study, drive, count):
    study = make_study(sampler="auto")
    drive(study, 8)
    sampler, searched, looks = make_sampler(study.spec), study.optuna_study, itertools.count()
    admitted: list[dict] = []

    def admits(params: dict) -> bool:
        is_admitted = params in admitted or 600 <= next(looks) < 600 + count
        if is_admitted and params not in admitted:
            admitted.append(params)
        return is_admitted

    sampler._admits = admits
    trial = searched.get_trials()[-1]
    sampler.begin(searched, trial, 0)
    drawn = sampler.draw(study.spec.space, searched, trial, {})
    assert len(admitted) == count
    assert not count or drawn in admitted


def test_what_only_a_network_decides_does_not_change_what_is_drawn(make_study, drive, synthetic):
    free = drive(make_study(sampler="auto"), 8)
    limited = drive(make_study(synthetic + "constraints: [parameters < 1e12]\n", sampler="auto"), 8)
    assert free == limited


def test_what_a_config_has_to_beat_is_drawn_each_time(make_study, drive, monkeypatch):
    def watch(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
        aims.append(best)
        return log_improvement(mean, deviation, best)

    aims: list[float] = []
    study = make_study(sampler="auto")
    drive(study, 8)
    monkeypatch.setattr("hpo.search.optuna.gaussian_process.log_improvement", watch)
    sampler, searched = make_sampler(study.spec), study.optuna_study
    for attempt in range(8):
        sampler.begin(searched, searched.get_trials()[-1], attempt)
        sampler.draw(study.spec.space, searched, searched.get_trials()[-1], {})
    each, again = aims[::2], aims[1::2]  # candidates are ranked twice, by one value
    assert each == again
    assert len(set(each)) == 8


def test_it_leaves_a_region_alone_in_which_trials_fail(make_study, drive):
    text = """\
study: diverging
data: digits
model: simple_cnn
training: {epochs: 4, learning_rate: {float: [1e-5, 10], log: true}}
search: {pruner: none}
"""

    def objective(params):
        rate = params["learning_rate"]
        return math.nan if rate > 0.3 else 1 / (1 + (math.log10(rate) + 2) ** 2)

    drawn = drive(make_study(text), 24, objective)
    assert sum(drawn[number]["learning_rate"] > 0.3 for number in range(10, 24)) <= 2


def test_a_trial_that_has_run_again_counts_for_what_it_has_shown_since(make_study, drive):
    study = make_study(sampler="auto")
    drive(study, 1)
    sampler = make_sampler(study.spec)
    (first,) = study.optuna_study.get_trials()
    curves = sampler._curves
    curves.update([first])
    assert curves.epochs[0] == 4
    again = copy.deepcopy(first)
    again.intermediate_values[4] = 1.0
    curves.update([again])
    assert curves.values[0, 3] == 1.0


def test_several_objectives_are_searched_by_tpe():
    one, two = (
        spec_of({**DOCUMENT, "objective": objective}, "")
        for objective in ("val_accuracy", ["val_accuracy", "parameters"])
    )
    assert isinstance(make_sampler(one), CurveSampler)
    assert not isinstance(make_sampler(two), CurveSampler)


def test_a_stored_file_without_sampler_and_pruner_has_those_that_were_the_defaults_then():
    stored = parse_spec(json.dumps({**DOCUMENT, "search": {"trials": 7}}), "old")
    assert (stored.search.choices["sampler"], stored.search.choices["pruner"]) == ("tpe", "median")
    assert parse_spec(stored.to_json(), "old").search == stored.search


def test_what_a_file_leaves_out_is_stored_as_it_is_meant_now():
    spec = spec_of(DOCUMENT, "")
    assert json.loads(spec.to_json())["search"] == {"sampler": "auto", "pruner": "auto"}
    assert parse_spec(spec.to_json(), "") == spec


def test_a_file_that_does_not_say_how_to_search_follows_the_study():
    stored = parse_spec(json.dumps(DOCUMENT), "old")
    silent, outspoken = spec_of(DOCUMENT, ""), spec_of({**DOCUMENT, "search": {"sampler": "random"}}, "")
    assert json.loads(silent.following(stored).to_json())["search"] == {"sampler": "tpe", "pruner": "median"}
    for followed, sampler in ((silent.following(stored), "tpe"), (outspoken.following(stored), "random")):
        assert (followed.search.choices["sampler"], followed.search.choices["pruner"]) == (sampler, "median")


def test_a_process_interpolates_and_is_unsure_far_away():
    points = np.linspace(0, 0.5, 12)[:, None]
    process = GaussianProcess(points, np.sin(6 * points[:, 0]))
    mean, deviation = process.predict(np.array([[0.25], [1.0]]))
    assert mean[0] == pytest.approx(np.sin(1.5), abs=0.05)
    assert deviation[1] > 5 * deviation[0]


def test_what_is_believed_makes_a_process_sure_there_and_changes_no_mean():
    points = np.linspace(0, 0.5, 12)[:, None]
    process = GaussianProcess(points, np.sin(6 * points[:, 0]))
    there = np.array([[0.9]])
    before = process.predict(there)
    process.believe(there)
    after = process.predict(there)
    assert after[0] == pytest.approx(before[0], abs=1e-6)
    assert after[1] < before[1] / 2


def test_improvement_is_finite_and_rises_with_the_mean_however_far_below_the_best():
    means = np.linspace(-60, 3, 200)
    values = log_improvement(means, np.ones(200), 0.0)
    assert np.isfinite(values).all()
    assert (np.diff(values) > 0).all()
