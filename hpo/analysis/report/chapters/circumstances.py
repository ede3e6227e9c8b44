"""What it cost, where it ran, and how to do it again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from hpo.analysis.report.document import Chapter, CodeText, Column, DataTable, Fact, Facts, Paragraph, ReportBlock
from hpo.analysis.report.source import ReportSource
from hpo.analysis.texts.wording import format_duration
from hpo.spaces import to_yaml
from hpo.studies import space_text

_HIDDEN = frozenset({"started", "worked_s", "machine", "confirms"})


def describe_cost(source: ReportSource) -> Chapter:
    """Say what the study has cost."""
    return Chapter("What it cost", tuple(_describe_cost(source)))


def _describe_cost(source: ReportSource) -> Iterator[ReportBlock]:
    study = source.study
    costs, counts = study.costs, study.counts()
    if not costs.seconds:
        yield Paragraph("No trial has taken any time yet.")
        return
    facts = [
        Fact("working time", format_duration(study.budget.worked_s), "all workers side by side"),
        Fact("time of all trials", format_duration(costs.seconds), "one after the other"),
        Fact("epochs", f"{costs.epochs:,}"),
    ]
    if costs.gpu_hours:
        facts.append(Fact("GPU-hours", f"{costs.gpu_hours:.2f}"))
    if costs.money is not None:
        facts.append(Fact("money", f"{costs.money:,.2f} {costs.currency or ''}".strip(), "GPU-hours times their price"))
    yield Facts(tuple(facts))
    rows = tuple(
        (state, f"{counts[state]:,}", format_duration(cost.seconds), f"{cost.epochs:,}")
        for state, cost in costs.by_state.items()
        if counts[state]
    )
    titles = ("count", "time", "epochs")
    columns = (Column("trials"), *(Column(title, is_number=True) for title in titles))
    yield DataTable("What the trials took, by what became of them", columns, rows)
    yield from source.draw("costs")
    yield from source.draw("timeline")


def describe_environment(source: ReportSource, hidden: Collection[str] = ()) -> Chapter:
    """Say on what the study ran.

    Args:
        source: the study.
        hidden: what is left out of each environment besides, such as `host`.
    """
    sessions = source.study.environments()
    if not sessions:
        return Chapter("Where it ran", (Paragraph("Nobody has worked on the study yet."),))
    groups: dict[tuple[tuple[str, str], ...], list[dict[str, Any]]] = {}
    for session in sessions:
        key = tuple((name, str(value)) for name, value in session.items() if name not in _HIDDEN and name not in hidden)
        groups.setdefault(key, []).append(session)
    return Chapter("Where it ran", tuple(_list_environments(groups)))


def _list_environments(groups: dict[tuple[tuple[str, str], ...], list[dict[str, Any]]]) -> Iterator[ReportBlock]:
    count = sum(map(len, groups.values()))
    text = f"The study was worked on {'once' if count == 1 else f'{count:,} times'}"
    yield Paragraph(f"{text}, {'in one environment' if len(groups) == 1 else f'in {len(groups):,} environments'}.")
    for number, (pairs, sessions) in enumerate(groups.items(), start=1):
        worked = sum(session.get("worked_s", 0.0) for session in sessions)
        title = "Environment" if len(groups) == 1 else f"Environment {number}"
        rows = (*pairs, ("first used", str(sessions[0].get("started", ""))), ("worked", format_duration(worked)))
        yield DataTable(title, (Column("what"), Column("value")), rows)


def describe_reproduction(source: ReportSource) -> Chapter:
    """Say how to train the best config again, and to run the study again."""
    return Chapter("How to reproduce it", tuple(_describe_reproduction(source)))


def _describe_reproduction(source: ReportSource) -> Iterator[ReportBlock]:
    study, best = source.study, source.best
    name = study.address.argument
    commands = [f"hpo show {name} --space > space.yaml    # the space that was searched", "hpo run --space space.yaml"]
    if best is not None:
        by = "" if source.has_one_objective else f" by {source.objectives[0].metric}"
        yield CodeText(
            f"The config of the best trial{by}",
            to_yaml(best.config),
            "A space file without a parameter: saved as `best.yaml`, `hpo run --space best.yaml` trains it once more.",
        )
        if best.model_path is not None:
            yield Paragraph(
                f"Its model is `{best.model_path.name}` in the folder `artifacts` of the study; plain Keras loads it."
            )
    yield CodeText("The whole study", space_text(study), "Saved as `space.yaml`, it searches the same space.")
    yield CodeText("Commands", "\n".join(commands))
    yield Paragraph(
        f"All randomness follows from the seed {study.spec.seed}. With several workers, the order in which trials end "
        "differs from run to run, and with it what a sampler tries next; other versions, and other machines, may give "
        "other digits.",
        "note",
    )
