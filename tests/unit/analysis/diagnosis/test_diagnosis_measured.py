"""Trials of small networks on digits, trained well and badly on purpose, are told apart by their measured curves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hpo.analysis.diagnosis import Setting

MEASURED = json.loads(Path(__file__).with_name("measured_curves.json").read_text())


@pytest.mark.parametrize("measured", MEASURED, ids=[measured["kind"] for measured in MEASURED])
def test_a_trial_that_was_trained_is_what_it_was_trained_to_be(diagnose, make_spec, measured):
    images = measured["images"]
    setting = Setting(images["validation"], classes=10, training_images=images["train"])
    spec = make_spec(measured["epochs"], model=measured["model"], training={"batch_size": measured["batch_size"]})
    assert diagnose(setting, spec=spec, **measured["curves"]).kind == measured["kind"]
