"""Which model is meant."""

from __future__ import annotations

import shutil
import zipfile

import pytest

import hpo
from hpo.errors import StudyNotFoundError, UserError
from hpo.shipping import find_model, find_trial
from hpo.studies import set_tag

pytestmark = pytest.mark.engine


@pytest.fixture
def own_studies(trained_studies, tmp_path):
    """A copy of the folder, to change."""
    return shutil.copytree(trained_studies, tmp_path / "studies")


def test_a_study_means_its_best_model(trained_studies):
    best = hpo.open_study("digits", studies=trained_studies).best
    kept = find_model("digits", studies=trained_studies)
    assert (kept.trial, kept.path, kept.name) == (best.number, best.model_path, f"digits, trial {best.number}")
    assert kept.classes == tuple("0123456789")
    assert kept.about["config"].items() <= best.config.items()
    assert kept.about["test"]["accuracy"] == kept.study.test_score["accuracy"]
    with kept.open_local() as path:
        assert zipfile.is_zipfile(path)


def test_a_file_means_itself_wherever_it_is(trained_studies, tmp_path):
    kept = find_model("digits", studies=trained_studies)
    shutil.copy(kept.path, tmp_path / "model.keras")
    alone = find_model(tmp_path / "model.keras")
    assert alone.classes == kept.classes
    assert alone.study is None
    assert alone.name == "model.keras"


def test_a_model_without_its_description_beside_it_describes_itself(own_studies):
    kept = find_model("digits", studies=own_studies)
    kept.path.with_suffix(".json").unlink()
    again = find_model("digits", studies=own_studies)
    assert again.classes == kept.classes


def test_what_is_not_there_is_named(own_studies, tmp_path):
    kept = find_model("digits", studies=own_studies)
    other = 1 - kept.trial
    with pytest.raises(UserError, match=rf"Received trial {other}, whose model was not kept. There is the model of tr"):
        find_model("digits", trial=other, studies=own_studies)
    with pytest.raises(UserError, match=r"--trial: it is the number of a trial, 0 to 1. Received 7. See `hpo trials"):
        find_model("digits", trial=7, studies=own_studies)
    with pytest.raises(StudyNotFoundError, match="digit"):
        find_model("digit", studies=own_studies)
    set_tag(kept.study.address, kept.trial, "production")
    kept.path.unlink()
    with pytest.raises(UserError, match="There is none: they were removed"):
        find_model("digits", studies=own_studies)
    removed = "which production names, whose model was removed. .* Remove the tag: hpo tag --remove production."
    with pytest.raises(UserError, match=removed):
        find_model("production", studies=own_studies)
    record, number, tag = find_trial("production", studies=own_studies)
    assert (record.name, number, tag) == ("digits", kept.trial, "production")
    kept.path.with_name(f"trial-{other}.keras").touch()
    with pytest.raises(UserError, match=f"or give it to another: hpo tag .*digits --trial {other} production."):
        find_model("production", studies=own_studies)
    with pytest.raises(StudyNotFoundError, match=r"gone.keras: a model is a .* Received a path where no file is"):
        find_model("gone.keras", studies=own_studies)
    (tmp_path / "model.onnx").write_bytes(b"PK")
    with pytest.raises(StudyNotFoundError, match=r"model.onnx: a model .* Received a file that ends in .onnx"):
        find_model(tmp_path / "model.onnx", studies=own_studies)
    (tmp_path / "model.json").write_text("{}")
    for path in (tmp_path, tmp_path / "model.onnx"):
        with pytest.raises(StudyNotFoundError, match=r"Received an export. Name the study, or do as"):
            find_model(path, studies=own_studies)
    with pytest.raises(
        UserError, match=r"says in its model.json what it is. Received none of 'format'. Export the model"
    ):
        find_model(tmp_path, studies=own_studies, takes_exports=True)
    with pytest.raises(UserError, match=r"--trial: it is a trial of a study. Received 1 beside the export"):
        find_model(tmp_path, trial=1, studies=own_studies, takes_exports=True)
    (tmp_path / "model.json").write_text('{"format": "onnx", "classes": ["a", "b"]}')
    export = find_model(tmp_path, studies=own_studies, takes_exports=True)
    assert (export.path, export.format, export.classes) == (tmp_path / "model.onnx", "onnx", ("a", "b"))
    (tmp_path / "other.keras").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"a model that hpo has written has hpo.json in it"):
        find_model(tmp_path / "other.keras")
    with pytest.raises(UserError, match=r"--trial: it is a trial of a study"):
        find_model(tmp_path / "other.keras", trial=1)
