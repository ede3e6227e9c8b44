"""Trials with curves that are made up, as a storage has them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hpo.analysis.diagnosis import Setting, diagnose_trial
from hpo.spaces import spec_of
from hpo.studies.store.stored import StoredState, StoredTrial

SETTING = Setting(images=5000, classes=10, majority=0.1)


@pytest.fixture(scope="session")
def make_spec():
    """A spec whose trials have so many epochs, and what else of a file is given."""

    def make(epochs=20, **more):
        training = {"epochs": epochs, "learning_rate": {"float": [1e-4, 1e-1], "log": True}, **more.pop("training", {})}
        if "phases" in training:
            del training["epochs"]
        model = more.pop("model", {"family": "simple_cnn"})
        document = {"data": {"dataset": "digits"}, "model": model, "training": training, **more}
        return spec_of(document, "judged")

    return make


def make_trial(history, state="COMPLETE", number=0, metric="val_accuracy", params=None, **attributes):
    """A trial with a history; its epochs are kept one by one."""
    length = max(map(len, history.values()), default=0)
    epochs = {
        f"hpo:epoch:{epoch}": {"metrics": {name: curve[epoch - 1] for name, curve in history.items()}, "seconds": 1.0}
        for epoch in range(1, length + 1)
    }
    reported = {epoch: value for epoch, value in enumerate(history.get(metric, ()), 1) if value is not None}
    return StoredTrial(
        trial_id=number + 1,
        number=number,
        state=StoredState[state],
        values=[max(reported.values())] if reported and state != "FAIL" else None,
        params={"learning_rate": 1e-3} if params is None else params,
        distributions={},
        user_attrs={**epochs, **attributes},
        system_attrs={},
        intermediate_values=reported,
        datetime_start=datetime(2026, 1, 1, tzinfo=UTC),
        datetime_complete=datetime(2026, 1, 1, 0, 1, tzinfo=UTC),
    )


@pytest.fixture
def diagnose(make_spec):
    """The diagnosis of a trial with these curves."""

    def diagnose(setting=SETTING, spec=None, epochs=None, **curves):
        given = {name: curves.pop(name) for name in ("state", "cause", "remark") if name in curves}
        length = max(map(len, curves.values()), default=0)
        return diagnose_trial(make_trial(curves, **given), spec or make_spec(epochs or max(1, length)), setting)

    return diagnose
