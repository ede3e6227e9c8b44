"""The section `recovery`: when a trial counts as lost, and how often it is run again."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import load
from hpo.studies import ActiveStudy, create_study


def space(**recovery: object) -> dict[str, object]:
    file = {"study": "small", "data": "digits", "model": "simple_cnn"}
    return {**file, "recovery": recovery} if recovery else file


def test_a_file_that_says_nothing_of_recovery_has_the_defaults():
    recovery = load(space()).recovery
    assert recovery.model_dump() == {
        "retries": 2,
        "trial_timeout": None,
        "hang_timeout": 1800.0,
        "lease": 60.0,
        "max_growth": 10**9,
    }


def test_times_and_sizes_are_written_as_people_write_them():
    recovery = load(space(trial_timeout="1h30m", hang_timeout="none", lease="90s", max_growth="1.5GiB")).recovery
    assert (recovery.trial_timeout, recovery.hang_timeout, recovery.lease) == (5400.0, None, 90.0)
    assert recovery.max_growth == 1.5 * 2**30
    assert load(space(max_growth="500MB")).recovery.max_growth == 500e6
    assert load(space(max_growth=1000)).recovery.max_growth == 1000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lease": "0.5s"}, "lease: it is at least 1."),
        ({"retries": -1}, "retries: it is at least 0."),
        ({"max_growth": "5G"}, "max_growth: an amount of memory is a number of bytes, or a text such as 500MB"),
        ({"trial_timeout": "2 hours"}, "trial_timeout: a duration is a number of seconds, or a text such as 90s"),
        ({"hang_timout": "30m"}, "Did you mean 'hang_timeout'?"),
    ],
)
def test_what_it_cannot_be_is_refused_with_the_rule(options, message):
    with pytest.raises(SpaceError) as caught:
        load(space(**options))
    assert message in str(caught.value)


def test_every_option_may_change_in_a_study_that_goes_on(studies):
    create_study(load(space()), studies).close()
    with create_study(load(space(retries=5, lease="5s", trial_timeout="2h")), studies) as study:
        assert isinstance(study, ActiveStudy)
        assert (study.spec.recovery.retries, study.spec.recovery.lease) == (5, 5.0)
