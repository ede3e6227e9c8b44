"""The plan of the house holds: layers, faces, files, and what is shipped."""

from __future__ import annotations

import ast
import collections.abc
import importlib
import pkgutil
import re
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

import hpo

ROOT = Path(hpo.__file__).parents[1]
FILES = sorted((ROOT / "hpo").rglob("*.py"))
FACES = [name for _, name, is_package in pkgutil.walk_packages([str(ROOT / "hpo")], "hpo.") if is_package]


def test_the_import_contracts_hold():
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", ["hpo", *FACES])
def test_a_face_is_sorted_and_keeps_its_promises(name):
    module = importlib.import_module(name)
    offered = getattr(module, "__all__", [])
    assert offered == sorted(offered)
    assert all(hasattr(module, each) for each in offered)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_says_its_reason_in_one_line_and_stays_short(file):
    text = file.read_text()
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("folder", sorted({file.parent for file in FILES}), ids=lambda it: str(it.relative_to(ROOT)))
def test_a_folder_can_be_seen_at_a_glance(folder):
    assert len([file for file in folder.glob("*.py") if file.name != "__init__.py"]) <= 14


def test_no_public_type_name_is_defined_twice_nor_is_one_of_the_standard_library():
    places = defaultdict(list)
    for file in FILES:
        for statement in ast.parse(file.read_text()).body:
            if isinstance(statement, ast.ClassDef):
                names = [statement.name]
            else:
                targets = getattr(statement, "targets", [getattr(statement, "target", None)])
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            for name in names:
                if name[0].isupper() and not name.isupper():
                    places[name].append(str(file.relative_to(ROOT)))
    assert not {name: files for name, files in places.items() if len(files) > 1}
    assert not places.keys() & {"Path", *collections.abc.__all__}


def test_looking_at_the_command_line_imports_no_engine_and_no_search_library():
    program = "import sys, hpo.cli; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"tensorflow", "keras", "jax", "torch", "optuna", "sklearn", "plotly", "scipy"} & set(loaded)


def test_the_wheel_holds_the_package_and_its_spaces_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"hpo", f"hpo-{hpo.__version__}.dist-info"}
    assert {
        "hpo/py.typed",
        "hpo/analysis/page.html",
        "hpo/search_spaces/quickstart.yaml",
        "hpo/search_spaces/schema.json",
    } <= set(names)


def test_the_command_line_prints_through_its_own_doors_alone():
    doors = {"output.py", "console.py"}
    printing = {"print(", "typer.echo", "sys.stdout.write", " Console("}
    texts = {file.name: file.read_text() for file in FILES if "cli" in file.parts and file.name not in doors}
    assert not {
        (name, word)
        for name, text in texts.items()
        for word in printing
        if re.search(rf"(?<![\w.]){re.escape(word)}", text)
    }


def test_the_folders_of_unit_tests_are_the_rooms_of_the_package():
    folders = [path for path in (ROOT / "tests" / "unit").rglob("*") if list(path.glob("test_*.py"))]
    assert not [path for path in folders if not (ROOT / "hpo" / path.relative_to(ROOT / "tests" / "unit")).is_dir()]
    assert not [path for path in folders if len(list(path.glob("test_*.py"))) > 14]
