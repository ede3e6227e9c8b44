"""What killed processes and beaten trials leave is removed, and nothing behind a link is touched."""

from __future__ import annotations

from hpo.studies.files.checkpoints import checkpoint_numbers


def test_models_of_failed_and_beaten_trials_and_half_written_files_are_swept(make_study, add_trials):
    study = make_study()
    add_trials(study, 0.5, "failed", 0.7, "pruned", "running")
    for number in range(6):
        study.files.models.put(number, lambda path: path.write_bytes(b"model"))
        study.files.checkpoint_store.put_bytes(f"trial-{number}/1-00001-0.json", b"{}")
    study.remove_needless_files()
    # Those of a failed trial, which may be run again, of one that runs, and of one that is no trial's.
    assert checkpoint_numbers(study.files.checkpoint_store) == [1, 4, 5]
    assert study.files.models.numbers() == [2, 4, 5]  # the best, one that runs, and one that is no trial's
    left = [
        "checkpoints/trial-4/.a.partial",
        "artifacts/.trial-9.keras.partial",
        "reports/report.partial",
        "weights/.a.keras.partial",
        "study.partial",
    ]
    for name in (*left, "study.partial-wal"):
        path = study.files.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    study.files.sweep()
    assert not list(study.files.path.rglob("*.partial*"))


def test_nothing_is_swept_where_a_link_leads(make_study, tmp_path):
    study, elsewhere = make_study(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "film.partial").write_text("somebody's")
    for name in ("artifacts", "reports", "weights"):
        (study.files.path / name).symlink_to(elsewhere)
    study.files.sweep()
    assert [path.name for path in elsewhere.iterdir()] == ["film.partial"]


def test_a_model_is_not_written_through_a_link(make_study, tmp_path):
    study, victim = make_study(), tmp_path / "victim"
    victim.write_text("precious")
    artifacts = study.files.path / "artifacts"
    artifacts.mkdir()
    for name in (".trial-0.keras.partial", "trial-0.keras"):
        (artifacts / name).symlink_to(victim)
    study.files.models.put(0, lambda path: path.write_bytes(b"model"))
    assert victim.read_text() == "precious"
    assert (artifacts / "trial-0.keras").read_bytes() == b"model"
