"""Code of the user's own is found where Python and the user expect it, and told with its place where it is not."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from hpo import own_code
from hpo.errors import OwnCodeError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A working directory, and modules forgotten afterwards."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_of_the_working_directory_is_found_and_finds_its_neighbours(here):
    (here / "own_neighbour.py").write_text("NUMBER = 3\n")
    (here / "own_net.py").write_text("def build():\n    import own_neighbour\n    return own_neighbour.NUMBER\n")
    assert own_code.import_object("own_net:build")() == 3
    assert own_code.import_object("own_net:build") is own_code.import_object("own_net:build")


def test_a_module_inside_a_package_is_found(here):
    (here / "own_package" / "deep").mkdir(parents=True)
    (here / "own_package" / "deep" / "net.py").write_text("build = max\n")
    (here / "own_package" / "__init__.py").touch()
    assert own_code.import_object("own_package.deep.net:build") is max
    assert own_code.source_file("own_package.deep.net:build") == here / "own_package" / "deep" / "net.py"


def test_the_working_directory_goes_before_the_python_path(here, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "own_twice.py").write_text("WHERE = 'path'\n")
    assert own_code.import_object("own_twice:WHERE") == "path"
    del sys.modules["own_twice"]
    (here / "own_twice.py").write_text("WHERE = 'here'\n")
    assert own_code.import_object("own_twice:WHERE") == "here"


def test_a_file_that_is_called_like_a_library_hides_it_from_nobody(here):
    (here / "wave.py").write_text("raise RuntimeError('a file of the user is no library')\n")
    (here / "own_net.py").write_text("import wave\nopen_wave = wave.open\n")
    assert own_code.import_object("own_net:open_wave") is sys.modules["wave"].open


def test_a_file_is_found_by_its_path_even_where_a_library_has_its_name(here, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "json.py").write_text(f"WHERE = {folder!r}\n")
    assert own_code.import_object(f"{tmp_path}/one/json.py:WHERE") == "one"
    assert own_code.import_object(f"{tmp_path}/two/json.py:WHERE") == "two"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_library\n", r"own_net:build: the module can be imported. Received ModuleNotFoundError: No "
         r"module named 'no_such_library' \(own_net.py, line 1\). Install no_such_library, or put it beside"),
        ("x = 1\nraise KeyError('gpu')\n", r"Received KeyError: 'gpu' \(own_net.py, line 2\)"),
        ("import sys\nsys.exit(3)\n", r"Received SystemExit: 3 \(own_net.py, line 2\)"),
        ("def build(:\n", r"a syntax error, invalid syntax, line 1 of .*own_net.py"),
        ("def buidl(): pass\n", r"behind the colon. Received a module without 'build' \(.*own_net.py\). It has buidl."),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_imported_is_told_with_its_line(here, text, message):
    (here / "own_net.py").write_text(text)
    with pytest.raises(OwnCodeError, match=message):
        own_code.import_object("own_net:build")
    assert "own_net" not in sys.modules or "buidl" in text


def test_a_module_that_is_not_there_is_told_where_it_was_looked_for(here):
    with pytest.raises(
        OwnCodeError, match=rf"own_nowhere: a module is on the Python path .* in {here}. Run hpo where it"
    ):
        own_code.import_object("own_nowhere:build")
    with pytest.raises(OwnCodeError, match=r"gone.py: it is a file that exists"):
        own_code.import_object("gone.py:build")


def test_the_digest_of_a_module_is_that_of_its_file_and_needs_no_import(here):
    (here / "own_net.py").write_text("raise RuntimeError\n")
    expected = hashlib.sha256(b"raise RuntimeError\n").hexdigest()
    assert own_code.digest("own_net:build") == own_code.digest(f"{here}/own_net.py:build") == expected
    assert own_code.digest("own_nowhere:build") is None
    assert own_code.digest("builtin.nothing:build") is None
