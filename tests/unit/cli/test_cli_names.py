"""`hpo models` shows options by the keys that a file has for them."""

from __future__ import annotations

import json

from hpo.cli.names import models


def test_options_go_by_their_keys_in_a_file(capsys):
    models("keras_tuner", as_json=True)
    options = {option["name"]: option for option in json.loads(capsys.readouterr().out)["options"]}
    assert options.keys() == {"frozen_layers", "build"}
    assert options["build"]["default"] == "required"
