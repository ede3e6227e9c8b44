"""Commands: listed without being imported, found by what people call them."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from inspect import cleandoc

import pytest
import typer

from hpo.cli.app import run_command_line
from hpo.cli.command_table import COMMANDS

HEAVY = {"tensorflow", "keras", "jax", "torch", "optuna", "sqlalchemy", "numpy", "PIL", "ruamel"}


@pytest.fixture
def refusal(capsys, monkeypatch):
    """`refusal("rum")`: what a command line that is refused prints, as one line."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            run_command_line(list(arguments))
        assert ended.value.code == 2
        return " ".join(capsys.readouterr().err.replace("│", " ").split())

    return run


def loaded_by(*arguments, **environment):
    """The top-level packages in a process that ran the command line, and what it printed."""
    program = f"import sys, hpo.cli; sys.argv = ['hpo', *{arguments!r}]\ntry: hpo.cli.main()\nfinally: "
    program += "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    return set(ended.stderr.split()), ended.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_that_lists_a_command_is_the_first_of_its_help(name):
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(importlib.import_module(f"hpo.cli.commands.{module}"), attribute)
    described = found.info.help if isinstance(found, typer.Typer) else cleandoc(found.__doc__)
    assert described.splitlines()[0] == COMMANDS[name][1]


def test_listing_the_commands_imports_nothing_that_they_need():
    loaded, printed = loaded_by("--help")
    assert all(name in printed for name in COMMANDS)
    assert not HEAVY & loaded


def test_completing_a_command_imports_no_command():
    loaded, printed = loaded_by(_HPO_COMPLETE="complete_bash", COMP_WORDS="hpo res", COMP_CWORD="1")
    assert printed.split() == ["resume"]
    assert not HEAVY & loaded


@pytest.mark.parametrize("name", ["hpo", *COMMANDS])
def test_h_is_short_for_help_and_flags_have_no_type(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        run_command_line(["-h"] if name == "hpo" else [name, "-h"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "Usage: hpo" in printed
    assert "<bool>" not in printed
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["rum"], "'run'"),
        (["resmue"], "Did you mean 'resume'"),
        (["LIST"], "Did you mean 'hpo list'?"),
        (["ls"], "Did you mean 'hpo list'?"),
        (["status", "mri"], "Did you mean 'hpo show'?"),
        (["help"], "Type: hpo --help"),
        (["help", "run"], "Type: hpo run --help"),
        (["quickstart.yaml"], "type: hpo run quickstart.yaml"),
        (["xyzzy"], "There are run, resume, pause, retry, check"),
        (["run", "--spcae", "a.yaml"], "--space"),
    ],
)
def test_an_unknown_command_or_option_leads_to_the_one_that_is_meant(refusal, typed, hint):
    assert hint in refusal(*typed)


def test_show_completion_prints_a_script_of_the_shell():
    environment = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    _, printed = loaded_by("--show-completion", "bash", **environment)
    assert "_HPO_COMPLETE=complete_bash" in printed


COMPLETIONS = {
    "hpo run qu": ["quickstart.yaml"],
    "hpo run --space m": ["mine.yaml"],
    "hpo run mi": ["mine.yaml"],
    "hpo run --tri": ["--trials"],
    "hpo check fol": ["folder/"],
    "hpo check folder/": ["folder/there.yaml", "folder/xray/"],
    "hpo show m": ["mri"],
    "hpo resume --studies folder x": ["xray"],
    "hpo models vgg": ["vgg16", "vgg16_small"],
    "hpo datasets dig": ["digits"],
}


@pytest.mark.parametrize("line", COMPLETIONS)
def test_shells_complete_files_studies_and_names(tmp_path, monkeypatch, capsys, line):
    monkeypatch.chdir(tmp_path)
    for file in ("mine.yaml", "my.txt", "folder/there.yaml", "studies/mri/study.db", "folder/xray/study.db"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.setenv("_HPO_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    with pytest.raises(SystemExit):
        run_command_line([])
    assert capsys.readouterr().out.split() == COMPLETIONS[line]


def test_completing_imports_no_engine(tmp_path):
    program = f"""
import os, sys
from hpo.cli.app import run_command_line
os.environ["_HPO_COMPLETE"] = "complete_bash"
for line in {list(COMPLETIONS)}:
    os.environ.update(COMP_WORDS=line, COMP_CWORD=str(line.count(" ")))
    try:
        run_command_line([])
    except SystemExit:
        pass
print(*{{name.split(".")[0] for name in sys.modules}}, file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "quickstart.yaml" in ran.stdout
    assert not {"tensorflow", "keras", "jax", "torch", "optuna"} & set(ran.stderr.split())
