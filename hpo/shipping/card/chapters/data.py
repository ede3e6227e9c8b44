"""What the model was trained and measured on."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.report.document import Chapter, Fact, Facts, Paragraph, ReportBlock
from hpo.shipping.card.source import CardSource


def describe_data(source: CardSource) -> Chapter:
    """Say what the data is, how it was split, and what is known to be wrong with it."""
    return Chapter("Data", tuple(_describe(source)))


def _describe(source: CardSource) -> Iterator[ReportBlock]:
    kind = source.data.get("dataset")
    facts = [Fact("data set", source.dataset, "" if kind in (None, source.dataset) else str(kind))]
    summary = None if source.report is None else source.report.study.data
    if summary is not None:
        facts += [Fact(f"{part} part", f"{count:,} images") for part, count in summary["images"].items()]
    else:
        facts += [Fact(f"{part} part", f"{source.count_images(part):,} images") for part in source.scores]
    facts.append(Fact("classes", f"{len(source.kept.classes):,}"))
    if source.report is not None:
        facts += [Fact("fingerprint", text) for text in source.report.study.ledger.fingerprints.values()]
    terms = source.data.get("license")
    if terms is not None:
        facts.append(Fact("licence of the images", str(terms), "as the space file gives it"))
    yield Facts(tuple(facts))
    yield Paragraph(_describe_split(source, source.data.get("validation")))
    for note in [] if summary is None else summary["notes"]:
        yield Paragraph(f"About the data: {note}.", "warning")
    theirs = "their licence, " if terms is None else ""
    yield Paragraph(
        f"To be filled in by the owner: where the images come from, {theirs}who is in them, how they were labelled.",
        "warning",
    )


def _describe_split(source: CardSource, validation: object) -> str:
    seed = "" if source.report is None else f", with the seed {source.report.study.spec.seed}"
    if validation == "validation":
        return "Trials were compared on the data set's own validation part."
    if isinstance(validation, float | int):
        return f"Trials were compared on a share of {validation:g} of the training images, stratified{seed}."
    return (
        "Trials were compared on the data set's own validation part or, where it has none, on a share of 0.1 of the "
        f"training images, stratified{seed}."
    )
