"""Runs and resumptions that need no worker: what is followed, refused and typed next."""

from __future__ import annotations

import sys
from typing import ClassVar

import pytest

from hpo import tuning
from hpo.catalog import LAUNCHERS
from hpo.cli.commands.dataset_split import show_split
from hpo.cli.commands.run import _describe_joined, _say_what_is_left
from hpo.cli.commands.trials import trials as list_trials
from hpo.errors import DataError, SpaceError, StudyConflictError, UserError
from hpo.search.confirming import enqueue_confirming
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import Resources, load
from hpo.studies import ActiveStudy, adopt_spec, create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused
from hpo.tuning import RunOptions

SPACE = """\
study: mri
data: {dataset: folder, path: photos, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 2]}, filters: 4, dense_units: 8}
training: {epochs: 2}
search: {trials: 1, sampler: random, pruner: none}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The space file of the study, where its data is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    path = tmp_path / "mri.yaml"
    path.write_text(SPACE)
    return path


@pytest.fixture
def study(file, tmp_path):
    """A study whose budget is used up."""
    made = create_study(load(file), tmp_path / "studies")
    trial = OptunaSearch(made, "host:1").ask()
    trial.report(EpochReport(1, 2, 0.5, 10.0))
    learned = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
    trial.tell(Completed(learned, (0.5,), save_model=lambda path: None))
    return made


def test_data_that_was_moved_is_told_in_what_to_type(study, tmp_path):
    (tmp_path / "photos").rename(tmp_path / "moved")
    with pytest.raises(DataError) as caught:
        tuning.resume("mri", options=RunOptions(trials=2))
    assert "photos, where there is nothing" in str(caught.value)
    assert "type: hpo resume mri --set data.path=NEW_PATH" in str(caught.value)


def test_a_study_elsewhere_is_typed_by_its_path(study, tmp_path):
    (tmp_path / "photos").rename(tmp_path / "moved")
    (tmp_path / "studies").rename(tmp_path / "old")
    with pytest.raises(DataError, match=r"hpo resume old/mri --set data\.path=NEW_PATH"):
        tuning.resume("mri", options=RunOptions(trials=2, studies="old"))


def test_a_study_goes_on_where_its_data_lies_now(study, tmp_path):
    (tmp_path / "photos").rename(tmp_path / "moved")
    resumed = tuning.resume("mri", options=RunOptions(overrides=["data.path=moved"]))
    assert resumed.spec.document["data"]["path"] == str(tmp_path / "moved")
    assert len(resumed.trials()) == 1
    assert str(tmp_path / "moved") in (resumed.files.path / "space.yaml").read_text()


def test_a_folder_may_be_renamed_to_what_no_new_study_is_called(study, tmp_path):
    study.close()
    (tmp_path / "photos").rename(tmp_path / "moved")
    (tmp_path / "studies/mri").rename(tmp_path / "studies/mri two")
    tuning.resume("mri two", options=RunOptions(overrides=["data.path=moved"]))
    again = tuning.open_study("mri two")
    assert (again.name, again.spec.document["data"]["path"]) == ("mri two", str(tmp_path / "moved"))


def test_the_split_of_moved_data_says_what_to_type(study, tmp_path):
    (tmp_path / "photos").rename(tmp_path / "moved")
    with pytest.raises(DataError, match=r"hpo resume .*mri --set data\.path=NEW_PATH"):
        show_split("mri", tmp_path / "studies")


def test_a_path_that_is_not_there_is_refused_and_changes_nothing(study):
    with pytest.raises(SpaceError, match=r"--set data.path: .* Received 'nowhere'"):
        tuning.resume("mri", options=RunOptions(overrides=["data.path=nowhere"]))
    assert tuning.open_study("mri").spec == study.spec


def test_other_changes_follow_the_rules_of_another_space(study):
    told = []
    resumed = tuning.resume(
        "mri",
        options=RunOptions(overrides=["model.depth={int: [1, 3]}"]),
        observer=tuning.RunObserver(change=lambda _, widened: told.append(widened)),
    )
    assert told[0].inside == [0]
    assert "depth: {int: [1, 3]}" in (resumed.files.path / "space.yaml").read_text()
    with pytest.raises(StudyConflictError, match="validation"):
        tuning.resume("mri", options=RunOptions(overrides=["data.validation=0.3"]))


def test_a_budget_that_is_typed_is_set_where_there_was_none_and_refused_where_it_is_less(study):
    resumed = tuning.resume("mri", options=RunOptions(overrides=["search.epochs=2"]))
    assert resumed.ledger.budget == {"trials": 1, "timeout": None, "epochs": 2}
    for typed, said in (("search.epochs=1", "epochs: a budget is a total.*1 epochs"), ("search.trials=0", "trials")):
        with pytest.raises(UserError, match=said):
            tuning.resume("mri", options=RunOptions(overrides=[typed]))
    assert resumed.ledger.budget == {"trials": 1, "timeout": None, "epochs": 2}


def test_a_budget_that_is_typed_goes_before_that_of_the_file_and_what_is_refused_changes_no_space(study, file):
    tuning.resume("mri", options=RunOptions(overrides=["search.epochs=2"]))
    file.write_text(SPACE.replace("trials: 1", "trials: 30").replace("{int: [1, 2]}", "{int: [1, 3]}"))
    before = dict(study.ledger.budget)
    with pytest.raises(UserError, match="a budget is a total"):
        tuning.resume("mri", space=file, options=RunOptions(epochs=1))
    assert tuning.open_study("mri").spec.document["model"]["depth"] == {"int": [1, 2]}
    resumed = tuning.resume("mri", space=file, options=RunOptions(trials=1))
    assert resumed.spec.document["model"]["depth"] == {"int": [1, 3]}
    assert resumed.ledger.budget == before == {"trials": 1, "timeout": None, "epochs": 2}


def test_another_search_backend_takes_over_without_the_options_of_the_one_before(study):
    resumed = tuning.resume("mri", options=RunOptions(overrides=["search.backend=keras_tuner", "search.oracle=random"]))
    assert (resumed.spec.search.backend, resumed.spec.search.oracle.name) == ("keras_tuner", "random")
    resumed = tuning.resume("mri", options=RunOptions(overrides=["search.backend=optuna"]))
    assert resumed.spec.search.sampler.name == "tpe"
    with pytest.raises(SpaceError, match=r"keras_tuner.*Received 'sigopt'"):
        tuning.resume("mri", options=RunOptions(overrides=["search.backend=sigopt"]))


def test_an_interrupt_after_the_last_trial_calls_the_study_no_longer_paused(study):
    assert "All trials of study mri have ended; `hpo resume mri`" in _say_what_is_left(study.address)
    study.raise_budget({"trials": 2})
    assert "is paused; `hpo resume mri` continues it" in _say_what_is_left(study.address)


def test_a_cause_that_there_is_none_of_is_answered_by_those_that_there_are(study):
    with pytest.raises(UserError, match=r"--cause .*: it is nan_loss, .*, hang\. Received 'bogus'\.$"):
        tuning.retry(study.address, ["oom", "bogus"])


def test_trials_lists_what_has_ended_each_attempt(study, capsys):
    with ActiveStudy(study.address) as active:
        search = OptunaSearch(active, "host:1")
        search.ask().tell(Paused())
        search.ask()
        active.end_attempts_of("host:1", "worker_died: signal 9")
        search.ask()
        assert active.trials()[1].attempt_causes == ["paused", "worker_died: signal 9", None]
    list_trials(study.address)
    assert "3 attempts: paused, worker_died" in capsys.readouterr().out


def test_neither_a_study_nor_a_space_is_refused():
    with pytest.raises(UserError, match="Received neither"):
        tuning.resume(options=RunOptions(overrides=["data.path=x"]))


def test_a_start_that_failed_before_its_first_trial_locks_nothing(file, tmp_path):
    made = create_study(load(file), tmp_path / "studies")
    made.confirm_fingerprint("folder", "0" * 64)
    file.write_text(SPACE.replace("trials: 1", "trials: 5").replace("epochs: 2", "epochs: 3").replace("0.2", "0.3"))
    again = create_study(load(file), tmp_path / "studies")
    assert again.spec == load(file)
    assert again.ledger.budget["trials"] == 5
    again.confirm_fingerprint("folder", "1" * 64)  # other data than the first start read


def test_a_trial_that_was_given_back_in_its_first_epoch_locks_nothing(file, tmp_path):
    made = create_study(load(file), tmp_path / "studies")
    OptunaSearch(made, "host:1").ask()
    made.end_attempts_of("host:1", "worker_died: signal 9")
    file.write_text(SPACE.replace("epochs: 2", "epochs: 3"))
    assert create_study(load(file), tmp_path / "studies").spec == load(file)


def test_resuming_without_a_trial_takes_up_what_a_study_with_trials_refuses(file, study, tmp_path):
    file.write_text(SPACE.replace("0.2", "0.3").replace("mri", "new"))
    changed = load(file)
    with pytest.raises(StudyConflictError, match="validation"):
        adopt_spec(study, changed)
    fresh = create_study(load(file, ["data.validation=0.2"]), tmp_path / "studies")
    assert adopt_spec(fresh, changed) is None
    assert fresh.spec == changed


class SlotCounter:
    """A launcher that starts nothing: it records for how many workers, with what of the machine, slots are asked."""

    asked: ClassVar[list[tuple[int, Resources]]] = []

    def slots(self, study, workers):
        self.asked.append((workers, study.spec.resources))
        raise UserError("no slots today")


WIDE = SPACE.replace("filters: 4", "filters: {int: [4, 400]}")


@pytest.fixture
def wide(file, tmp_path):
    """A study of more configs than its budget has."""
    file.write_text(WIDE)
    return create_study(load(file), tmp_path / "studies")


@pytest.fixture
def ask_slots(wide, monkeypatch):
    """A function from a call of `tuning` and options to what its launcher was asked for."""
    monkeypatch.setitem(LAUNCHERS.built_in, "counter", f"{__name__}:SlotCounter")
    monkeypatch.setitem(sys.modules, __name__, sys.modules[SlotCounter.__module__])

    def ask(call, name, **options):
        SlotCounter.asked.clear()
        with pytest.raises(UserError, match="no slots today"):
            call(name, options=RunOptions(launcher="counter", **options))
        return SlotCounter.asked[0]

    return ask


def test_one_trial_runs_at_a_time_unless_somebody_says_otherwise(ask_slots):
    assert ask_slots(tuning.resume, "mri", trials=9) == (1, Resources())
    assert ask_slots(tuning.resume, "mri", trials=9, workers=3) == (3, Resources())


def test_as_many_trials_run_as_the_budget_and_their_resources_allow(ask_slots):
    assert ask_slots(tuning.resume, "mri", trials=9, resources={"gpus": 0.5}) == (9, Resources(gpus=0.5))
    assert ask_slots(tuning.resume, "mri", resources={"memory": "1GB"}, workers=2)[0] == 2


def test_what_a_trial_gets_may_change_in_any_study_and_is_kept(file, ask_slots):
    ask_slots(tuning.resume, "mri", trials=9, resources={"gpus": 1})
    assert ask_slots(tuning.resume, "mri") == (9, Resources(gpus=1))
    file.write_text(WIDE.replace("trials: 1", "trials: 9") + "resources: {cpus: 1}\n")
    assert ask_slots(tuning.run, str(file)) == (9, Resources(cpus=1))


def test_a_machine_that_joins_has_resources_of_its_own_and_leaves_those_of_the_study(wide, ask_slots):
    ask_slots(tuning.resume, "mri", trials=9, resources={"gpus": 1})
    with wide.place.lock():
        assert ask_slots(tuning.worker, "mri", resources={"gpus": 0.25}) == (9, Resources(gpus=0.25))
    assert ask_slots(tuning.resume, "mri") == (9, Resources(gpus=1))


def test_a_machine_that_joins_changes_nothing_else_of_the_study(ask_slots):
    ask_slots(tuning.resume, "mri", trials=9)
    with pytest.raises(UserError, match=r"--set: a worker joins a study as it is.*Received model.filters=8"):
        tuning.worker("mri", options=RunOptions(overrides=["model.filters=8"]))


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"gpus": 2}, "resources.gpus: Keras trains a network on one GPU"),
        ({"cores": 2}, "Did you mean 'cpus'"),
        ("gpus", "resources: it is a dict of what each trial gets"),
    ],
)
def test_resources_that_no_trial_can_have_are_refused(file, resources, message):
    with pytest.raises(UserError, match=message):
        tuning.run(str(file), RunOptions(resources=resources))


@pytest.mark.parametrize("files", ["memory://models", "s3://", "s3:///", 5])
def test_files_that_no_other_process_would_find_are_refused(files):
    with pytest.raises(
        UserError,
        match="files: it is the URL or the path of a folder that all workers see, such as",
    ):
        RunOptions(files=files)


@pytest.mark.parametrize(
    ("change", "reason"),
    [("search.timeout=1s", "its working time of 0:00:01 is used up"), ("search.stop.target=0.4", "has reached the")],
)
def test_failed_trials_stay_failed_where_none_may_begin_any_more(study, file, tmp_path, change, reason):
    study.raise_budget({"trials": 3})
    OptunaSearch(study, "host:1").ask().tell(Failed(Cause("error", "the driver is gone")))
    study.set_document(load(file, [change]))
    study.set_budget(load(file, [change]).search.budget)
    with study.session(iter((0.0, 5.0, 9.0)).__next__):
        pass
    study.close()
    with pytest.raises(UserError, match=reason):
        tuning.retry("mri")
    assert [trial.state for trial in tuning.open_study("mri").trials()] == ["complete", "failed"]


def test_an_interrupted_confirmation_tells_how_it_goes_on_alone(study):
    enqueue_confirming(study, [0], 1, None)
    study.ledger.claimable = [1]
    told = _say_what_is_left(study.address)
    assert "the same command continues it, and `hpo resume mri` continues it and the search" in told
    study.ledger.claimable = None
    assert "is paused; `hpo resume mri` continues it." in _say_what_is_left(study.address)


def test_whoever_joins_says_why_the_work_is_over(study):
    said = _describe_joined(study)
    assert said == f"Study mri is finished. `hpo show {study.address.argument}` prints the result."
    study.set_budget({"trials": 9, "epochs": 1})
    assert "Study mri is finished: its budget of 1 epoch is used up." in _describe_joined(study)
    study.set_budget({"trials": 9})
    assert _describe_joined(study).startswith("No trial of study mri may be run now. `hpo resume")


def test_a_confirmation_asks_nothing_of_who_decides_what_to_try(study, monkeypatch):
    study.raise_budget({"trials": 3})
    study.close()
    for name in ("prepare_search", "accompany_search"):
        monkeypatch.setattr(f"hpo.search.{name}", lambda study: pytest.fail("it was asked"))
    trained = []
    monkeypatch.setattr("hpo.tuning.runs._train", lambda study, *rest, **options: trained.append(study.only_confirms))
    tuning.confirm("mri", seeds=1)
    assert trained == [True]
