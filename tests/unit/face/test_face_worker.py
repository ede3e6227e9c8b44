"""Joining in the work on a study from Python: with the same data, and whatever else differs said and recorded."""

from __future__ import annotations

import pytest

import hpo
from hpo.errors import DataError
from hpo.fleet import Notice
from hpo.spaces import load
from hpo.studies import ActiveStudy, create_study
from hpo.studies.record.environment import describe_workers, find_differences


@pytest.fixture
def join(small_space, studies, thread_launcher):
    """Joins in the work on the study of the small space, and gives the events."""

    def join(**options):
        events = []
        study = hpo.worker(
            "small", launcher=thread_launcher, studies=studies, quiet=True, listen=events.append, **options
        )
        return study, events

    with create_study(load(small_space, ["search.trials=1", "training.epochs=1"]), studies):
        pass
    return join


@pytest.mark.engine
def test_a_machine_that_joins_says_and_records_what_differs_from_where_the_study_began(join, studies):
    with ActiveStudy(hpo.open_study("small", studies).address) as active:
        first = describe_workers(active.spec)
        active.ledger.set_session("0", {**first, "keras": "3.0.0", "host": "elsewhere", "worked_s": 0.0})
    study, events = join()
    assert study.state == "finished"
    (notice,) = [event.text for event in events if isinstance(event, Notice) and event.subject == ""]
    assert notice.startswith(f"the study began with keras 3.0.0 and not {first['keras']}: ")
    (trial,) = study._record.frozen_trials()
    assert trial.user_attrs["hpo:attempt:1"]["differs"] == {"keras": ["3.0.0", first["keras"]]}


@pytest.mark.engine
def test_a_machine_with_other_data_is_refused(join, studies):
    with ActiveStudy(hpo.open_study("small", studies).address) as active:
        config = active.spec.config(next(params for _, params in active.spec.corners()))
        active.ledger.set_fingerprint(config.data.source_key(), "0123456789abcdef")
    with pytest.raises(DataError, match=r"not 0123456789ab.*hpo worker .*small --set data\.path=PATH"):
        join()
    assert hpo.open_study("small", studies).counts()["waiting"] == 0


@pytest.mark.parametrize("change", ["search.trials=9", "model.depth=3", "data.validation=0.5"])
def test_a_machine_that_joins_changes_nothing_of_the_study(join, change):
    with pytest.raises(hpo.UserError, match="--set: a worker joins a study as it is, but for `resources`"):
        join(overrides=[change])


def test_where_a_machine_is_makes_no_difference():
    first = {"keras": "3.15", "python": "3.11", "host": "a", "machine": "b", "cpus": 2, "worked_s": 1.0}
    assert find_differences(first, {**first, "host": "c", "machine": "d", "cpus": 8, "device": "cpu"}) == {}
    assert find_differences({**first, "device": "cpu"}, {"device": "gpu: H200", "python": "3.12"}) == {
        "device": ["cpu", "gpu: H200"],
        "python": ["3.11", "3.12"],
    }


def test_a_study_of_an_earlier_version_left_onednn_to_tensorflow():
    first = {"keras": "3.15"}
    assert find_differences(first, {**first, "onednn": "on"}) == {"onednn": ["left to TensorFlow", "on"]}
    assert find_differences({**first, "onednn": "on"}, {**first, "onednn": "off"}) == {"onednn": ["on", "off"]}
    assert find_differences(first, {**first, "onednn": "left to TensorFlow"}) == {}
