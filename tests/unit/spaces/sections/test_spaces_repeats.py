"""The option `training.repeats`: how many models a trial trains, which is the same for all trials of a study."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from hpo.errors import SpaceError
from hpo.spaces import json_schema, load
from hpo.spaces.change.refusals import list_refusals
from hpo.spaces.remarks.remarks import remarks


def space(**training: object) -> dict[str, object]:
    return {"study": "small", "data": "digits", "model": "simple_cnn", "training": training}


def test_a_trial_trains_one_model_where_nothing_is_said():
    assert load(space()).repeats == load(space(repeats=1)).repeats == load(space()).config({}).training.repeats == 1
    assert load(space(repeats=3)).repeats == load(space(repeats=3)).config({}).training.repeats == 3


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (0, "repeats: it is at least 1"),
        (1000, "repeats: it is at most 100"),
        ({"int": [1, 3]}, "repeats: it is the same for all trials of a study, so that they can be compared"),
    ],
)
def test_what_it_cannot_be_is_refused_with_the_rule(option: object, message: str):
    with pytest.raises(SpaceError) as caught:
        load(space(repeats=option))
    assert message in str(caught.value)


def test_a_study_goes_on_with_as_many_as_it_began_with():
    (refusal,) = list_refusals(load(space()), load(space(repeats=3)))
    assert str(refusal).startswith("training.repeats: the trials of a study differ in its parameters alone. It was 1")
    assert "choice" not in str(refusal)
    assert list_refusals(load(space()), load(space(repeats=1))) == []


def test_two_repeats_are_remarked():
    told = [remark for remark in remarks(load(space(repeats=2))) if "repeats" in remark]
    assert told == ["training.repeats: two values hardly say how far seeds lie apart, which three or more do."]
    assert not [remark for remark in remarks(load(space(repeats=3))) if "repeats" in remark]


def test_editors_see_what_may_stand_there():
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(space(repeats=3))
    assert not schema.is_valid(space(repeats={"int": [1, 3]}))
