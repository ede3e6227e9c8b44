"""Every plot can be drawn, or says what it needs; whatever is drawn is small, and right in what it leaves out."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from large_study import make_large_study
from optuna.trial import TrialState, create_trial

from hpo.analysis.plots.catalog import PLOTS, draw_plot, find_plot
from hpo.analysis.plots.export import SizedFigure, draw_pictures
from hpo.analysis.plots.theme import read_description
from hpo.errors import UserError
from hpo.studies import StudyRecord
from hpo.studies.store.distributions import distribution

OF_TRIALS = (
    "history",
    "intermediate_values",
    "learning_curves",
    "slice",
    "parallel_coordinate",
    "contour",
    "rank",
    "edf",
)
EPOCH = {"metrics": {"accuracy": 0.5, "loss": 1.0, "val_accuracy": 0.4, "val_loss": 1.5}, "seconds": 1.0}
OF_MODELS = ("confusion_matrix", "class_scores", "calibration", "mistakes")


def draw_all(study):
    """Each plot as JSON, or why there is none."""
    study = study.snapshot()
    obstacles = {name: plot.find_obstacle(study) for name, plot in PLOTS.items() if name != "importances"}
    return {
        name: json.loads(draw_plot(study, name).to_json()) if obstacle is None else obstacle
        for name, obstacle in obstacles.items()
    }


def add(study, count, value, state=TrialState.COMPLETE, **parameters):
    """Add trials with these values of parameters, and others in between their bounds."""
    for number in range(count):
        params = {"depth": 1 + number % 3, "learning_rate": 1e-3 * (number + 1), "optimizer": "adam", **parameters}
        known = {parameter.name: distribution(parameter) for parameter in study.spec.space.parameters()}
        known = {name: known[name] for name in params}
        study.optuna_study.add_trial(
            create_trial(
                state=state,
                params=params,
                distributions=known,
                value=value(number),
                intermediate_values={1: 0.5},
                user_attrs={"hpo:epoch:1": EPOCH},
            )
        )


def numbers_of(texts):
    return {int(text.removeprefix("trial ").partition(":")[0]) for text in texts}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A thousand trials."""
    return StudyRecord(make_large_study(tmp_path_factory.mktemp("many"), 1000)).snapshot()


@pytest.fixture
def judged(study):
    """The study of thirty trials; its best has predictions for 40 images of two classes, of which some are wrong."""
    number, random = study.best.number, np.random.default_rng(0)
    labels = np.arange(40, dtype=np.int32) % 2
    right = random.uniform(0.3, 1.0, 40).astype(np.float32)
    probabilities = np.where(np.eye(2)[labels] == 1, right[:, None], 1 - right[:, None]).astype(np.float32)
    wrong = np.flatnonzero(right < 0.5)
    images = np.full((len(wrong), 8, 8, 3), 77, np.uint8)

    def write(path):
        about = {"classes": ["cat", "<dog>"], **study.files.models.describe(number)}
        path.with_suffix(".json").write_text(json.dumps(about))
        path.write_bytes(b"model")
        arrays = {"labels": labels, "probabilities": probabilities, "mistakes": wrong, "mistake_images": images}
        np.savez(path.with_suffix(".validation.npz"), allow_pickle=False, **arrays)

    study.files.models.put(number, write)
    yield study.snapshot()
    study.files.models.path(number).unlink()


def test_a_study_without_a_trial_has_no_plot_and_each_says_what_it_needs(empty_study):
    drawn = draw_all(empty_study)
    assert all(isinstance(reason, str) and reason.startswith("it needs") for reason in drawn.values())
    with pytest.raises(UserError, match=r"plot history: it needs a complete trial, and there is none\."):
        draw_plot(empty_study, "history")


def test_an_unknown_plot_is_refused_with_those_that_there_are():
    with pytest.raises(UserError, match=r"plot: a plot is history, .*mistakes\. Received 'histroy'\. .*'history'"):
        find_plot("histroy")
    assert find_plot("learning-curves").name == "learning_curves"


def test_one_trial_is_drawn_where_one_suffices(empty_study):
    add(empty_study, 1, lambda number: 0.5)
    drawn = draw_all(empty_study)
    assert [name for name, plot in drawn.items() if isinstance(plot, dict)] == [
        "history", "intermediate_values", "learning_curves", "edf", "timeline",
    ]  # fmt: skip
    assert drawn["slice"] == "it needs a parameter that took two values, and there is none"


