"""The space of a study as a file to run."""

from __future__ import annotations

from hpo.spaces import load
from hpo.studies import create_study, space_text, write_space
from hpo.studies.record.conflicts import spec_differences
from hpo.tuning import open_study


def test_the_file_goes_on_with_the_study_that_it_is_of(make_study, add_trials, tmp_path, studies):
    study = make_study('start_from=[{"optimizer": sgd, "learning_rate": 0.01}]', "constraints=[parameters <= 1000]")
    add_trials(study, 0.5)
    study.raise_budget({"trials": 30, "timeout": 3600.0})
    file = tmp_path / "space.yaml"
    file.write_text(space_text(study))
    spec = load(file)
    assert not spec_differences(study.spec, spec)
    again = create_study(spec, studies)
    assert (again.name, again.budget.trials, again.budget.timeout_s) == ("small", 30, 3600.0)
    assert len(again.trials()) == 1


def test_a_study_that_was_renamed_has_its_own_name_in_it(make_study, studies):
    study = make_study()
    study.files.path.rename(studies / "renamed")
    assert "study: renamed\n" in space_text(open_study("renamed", studies))


def test_the_file_in_the_folder_follows_the_study(make_study):
    study = make_study()
    write_space(study)
    file = study.files.path / "space.yaml"
    assert file.read_text() == space_text(study)
    study.raise_budget({"trials": 30})
    write_space(study)
    assert "trials: 30" in file.read_text()
    assert [path.name for path in study.files.path.iterdir() if "partial" in path.name] == []


def test_a_link_of_its_name_is_replaced_and_not_written_through(make_study, tmp_path):
    study = make_study()
    outside = tmp_path / "outside.yaml"
    outside.write_text("mine")
    (study.files.path / "space.yaml").symlink_to(outside)
    write_space(study)
    assert outside.read_text() == "mine"
    assert not (study.files.path / "space.yaml").is_symlink()


def test_a_folder_in_its_place_stops_nothing(make_study):
    study = make_study()
    (study.files.path / "space.yaml").mkdir()
    write_space(study)
    assert [path.name for path in study.files.path.iterdir() if "partial" in path.name] == []
