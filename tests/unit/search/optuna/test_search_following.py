"""What is kept of each trial is what reading all of them anew would give, however they change in between."""

from __future__ import annotations

import random

import pytest
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from hpo.search.optuna.config_rows import ConfigRows
from hpo.search.optuna.curve_sampler import _Curves
from hpo.search.optuna.pruning.rungs import Rungs
from hpo.spaces import spec_of
from hpo.studies import TriedConfigs, distribution
from hpo.studies.limits.tally import TrialTally

SPACE = spec_of(
    {
        "study": "followed",
        "data": {"dataset": "digits"},
        "model": {"family": "simple_cnn", "depth": {"int": [1, 4]}, "filters": {"choice": [8, 16]}},
        "training": {"epochs": 6},
        "search": {"trials": 1000},
    },
    "",
).space
STATES = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING, TrialState.WAITING)


def make_trial(draw: random.Random, number: int) -> FrozenTrial:
    params = SPACE.draw(random.Random(number)) if number % 10 else {}  # which stay as they are
    state, epochs = draw.choice(STATES), draw.choice([1, 2, 4, 6])
    trial = create_trial(
        state=state,
        values=[draw.random()] if state == TrialState.COMPLETE else None,
        params=params,
        distributions={one.name: distribution(one) for one in SPACE.parameters() if one.name in params},
        intermediate_values={
            epoch: draw.choice([draw.random(), 0.5, float("nan")])
            for epoch in range(1, 1 + epochs * (state != TrialState.WAITING))
        },
        system_attrs={"constraints:x": 1.0} if state == TrialState.PRUNED and draw.random() < 0.3 else {},
    )
    trial.number = number
    return trial


def change(draw: random.Random, trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """More trials, some of those before as they have become, and sometimes one that is not there any more."""
    changed = [make_trial(draw, trial.number) if draw.random() < 0.2 else trial for trial in trials]
    first = trials[-1].number + 1 if trials else 0
    changed += [make_trial(draw, number) for number in range(first, first + draw.randrange(8)) if draw.random() < 0.9]
    if changed and draw.random() < 0.1:
        del changed[draw.randrange(len(changed))]
    return changed


@pytest.mark.parametrize("direction", [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE])
def test_who_stands_where_is_what_reading_all_trials_gives(direction):
    draw, trials = random.Random(1), []
    followed = Rungs((2, 4), 2, direction)
    for _ in range(30):
        trials = change(draw, trials)
        fresh = Rungs((2, 4), 2, direction)
        ready = {number for number in range(500) if draw.random() < 0.5}
        answers = [
            (standings.find_promoted(ready), standings.find_in_line())
            for standings in (followed.compare(trials), fresh.compare(trials))
        ]
        assert answers[0] == answers[1]
        for trial in trials[-3:]:
            if trial.state == TrialState.RUNNING and trial.last_step in (2, 4):
                assert followed.is_promoted(trial, trials) == fresh.is_promoted(trial, trials)


def test_configs_states_and_curves_are_what_reading_all_trials_gives():
    draw, trials = random.Random(2), []
    tried, tally, curves = TriedConfigs(SPACE), TrialTally(), _Curves(ConfigRows(SPACE), 6, 1.0)
    for _ in range(30):
        trials = change(draw, trials)
        own = draw.randrange(trials[-1].number + 2) if trials else 0
        fresh = TriedConfigs(SPACE)
        others = fresh.keys(trial for trial in trials if trial.number != own)
        is_taken = tried.find_taken(trials, besides=own)
        for _ in range(10):
            params = SPACE.draw(draw)
            assert is_taken(params) == (fresh.key(params) in others)
        assert +tally.count(trials) == +TrialTally().count(trials)
        again = _Curves(ConfigRows(SPACE), 6, 1.0)
        for one in (curves, again):
            one.update(trials)
        numbers = again.list_others(own)
        assert curves.list_others(own).tolist() == numbers.tolist()
        assert (curves.rows[numbers] == again.rows[numbers]).all()
        assert (curves.values[numbers] == again.values[numbers]).all()
        assert (curves.find_best(own) == again.find_best(own)).all()
        assert (curves.excluded, curves.running) == (again.excluded, again.running)
