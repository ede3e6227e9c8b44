"""The command line in a hand that does not know it: what it types leads on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hpo.cli.app import run_command_line
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import create_study, open_place
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Pruned
from hpo.tuning import open_study

SPACE = """\
study: small
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 2]}, filters: 4, dense_units: 8}
training:
  epochs: 2
  batch_size: 128
  learning_rate: {float: [1e-3, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 4, sampler: random, pruner: none}
"""


@pytest.fixture
def hpo(capsys, monkeypatch, tmp_path):
    """`hpo("show", "x")`: the exit status, the standard output and the standard error."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            status = run_command_line(list(arguments))
        except SystemExit as ended:
            status = ended.code
        return (status, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def made_study(tmp_path_factory):
    """A study of complete, pruned and failed trials, made once."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "small.yaml").write_text(SPACE)
    made = create_study(load(folder / "small.yaml"), folder / "studies")
    search = OptunaSearch(made, "host:1")
    for outcome in (0.5, "pruned", 0.75, "failed"):
        trial = search.ask()
        value = outcome if isinstance(outcome, float) else 0.25
        trial.report(EpochReport(1, 2, value, 10.0))
        learned = Learned(value, 1, value, {"parameters": 100}, 10.0, {"val_accuracy": [value]})
        match outcome:
            case float():
                trial.tell(Completed(learned, (value,), save_model=lambda path: None))
            case "pruned":
                trial.tell(Pruned(learned))
            case "failed":
                trial.tell(Failed(Cause("nan_loss", "in epoch 1, and a long text that has no room in a line")))
    made.close()
    return made.files.path


@pytest.fixture
def study(made_study, tmp_path, studies):
    """A copy of that study in the folder of studies, beside its space file."""
    (tmp_path / "small.yaml").write_text(SPACE)
    shutil.copytree(made_study, studies / "small")
    return open_study("small", studies)


def numbers(printed):
    """The numbers of the trials in a table."""
    return [int(line.split()[0]) for line in printed.splitlines()[1:]]


def test_trials_are_a_line_each_in_80_columns(hpo, study):
    status, printed, _ = hpo("trials", "small")
    assert status == 0
    lines = printed.splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["trial", "state", "val_accuracy", "epochs", "time", "parameters,", "and", "remarks"]
    assert lines[2].split()[:3] == ["1", "pruned", "0.2500"]
    assert "nan_loss: in epoch 1" in lines[4]
    assert lines[4].endswith("…")


def test_a_wide_terminal_has_all_parameters_of_a_trial(hpo, study, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert "…" not in hpo("trials", "small")[1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--best", "1"], [2]),
        (["--best", "9"], [2, 0]),
        (["--state", "failed"], [3]),
        (["--state", "failed", "--state", "pruned"], [1, 3]),
        (["--sort", "value"], [2, 0, 1, 3]),
        (["--sort", "val_accuracy"], [2, 0, 1, 3]),
        (["--sort", "-number"], [3, 2, 1, 0]),
        (["--sort", "state"], [0, 2, 3, 1]),
        (["--best", "2", "--sort", "number"], [0, 2]),
    ],
)
def test_trials_are_chosen_and_sorted(hpo, study, options, expected):
    assert numbers(hpo("trials", "small", *options)[1]) == expected
    assert [each["number"] for each in json.loads(hpo("trials", "small", *options, "--json")[1])] == expected
    rows = hpo("trials", "small", *options, "--csv")[1].splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == expected


def test_trials_are_sorted_by_a_parameter(hpo, study):
    rates = {trial.number: trial.params["learning_rate"] for trial in study.trials()}
    assert numbers(hpo("trials", "small", "--sort", "learning_rate")[1]) == sorted(rates, key=rates.get)
    assert len(numbers(hpo("trials", "small", "--sort", "optimizer")[1])) == 4


def test_a_parameter_has_one_name_wherever_it_is_shown(hpo, study):
    shown = [hpo(*command)[1] for command in (["trials", "small"], ["show", "small"], ["importance", "small"])]
    text = " ".join(" ".join(shown).split())
    assert "momentum=" not in text.replace("optimizer.sgd.momentum=", "")
    by_end = numbers(hpo("trials", "small", "--sort", "momentum")[1])
    assert by_end == numbers(hpo("trials", "small", "--sort", "optimizer.sgd.momentum")[1])


def test_no_line_of_a_study_whose_model_is_gone_is_longer_than_the_terminal(hpo, study):
    status, out, _ = hpo("show", "small")
    assert "trial-2.keras is gone" in " ".join(out.split())
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80


def test_the_parameter_that_differs_most_between_trials_comes_first(hpo, study):
    assert "  learning_rate=" in hpo("trials", "small")[1].splitlines()[1]


def test_a_report_that_the_folder_of_its_study_does_not_take_may_be_written_elsewhere(hpo, study):
    study.files.reports.parent.mkdir(exist_ok=True)
    study.files.reports.write_text("a file where the folder should be")
    status, _, error = hpo("report", "small")
    assert status == 2
    assert "Received studies/small/reports: " in error
    assert "by --output" in error
    study.files.reports.unlink()
    status, out, _ = hpo("report", "small", "--json")
    assert status == 0
    assert Path(json.loads(out)["report"]).exists()


def test_importance_says_where_it_has_drawn(hpo, study, tmp_path):
    out = hpo("importance", "small", "--plot", str(tmp_path / "figure.html"))[1]
    assert ("plot       " in out) == (tmp_path / "figure.html").exists() == ("Nothing is drawn" not in out)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sort", "learnin_rate"], "Did you mean 'learning_rate'?"),
        (["--sort", "xyz"], "--sort: it is number, state, value"),
        (["--state", "complet"], "Did you mean 'complete'?"),
    ],
)
def test_what_trials_cannot_be_chosen_by_is_told(hpo, study, options, told):
    status, _, error = hpo("trials", "small", *options)
    assert status == 2
    assert told in error


def test_a_choice_without_trials_says_so(hpo, study):
    assert hpo("trials", "small", "--state", "running")[1] == "No trial of study small is in such a state.\n"
    chosen = hpo("trials", "small", "--state", "running", "--top", "3")[1]
    assert chosen == "Study small has no complete trial in such a state.\n"


@pytest.mark.parametrize("command", ["show", "trials", "importance"])
def test_the_path_of_a_folder_names_its_study(hpo, study, command):
    assert hpo(command, "studies/small")[0] == 0
    assert hpo(command, "studies/small")[1] == hpo(command, "small")[1]


def test_the_space_of_a_study_is_a_file_to_check(hpo, study, tmp_path):
    status, printed, _ = hpo("show", "small", "--space")
    assert status == 0
    (tmp_path / "again.yaml").write_text(printed)
    assert hpo("check", "again.yaml", "--quick")[0] == hpo("check", "--space", "again.yaml", "--quick")[0] == 0
    assert json.loads(hpo("show", "small", "--space", "--json")[1])["study"] == "small"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run"], "run: it takes a space file. Received none."),
        (["run", "a.yaml", "--space", "b.yaml"], "Received b.yaml beside a.yaml."),
        (["run", "small.yaml", "--timeout", "soon"], "hpo: --timeout: it is more than 0 seconds: a number, or a text"),
        (["resume", "small", "--timeout", "-1"], "hpo: --timeout: it is more than 0 seconds: a number, or a text"),
        (["run", "small"], "Received a study. To go on with it, type: hpo resume small"),
        (["check", "studies/small"], "Received a study. To go on with it, type: hpo resume small"),
        (["run", "model.py"], "Received Python code. A space file names its function: model: {family: model.py:"),
        (["convert", "model.py"], "Received Python code, which is used as it is: write model: {family: model.py:"),
        (["show", "small.yaml"], "`hpo show small`. To work on a file, type: hpo run small.yaml. See"),
        (["show", "smal"], "did you mean 'small'? See"),
        (["show", "x"], "there are small. See"),
        (["models", "resnet"], "Did you mean 'resnet50'?"),
        (["models", "vgg61"], "Did you mean 'vgg16'?"),
        (["datasets", "cifar1000"], "Did you mean 'cifar100'?"),
        (["datasets", "minst"], "Did you mean 'mnist'?"),
        (["datasets", "./studies"], "type: hpo datasets inspect ./studies"),
        (["trials", "small", "--state", "complete,prund"], "Received 'prund'. Did you mean 'pruned'?"),
        (["trials", "small", "--sort", "x"], "finished, val_accuracy, or a parameter: depth"),
        (["rm", "small"], "Received no terminal to ask in. Type: hpo rm small --yes"),
        (["rm", "studies"], "is not there"),
        (["rm", ".."], "is not there"),
        (["rm", "n" * 300, "--yes"], "is not there"),
        (["show", "n" * 300], "is not there"),
        (["resume", "n" * 300], "is not there"),
        (["list", "--studies", "n" * 300], "Received: File name too long."),
        (["run", "quickstart.yaml", "--studies", "n" * 300], "Received: File name too long."),
        (["convert", f"{'n' * 300}.yaml"], "n"),
        (["check", f"{'n' * 300}.yaml"], "n"),
    ],
)  # fmt: skip
def test_what_is_typed_otherwise_leads_to_what_to_type(hpo, study, tmp_path, arguments, told):
    (tmp_path / "model.py").write_text("def build(): ...\n")
    status, printed, error = hpo(*arguments)
    assert (status, printed) == (2, "")
    assert told in error
    assert len(error.splitlines()) == 1


def test_a_study_is_removed_where_somebody_said_yes(hpo, study, studies):
    with open_place(study.address).lock():
        assert hpo("rm", "small", "--yes")[0] == 2
    status, printed, error = hpo("rm", "small", "--yes")
    assert (status, printed, error) == (0, "", "Study small is removed.\n")
    assert not (studies / "small").exists()


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["version"], "hpo --version"),
        (["best", "small"], "hpo show"),
        (["split", "small"], "hpo datasets split"),
        (["datasets", "splt", "small"], "hpo datasets split"),
        (["Shwo", "small"], "show"),
    ],
)
def test_a_command_by_another_name_leads_to_it(hpo, arguments, meant):
    status, _, error = hpo(*arguments)
    assert status == 2
    assert f"Did you mean '{meant}'?" in error


def test_states_of_trials_may_be_listed_with_commas(hpo, study):
    both = hpo("trials", "small", "--state", "complete,pruned")[1]
    assert both == hpo("trials", "small", "--state", "complete", "--state", "pruned")[1]
    assert numbers(both) == [0, 1, 2]


@pytest.mark.parametrize("name", ["mobilenet_v2", "MobileNetV2", "resnet50", "vgg19"])
def test_the_name_of_a_network_leads_to_the_family_that_has_it(hpo, name):
    status, printed, _ = hpo("models", name)
    assert status == 0
    assert "model: {family: application, name: " in printed
    assert json.loads(hpo("models", name, "--json")[1])["name"] == "application"
