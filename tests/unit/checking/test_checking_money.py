"""What a check says of money, and of limits that never end the study."""

from __future__ import annotations

import pytest

from hpo.checking import check
from hpo.checking.figures import FigureRange
from hpo.checking.result import Costs, Findings, Times
from hpo.cli.commands.check import _describe_study
from hpo.spaces import load

GPU, CPU = "gpu: H200", "cpu"


@pytest.fixture
def check_on(small_space, monkeypatch):
    """`check_on(device, *changes)`: what a check finds where two trials take an hour each on such a device."""

    def check_on(device, *changes):
        spread = FigureRange(*[None] * len(FigureRange.__dataclass_fields__))
        findings = Findings(
            2,
            costs=Costs(spread, spread, spread, device, None, ()),
            times=Times(spread, 3600.0, 7200.0, 2, 1.0),
        )
        monkeypatch.setattr(check, "_examine_with_engine", lambda spec, listen: findings)
        return check.check_space(load(small_space, changes))

    return check_on


@pytest.mark.parametrize(
    ("device", "changes", "money"),
    [
        (GPU, ["cost={per_gpu_hour: 2.5, currency: EUR}"], 5.0),
        (GPU, ["cost={per_gpu_hour: 2.5, currency: EUR}", "resources.gpus=0.5"], 2.5),
        (GPU, [], None),
        (CPU, ["cost.per_gpu_hour=2.5"], None),
    ],
)
def test_a_study_costs_its_hours_on_a_gpu_times_their_price_and_its_share(check_on, device, changes, money):
    result = check_on(device, *changes)
    assert (result.money, result.to_json()["money"]) == (money, money)
    said = _describe_study(result, result.findings.times)
    assert (f"it costs {money:.2f} EUR" in said) if money else ("it costs" not in said)


@pytest.mark.parametrize(
    ("device", "changes", "keys"),
    [
        (CPU, ["search.gpu_hours=2"], ["gpu_hours"]),
        (CPU, ["search.gpu_hours=2", "search.cost=5", "cost.per_gpu_hour=2.5"], ["gpu_hours", "cost"]),
        (GPU, ["search.gpu_hours=2", "search.cost=5", "cost.per_gpu_hour=2.5"], []),
        (CPU, ["search.epochs=9"], []),
    ],
)
def test_a_part_of_the_budget_that_this_machine_never_spends_is_remarked_once(check_on, device, changes, keys):
    notes = [note for note in check_on(device, *changes).findings.notes if "never spent" in note]
    assert [note.partition(":")[0] for note in notes] == [f"search.{key}" for key in keys]


def test_it_is_remarked_once_where_the_file_itself_leaves_the_gpu_out(check_on):
    notes = check_on(CPU, "search.gpu_hours=2", "resources.gpus=0").findings.notes
    assert len([note for note in notes if "gpu_hours" in note]) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("search.epochs=1", "search.epochs: it is that of all trials together, and one trial has 2."),
        ("search.stop.no_improvement=2", "search.stop.no_improvement: it can never act: the budget is 2 trials"),
        ("search.stop.regret=true", "search.stop.regret: it can never act: it is looked at after 30 complete trials"),
    ],
)
def test_a_limit_that_is_likely_not_meant_is_remarked(check_on, change, said):
    notes = check_on(GPU, change).findings.notes
    assert [note for note in notes if said in note], notes
    assert not [note for note in check_on(GPU).findings.notes if "search." in note]
