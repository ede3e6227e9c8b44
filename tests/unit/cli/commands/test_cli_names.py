"""`hpo models` shows options by the keys that a file has for them."""

from __future__ import annotations

import json

from hpo.cli.commands.catalog import models


def test_options_go_by_their_keys_in_a_file(capsys):
    models("keras_tuner", as_json=True)
    options = {option["name"]: option for option in json.loads(capsys.readouterr().out)["options"]}
    assert options.keys() == {"frozen_layers", "build"}
    assert options["build"]["default"] == "required"


def test_options_fit_80_columns_with_their_texts_over_all_of_them(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    models("application")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "gaussian_noise: float, 0 <= x; default 0.0" in lines
    assert lines[lines.index("gaussian_noise: float, 0 <= x; default 0.0") + 1].startswith("    Standard deviation of")
    assert len(lines) < 90
