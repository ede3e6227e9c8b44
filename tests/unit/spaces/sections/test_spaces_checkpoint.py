"""The option `training.checkpoint`: it says when a trial is kept, and is no part of what is trained."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from hpo.errors import SpaceError
from hpo.spaces import json_schema, load
from hpo.spaces.change.adoption import adopt
from hpo.spaces.sections.recipe import CheckpointSettings
from hpo.spaces.spec.identity import ConfigIdentity
from hpo.studies import create_study


def space(**training: object) -> dict[str, object]:
    return {"study": "small", "data": "digits", "model": "simple_cnn", "training": training}


@pytest.mark.parametrize(
    ("options", "seconds"), [({}, None), ({"every": "10m"}, 600.0), ({"every": 90}, 90.0), ({"every": "1h30m"}, 5400.0)]
)
def test_it_says_how_long_an_epoch_goes_on_without_a_checkpoint(options, seconds):
    assert load(space(checkpoint=options)).config({}).training.checkpoint == CheckpointSettings(every=seconds)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"every": "ten minutes"}, "a duration is a number of seconds, or a text such as 90s"),
        ({"every": 0}, "checkpoint.every: it is above 0"),
        ({"every": {"choice": ["1m", "2m"]}}, "it is the same for all trials of a study"),
        ({"choice": [{"every": "1m"}, {"every": "2m"}]}, "it is the same for all trials of a study"),
    ],
)
def test_what_it_cannot_be_is_refused_with_the_rule(option, message):
    with pytest.raises(SpaceError) as caught:
        load(space(checkpoint=option))
    assert message in str(caught.value)


def test_two_configs_that_differ_by_it_are_the_same():
    often, rarely = (load(space(checkpoint={"every": every}, epochs=3)) for every in ("1m", "1h"))
    assert ConfigIdentity(often.space).key({}) == ConfigIdentity(rarely.space).key({})
    assert often.config({}).training.effective() == rarely.config({}).training.effective()
    assert adopt(often.space.tree({}), {}, rarely.space) == {}


def test_any_study_takes_a_change_of_it(studies):
    create_study(load(space()), studies).close()
    with create_study(load(space(checkpoint={"every": "5m"})), studies) as study:
        assert study.spec.config({}).training.checkpoint.every == 300.0


def test_editors_see_what_may_stand_there():
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(space(checkpoint={"every": "5m"}))
    assert not schema.is_valid(space(checkpoint={"every": {"choice": ["1m", "2m"]}}))
    assert not schema.is_valid(space(checkpoint={"choice": [{"every": "1m"}, {"every": "2m"}]}))