def test_pruned_trials_show_how_they_learned_and_are_compared_with_none(empty_study):
    add(empty_study, 3, lambda number: 0.1, TrialState.PRUNED)
    drawn = draw_all(empty_study)
    assert [name for name, plot in drawn.items() if isinstance(plot, dict)] == ["intermediate_values", "timeline"]
    assert [trace["name"] for trace in drawn["intermediate_values"]["data"]] == ["pruned trials"]
    add(empty_study, 2, lambda number: 0.8)
    points = draw_all(empty_study)["history"]["data"][0]
    assert points["x"] == [3, 4]


def test_equal_values_and_values_that_are_not_finite_are_drawn(empty_study):
    add(empty_study, 6, lambda number: 0.5)
    add(empty_study, 2, lambda number: math.inf)
    drawn = draw_all(empty_study)
    assert all(isinstance(drawn[name], dict) for name in OF_TRIALS)
    assert drawn["history"]["data"][0]["x"] == [0, 1, 2, 3, 4, 5]


def test_a_conditional_parameter_is_shown_for_the_trials_that_have_it_and_says_when_that_is(many):
    figure = draw_plot(many, "slice")
    (axis,) = [axis for axis in figure.select_xaxes() if axis.title.text.startswith("optimizer.sgd.momentum")]
    assert axis.title.text == "optimizer.sgd.momentum<br><sup>if optimizer = sgd</sup>"
    name = axis.plotly_name.replace("axis", "")
    shown = set().union(
        *(numbers_of(trace.text) for trace in figure.data if trace.xaxis == name and trace.text is not None)
    )
    trials = many.trials()
    assert shown
    assert all("optimizer.sgd.momentum" in trials[number].params for number in shown)


def test_of_a_thousand_trials_every_plot_is_small_and_says_what_it_leaves_out(many):
    drawn = {name: plot for name, plot in draw_all(many).items() if isinstance(plot, dict)}
    assert set(drawn) >= set(OF_TRIALS)
    assert {name: len(json.dumps(plot)) for name, plot in drawn.items() if len(json.dumps(plot)) > 500_000} == {}
    assert drawn["intermediate_values"]["layout"]["xaxis"]["title"]["text"] == (
        "epoch<br><sup>100 of 1,000 trials shown, the best among them</sup>"
    )


def test_the_best_trial_is_drawn_however_many_others_there_are(many):
    best = many.best.number
    for name in ("history", "slice", "rank", "parallel_coordinate"):
        traces = draw_plot(many, name).data
        assert any(
            best in (trace.x or ()) or best in numbers_of(trace.text or ()) or trace.name == "best tenth"
            for trace in traces
        )


def test_several_objectives_have_a_panel_each_and_a_front_that_grows(two_objectives):
    drawn = draw_all(two_objectives)
    assert [axis["title"]["text"] for name, axis in drawn["history"]["layout"].items() if name.startswith("yaxis")] == [
        "val_accuracy", "parameters",
    ]  # fmt: skip
    volumes = drawn["hypervolume"]["data"][0]["y"]
    assert volumes == sorted(volumes)
    assert volumes[-1] == 1.0
    assert {trace["name"] for trace in drawn["pareto_front"]["data"]} == {"other trials", "Pareto front"}


def test_plots_of_classes_are_of_the_best_kept_model_and_name_the_part(judged):
    drawn = draw_all(judged)
    source = f"trial {judged.best.number}, 40 images of the validation part"
    for name in OF_MODELS:
        assert source in json.dumps(drawn[name])
    assert "&lt;dog&gt;" in json.dumps(drawn["class_scores"])
    assert "<dog>" not in json.dumps(drawn)
    assert drawn["mistakes"]["layout"]["images"][0]["source"].startswith("data:image/png;base64,")


def test_plots_of_classes_need_a_kept_model(study):
    drawn = draw_all(study)
    assert {drawn[name] for name in OF_MODELS} == {"it needs the predictions of a kept model, and there are none"}


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_matplotlib_draws_every_plot(judged, many, two_objectives, kind):
    figures = []
    if kind == "png":
        figures = [draw_plot(many, name) for name in OF_TRIALS] + [draw_plot(judged, name) for name in OF_MODELS]
    figures += [draw_plot(two_objectives, name) for name in ("history", "pareto_front", "hypervolume")]
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    pictures = draw_pictures([SizedFigure(figure, 360) for figure in figures], kind, "matplotlib")
    assert all(picture.startswith(starts[kind]) for picture in pictures)


def test_every_plot_has_a_title_and_a_question(judged):
    assert read_description(draw_plot(judged, "calibration")) == (
        "Calibration", "Is the best model right as often as it is sure?",
    )  # fmt: skip
    assert all(plot.title and plot.question.endswith("?") for plot in PLOTS.values())
