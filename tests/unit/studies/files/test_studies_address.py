"""Which study is meant, as it is passed around and handed to workers."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from hpo.errors import UserError
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, find_study, open_place
from hpo.studies.files.folder import StudyFolder

NAMES = ["small", "a?b", "g%20h", "with space", "ünïcode", "sqlite:", os.fsdecode(b"by\xfftes")]


@pytest.mark.parametrize("folder", [Path("studies"), Path("/var/lib/studies"), Path("../others"), Path()])
@pytest.mark.parametrize("name", NAMES)
def test_an_address_leads_to_the_folder_that_it_was_made_of(folder, name):
    address = StudyAddress.in_folder(folder / name)
    assert ".." not in address.files
    folder = folder.resolve()
    assert address == StudyAddress(f"sqlite:///{folder / name}/study.db", str(folder / name), name)
    assert open_place(address) == StudyFolder(address)
    assert open_place(address).files.path == folder / name


def test_studies_beside_each_other_have_addresses_of_the_same_kind():
    address = StudyAddress.in_folder(Path("studies/a"))
    assert open_place(address).beside("b") == StudyAddress.in_folder(Path("studies/b"))


@pytest.mark.parametrize(
    ("storage", "files", "told"),
    [
        ("oracle://someone:secret@host/studies", "studies/a", "--storage: it is the URL .* Received oracle"),
        ("sqlite+pysqlite:///a/study.db", "studies/a", r"--storage: it is the URL .* Received sqlite\+pysqlite"),
        ("sqlite:///studies/a/study.db", "s3://key:secret@bucket/a", "holds no password and no key"),
        ("postgresql+nothing://a:secret@host/a", "a", r"Received postgresql\+nothing, which SQLAlchemy does not know"),
        ("postgresql+asyncpg://a:secret@host/a", "a", "needs the package asyncpg.*pip install"),
        ("mysql://a:sec@ret:port/a", "a", "URL such as .* Received one that cannot be read"),
    ],
)
def test_what_hpo_cannot_open_is_refused_and_no_secret_is_shown(storage, files, told):
    address = StudyAddress(storage, files, "a")
    assert "secret" not in repr(address)
    for opens in (StudyRecord, ActiveStudy):
        with pytest.raises(UserError, match=told) as caught:
            opens(address)
        assert "secret" not in str(caught.value)


SERVER = "postgresql://user:hush@host/studies"


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({}, "a"),
        ({"studies": Path("others")}, "others/a"),
        ({"storage": SERVER}, "a --storage 'postgresql+psycopg://user:***@host/studies'"),
        (
            {"storage": SERVER, "studies": Path("my studies")},
            "a --storage 'postgresql+psycopg://user:***@host/studies' --studies 'my studies'",
        ),
        ({"files": "s3://bucket/folder/"}, "a --files s3://bucket/folder"),
        ({"files": "/shared"}, "a --files /shared"),
    ],
)
def test_messages_name_a_study_with_the_options_that_lead_to_it(options, argument, monkeypatch):
    address = StudyAddress.named("a", **{"studies": Path("studies"), **options})
    assert address.argument == argument
    monkeypatch.setenv("HPO_STORAGE", options.get("storage", "mysql://elsewhere"))
    monkeypatch.setenv("HPO_FILES", options.get("files", "s3://elsewhere"))
    assert address.argument in ("a", "others/a", "a --studies 'my studies'")


def test_several_studies_have_no_sqlite_file_in_common():
    with pytest.raises(UserError, match=r"--storage: it is the URL of a database server.*--studies"):
        StudyAddress.named("a", Path("studies"), "sqlite:///all.db")


def test_a_study_says_where_it_is_kept_as_its_address_does(make_study, studies):
    made = make_study()
    assert made.address == StudyRecord(made.address).address == find_study("small", studies)
    assert {"storage": made.address.storage, "files": made.address.files}.items() <= made.summary().items()


def test_an_address_means_the_same_wherever_one_is(make_study, add_trials, studies, tmp_path, monkeypatch):
    monkeypatch.chdir(studies.parent)
    made = make_study()
    add_trials(made, 0.5)
    made.close()
    (tmp_path / "elsewhere").mkdir()
    address = StudyAddress("sqlite:///studies/small/study.db", "studies/small", "small")
    study, found, active = StudyRecord(address), find_study("small", Path("studies")), ActiveStudy(address)
    assert (address, found, address.argument) == (made.address, made.address, "small")
    monkeypatch.chdir(tmp_path / "elsewhere")
    with active:
        add_trials(active, 0.75)
    assert (study.best.value, active.best.value, StudyRecord(found).best.value) == (0.75, 0.75, 0.75)
    assert found.argument == str(studies / "small")


KNOW = {
    "StudyFolder": {"files/place.py"},
    "SQLiteStorage": {"store/sqlite/storage.py"},
    "StudyReader": {"files/folder.py"},
    "database": {"address.py", "files/folder.py", "store/sqlite/reading.py", "store/sqlite/storage.py"},
}
"""Which modules use the folder of a study, the file in it, and what opens that."""


def test_only_the_local_place_knows_that_there_is_a_folder_with_an_sqlite_file():
    root = Path(__file__).parents[4] / "hpo"
    users = {name: set() for name in KNOW}
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in KNOW and (name != "database" or isinstance(node, ast.Attribute)):
                users[name].add(str(path.relative_to(root)))
    assert users == {name: {f"studies/{module}" for module in modules} for name, modules in KNOW.items()}
