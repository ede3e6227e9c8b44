"""Runs from Python: what is shown and who is told; the runs themselves are tried where engines are."""

from __future__ import annotations

import re

import pytest

import hpo
from hpo import tuning
from hpo.errors import SpaceError, UserError
from hpo.fleet import EpochDone, TrialEnded, TrialStarted, WorkerReady

EVENTS = [
    WorkerReady(1, "host:1", "cpu"),
    TrialStarted(1, 0, {"depth": 2}, 1),
    EpochDone(1, 0, 1, 1, 0.5, 1000.0),
    TrialEnded(1, 0, "complete", [0.5], None, 60.0),
]


@pytest.fixture
def run(study, monkeypatch):
    """`run(...)`: `hpo.run` of a study in which these events happen."""

    def work(space, options, observer):
        listener = observer.listen(study)
        for event in EVENTS:
            listener(event)
        return study

    monkeypatch.setattr(tuning, "run", work)
    return lambda **options: hpo.run("small.yaml", **options)


def test_progress_is_shown(run, capsys):
    assert run().name == "small"
    printed = capsys.readouterr()
    assert "trial    0  complete  val_accuracy 0.5000" in printed.err
    assert printed.out == ""


def test_quiet_shows_nothing(run, capsys):
    run(quiet=True)
    assert capsys.readouterr() == ("", "")


def test_a_plain_callable_is_told_every_event_beside_the_progress(run, capsys):
    events, names = [], []
    run(listen=events.append)
    assert events == EVENTS
    assert "trial    0" in capsys.readouterr().err
    run(quiet=True, listen=lambda event: names.append(type(event).__name__))
    assert names == ["WorkerReady", "TrialStarted", "EpochDone", "TrialEnded"]
    run(quiet=True, listen=print)
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_a_function_of_the_study_gives_what_is_told_in_place_of_the_progress(run, capsys):
    events, studies = [], []

    def listen(study):
        studies.append(study.name)
        return events.append

    run(listen=listen)
    assert (studies, events) == (["small"], EVENTS)
    assert capsys.readouterr().err == ""


def test_a_space_is_a_path_a_name_or_a_dict(small_space):
    from_file = hpo.load(small_space)
    assert hpo.load(str(small_space)) == from_file
    assert hpo.load("quickstart").name == "quickstart"
    assert hpo.load(from_file.document) == from_file
    unnamed = {key: value for key, value in from_file.document.items() if key != "study"}
    assert hpo.load(unnamed).name == "study"
    assert hpo.load(unnamed, ["study=x"]).name == "x"


def test_a_dict_may_hold_numbers_of_numpy_and_paths(tmp_path, small_space):
    import numpy as np

    space = hpo.load(small_space).document
    space = {**space, "training": {**space["training"], "epochs": np.int64(3)}, "base": small_space}
    assert hpo.load(space).document["training"]["epochs"] == 3


def test_a_mistake_in_a_dict_is_told_by_its_name_without_a_line(small_space):
    space = hpo.load(small_space).document
    with pytest.raises(SpaceError) as caught:
        hpo.load({**space, "model": {"family": "simple_cnn", "dens_units": 3}, "seed": -1})
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all(re.match(r"(dens_units|seed): ", line) for line in lines), lines


def test_load_names_its_arguments_in_mistakes_as_run_does(small_space):
    with pytest.raises(SpaceError, match=r"^overrides, training\.epochs: it is a whole number\. Received 'many'\."):
        hpo.load(small_space, ["training.epochs=many"])
    with pytest.raises(UserError, match=r"^overrides: they are a list of texts, each path=value\. Received 'seed=1'\."):
        hpo.load(small_space, "seed=1")
    with pytest.raises(UserError, match=r"^space: it is a path, a name or a dict\. Received 5\."):
        hpo.load(5)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"text"])
def test_what_no_file_could_say_is_refused(small_space, value):
    with pytest.raises(UserError, match="a space given as values has texts, numbers"):
        hpo.load({**hpo.load(small_space).document, "seed": value})


WRONG = {
    "space": (5, "it is a path, a name or a dict. Received 5."),
    "trials": (0, "it is a whole number, at least 1. Received 0."),
    "timeout": ("8 bananas", "it is more than 0 seconds: a number, or a text such as 90s"),
    "workers": ("2", "it is a whole number, at least 1. Received '2'."),
    "launcher": ("locla", "a launcher is one of local. Received 'locla'. Did you mean 'local'?"),
    "engine": ("tensorflw", "it is one of tensorflow, jax, torch. Received 'tensorflw'. Did you mean 'tensorflow'?"),
    "overrides": ("epochs=3", "they are a list of texts, each path=value. Received 'epochs=3'."),
    "studies": (None, "it is the path of a folder. Received None."),
    "listen": (5, "it is a function. Received 5."),
    "note": (5, "it is a function. Received 5."),
    "warn": (5, "it is a function. Received 5."),
}
OF_RUNS = {"engine", "launcher"}
"""What `resume` does not take, or looks for when it has found the study."""


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        *((hpo.run, argument) for argument in WRONG),
        *((hpo.resume, argument) for argument in sorted(WRONG.keys() - OF_RUNS)),
    ],
)
def test_a_wrong_argument_is_refused_by_its_name_in_python(small_space, studies, call, argument):
    value, told = WRONG[argument]
    with pytest.raises(UserError) as caught:
        call(**{"space": small_space, "studies": studies, argument: value})
    assert str(caught.value).startswith(f"{argument}: {told}")
    assert not studies.exists()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("training.epochs=many", "overrides, training.epochs: it is a whole number. Received 'many'."),
        ("training.epochs", "overrides: it takes path=value. Received 'training.epochs'. Write training.epochs=5."),
    ],
)
def test_a_wrong_override_is_named_as_the_argument_of_python(small_space, studies, override, told):
    with pytest.raises(SpaceError) as caught:
        hpo.run(small_space, overrides=[override], studies=studies)
    assert str(caught.value) == told


def test_a_study_is_opened_by_its_address_or_by_name():
    with pytest.raises(UserError, match=r"^address: .* Open a study by its name: hpo\.open_study\('mri'\)\.$"):
        hpo.Study("mri")
    with pytest.raises(UserError, match=r"^studies: it is the path of a folder. Received 5\.$"):
        hpo.open_study("mri", studies=5)
