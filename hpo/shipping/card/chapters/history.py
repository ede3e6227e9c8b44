"""How the model came about: what was searched, what that took, where it ran, and how to do it again."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.report.chapters.circumstances import describe_environment
from hpo.analysis.report.chapters.request import describe_goal, list_parameters
from hpo.analysis.report.document import Chapter, CodeText, Column, DataTable, Fact, Facts, Paragraph, ReportBlock
from hpo.analysis.texts.wording import format_counts, format_duration, format_parameters
from hpo.shipping.card.source import CardSource
from hpo.shipping.privacy import hide_folders, is_absolute
from hpo.spaces import to_yaml
from hpo.studies import space_document

_PRIVATE = ("alerts", "tracking")
"""Sections of a space that a search does not depend on, and that name servers and secret URLs of those who ran it."""


def describe_search(source: CardSource) -> Chapter:
    """Say how its config was found, and what that took."""
    return Chapter("How it was searched", tuple(_describe_search(source)))


def _describe_search(source: CardSource) -> Iterator[ReportBlock]:
    if source.report is None:
        yield Paragraph("Not known here: the card was made of the model's file, without its study.")
        return
    study = source.report.study
    spec, costs = study.spec, study.costs
    choices = ", ".join([spec.search.backend, *(f"{key} {name}" for key, name in spec.search.choices.items())])
    yield Paragraph(f"The study looked for the config that {describe_goal(spec.objectives)}, by {choices}.")
    facts = [
        Fact("trials", f"{len(source.report.trials):,}", format_counts(study.counts())),
        Fact("working time", format_duration(study.budget.worked_s), "all workers side by side"),
        Fact("time of all trials", format_duration(costs.seconds), "one after the other"),
        Fact("epochs", f"{costs.epochs:,}"),
    ]
    if costs.gpu_hours:
        facts.append(Fact("GPU-hours", f"{costs.gpu_hours:.2f}"))
    if costs.energy_kwh is None:
        facts.append(Fact("energy", "not measured", "NVML tells that of GPUs, and nothing of CPUs"))
    else:
        facts.append(Fact("energy", f"{costs.energy_kwh:.3g} kWh", "of the GPUs, by NVML; attempts cut off left out"))
    yield Facts(tuple(facts))
    yield list_parameters(spec.space, source.params, "this model has")
    if spec.constraints:
        rows = tuple((constraint.text,) for constraint in spec.constraints)
        yield DataTable("What a config has to meet before it is trained", (Column("constraint"),), rows)
    if not source.is_best and source.report.best is not None:
        best = source.report.best
        words = "is the best of the study" if len(spec.objectives) == 1 else f"has the best {spec.objectives[0].metric}"
        params = f": {format_parameters(best.params)}" if best.params else ""
        yield Paragraph(f"This is not the model that {words}, of trial {best.number}{params}.", "note")


def describe_making(source: CardSource) -> Iterator[Chapter]:
    """Say on what it ran."""
    if source.report is not None:
        names = {name for session in source.report.study.environments() for name in session}
        paths = {name for name in names if is_absolute(name.removeprefix("code "))}
        yield describe_environment(source.report, hidden={"host", *paths})
        return
    made_with = source.about.get("made_with", {})
    rows = tuple((str(name), str(version)) for name, version in made_with.items())
    yield Chapter("Where it ran", (DataTable("Versions", (Column("package"), Column("version")), rows),))


def describe_reproduction(source: CardSource) -> Chapter:
    """Say how to train it again."""
    return Chapter("How to reproduce it", tuple(_describe_reproduction(source)))


def _describe_reproduction(source: CardSource) -> Iterator[ReportBlock]:
    if source.config:
        note = (
            "A space file without a parameter: saved as `config.yaml`, `hpo run --space config.yaml` trains it again."
        )
        yield CodeText("Its config", to_yaml(source.config), note, "yaml")
    if source.report is None:
        return
    study = source.report.study
    yield CodeText(
        "With the study at hand", f"hpo reproduce {study.name} {source.kept.trial}    # and compares to the last bit"
    )
    space = {key: value for key, value in space_document(study).items() if key not in _PRIVATE}
    note = "Saved as `space.yaml`, it is searched again."
    yield CodeText("The space that was searched", to_yaml(hide_folders(space)), note, "yaml")
    yield Paragraph(
        f"All randomness follows from the seed {study.spec.seed}; other versions, and other machines, may give other "
        "digits.",
        "note",
    )
