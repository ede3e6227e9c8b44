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
from collections import Counter, defaultdict
from pathlib import Path

import hpo

ROOT = Path(hpo.__file__).parents[1]
FILES = sorted((ROOT / "hpo").rglob("*.py"))
FACES = [name for _, name, is_package in pkgutil.walk_packages([str(ROOT / "hpo")], "hpo.") if is_package]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


def test_the_import_contracts_hold():
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_faces_are_sorted_and_keep_their_promises():
    faces = {name: importlib.import_module(name) for name in ["hpo", *FACES]}
    offers = {name: getattr(face, "__all__", []) for name, face in faces.items()}
    assert not [name for name, offer in offers.items() if offer != sorted(offer)]
    assert not [(name, missing) for name in offers for missing in offers[name] if not hasattr(faces[name], missing)]


def test_a_file_says_its_reason_in_one_line_and_stays_short():
    texts = {str(file.relative_to(ROOT)): file.read_text() for file in FILES}
    assert not [name for name, text in texts.items() if not ast.get_docstring(ast.parse(text))]
    assert not [name for name, text in texts.items() if len(text.splitlines()) > 400]


def test_a_folder_can_be_seen_at_a_glance():
    files = Counter(str(file.parent.relative_to(ROOT)) for file in FILES if file.name != "__init__.py")
    assert not {folder: count for folder, count in files.items() if count > 14}


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


def test_before_its_first_step_a_worker_imports_no_library_of_statistics():
    modules = "hpo.fleet.worker, hpo.search.optuna.search, hpo.studies.store.sqlite.storage, hpo.training"
    program = f"import sys, {modules}; print(*{{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"scipy", "sklearn", "pandas", "cmaes"} & set(loaded)


def test_the_wheel_holds_the_package_and_its_spaces_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"hpo", f"hpo-{hpo.__version__}.dist-info"}
    assert {
        "hpo/py.typed",
        "hpo/analysis/report/renderers/page.html",
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


def test_pages_wrap_at_120_columns():
    """All but rows of tables, and what the program prints on one line."""
    lines = [(page.name, line) for page in PAGES for line in page.read_text().splitlines() if len(line) > 120]
    assert not [(page, line) for page, line in lines if not line.startswith(("|", "hpo: ", "hpo:   "))]


def test_files_that_pages_and_docstrings_name_exist():
    """Files of Python in backticks, from the checkout's root or the package's; `folder/...` stands for a user's own."""
    texts = {file.relative_to(ROOT): file.read_text() for file in [*PAGES, *FILES]}
    named = {(file, name) for file, text in texts.items() for name in re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.py)`", text)}
    missing = {
        (file, name) for file, name in named if not (ROOT / name).exists() and not (ROOT / "hpo" / name).exists()
    }
    assert not {(str(file), name) for file, name in missing if not name.startswith("folder/")}


def test_attributes_of_studies_and_trials_are_named_in_the_ledger_alone():
    ledger = ROOT / "hpo" / "studies" / "store" / "ledger"
    named = re.compile(r"""["']hpo:\w|user_attrs\[|set_(study_|trial_)?(user|system)_attr\(\s*["']""")
    assert {file.parent for file in FILES if named.search(file.read_text())} == {ledger}
