"""Which model to put to use under a priority, and why, in words that claim no more than the figures do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hpo.analysis.comparison.candidate import Priority
from hpo.analysis.comparison.compared_study import ComparedStudy
from hpo.analysis.comparison.paired_test import PairedTest
from hpo.analysis.predictions import PredictedPart
from hpo.errors import Fault, UserError

_NOTICED = 1.5
"""So many times smaller or faster is worth telling whoever asked for accuracy."""

_EQUAL: Mapping[Priority, float] = {"size": 1.0, "latency": 1.1}
"""What counts as the least, as a factor; a latency wavers by a tenth from one measurement to the next."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a recommendation rests on.

    Attributes:
        tests: of each pair; none where predictions are missing.
        part: that is compared on.
        images: of it; None where it is not known.
        metric: that is compared.
        prefer: what matters most.
        tolerance: how much less of the metric than the best one has is accepted for size or latency.
    """

    tests: Sequence[PairedTest]
    part: PredictedPart
    images: int | None
    metric: str
    prefer: Priority
    tolerance: float

    def find_test(self, name: str, other: str) -> PairedTest | None:
        """Find the test of two studies, seen from the first."""
        return next((test.seen_from(name) for test in self.tests if {test.first, test.second} == {name, other}), None)


def recommend(studies: Sequence[ComparedStudy], ground: Ground) -> tuple[ComparedStudy, list[str]]:
    """Recommend the model of one study.

    By accuracy that is the one with the best value. By size or latency it is the smallest or fastest of those whose
    value is at most the tolerance below the best: how much may be given up is for the owner to say, not for a test,
    which on few images finds no difference between very different models.

    Returns:
        The study, and why, a sentence each.

    Raises:
        UserError: what matters most is not known of any.
    """
    valued = {study.study: study.value for study in studies if study.value is not None}
    if not valued:
        rule = "models are compared by what they predict"
        remedy = "continue each study to the end of its budget, which has its model evaluated"
        raise UserError(Fault(rule, "studies whose models are not kept", remedy))
    known = [study for study in studies if study.study in valued]
    best = max(known, key=lambda study: (valued[study.study], -(study.parameters or 0.0)))
    chosen = best
    if ground.prefer != "accuracy":
        measure = _MEASURES[ground.prefer]
        near = [study for study in studies if valued.get(study.study, -1.0) >= valued[best.study] - ground.tolerance]
        known = [study for study in near if measure(study) is not None]
        if not known:
            rule = f"{ground.prefer} is known of what is compared by it"
            raise UserError(Fault(rule, "no figure of it for any of the most accurate", "prefer accuracy"))
        least = min(measure(study) or 0.0 for study in known)
        equal = [study for study in known if (measure(study) or 0.0) <= _EQUAL[ground.prefer] * least]
        chosen = max(equal, key=lambda study: valued[study.study])
    others = [study for study in studies if study is not chosen]
    return chosen, [*_explain(chosen, best, valued, ground), *_compare(chosen, others, ground), *_warn(chosen, ground)]


def _explain(chosen: ComparedStudy, best: ComparedStudy, valued: Mapping[str, float], ground: Ground) -> Iterator[str]:
    metric = ground.metric.replace("_", " ")
    is_alone = all(value < valued[chosen.study] for name, value in valued.items() if name != chosen.study)
    reason = f"it has the highest {metric}" if is_alone else f"none has a higher {metric}, nor is as good and smaller"
    if ground.prefer != "accuracy":
        near = sum(value >= valued[best.study] - ground.tolerance for value in valued.values())
        below = f"whose {metric} is at most {_points(ground.tolerance)} below the highest"
        word = {"size": "the smallest", "latency": "the fastest"}[ground.prefer]
        alone = f"it has the highest {metric}, and no other is within {_points(ground.tolerance)} of it"
        reason = f"it is {word} of the {near} {below}" if near > 1 else alone
    yield f"Put the model of {chosen.study} to use (trial {chosen.trial}): {reason}."
    on = f"on {ground.images:,} images of the {ground.part} part" if ground.images else f"on the {ground.part} part"
    text = f"Its {metric} is {valued[chosen.study]:.4f} {on}"
    if ground.metric == "accuracy" and chosen.accuracy_interval is not None:
        low, high = chosen.accuracy_interval
        text += f"; on other images of the same kind, expect {low:.4f} to {high:.4f} (95% interval)"
    yield f"{text}."


def _compare(chosen: ComparedStudy, others: Sequence[ComparedStudy], ground: Ground) -> Iterator[str]:
    """Compare the chosen model with each other one: by the test, and by what it costs to use."""
    for other in others:
        test = ground.find_test(chosen.study, other.study)
        if test is None:
            continue
        low, high = (100 * bound for bound in test.interval)
        p = f"p = {test.p:.3f}" if test.p >= 0.0005 else "p < 0.001"  # noqa: PLR2004 - as rounded
        place = f"{_points(abs(test.difference))} {'above' if test.difference > 0 else 'below'} that of"
        figures = f"95% interval {low:+.1f} to {high:+.1f}; {test.test}, {p}"
        verdict = "that is more than chance gives"
        if not test.is_separable:
            doubt = "the other may be as good, or better" if test.difference >= 0 else "it may be as good"
            verdict = f"{test.images:,} images cannot tell the two apart, so {doubt}"
        metric = ground.metric.replace("_", " ")
        yield f"Its {metric} is {place if test.difference else 'that of'} {other.study} ({figures}): {verdict}."
        if ground.prefer == "accuracy" and not test.is_separable:
            yield from _tell_cheaper(chosen, other)


def _tell_cheaper(chosen: ComparedStudy, other: ComparedStudy) -> Iterator[str]:
    """Tell that a model which may be as good is much smaller or faster."""
    for priority, word in (("size", "smaller"), ("latency", "faster")):
        own, others = (_MEASURES[priority](study) for study in (chosen, other))
        if own and others and own >= _NOTICED * others:
            yield f"{other.study} is {own / others:.1f} times {word}, which --prefer {priority} asks for."


def _warn(chosen: ComparedStudy, ground: Ground) -> Iterator[str]:
    """Say what speaks against putting the model to use as it is."""
    if chosen.conclusion.kind != "good":
        yield f"Before you do, know what became of it. {chosen.conclusion.words}"
    if ground.part == "test":
        yield "A model that is chosen by its figure on a part does a little worse on new images: part of it is luck."


def _points(share: float) -> str:
    return f"{100 * share:.3g} {'point' if share == 0.01 else 'points'}"  # noqa: PLR2004 - one


_MEASURES: Mapping[str, Callable[[ComparedStudy], float | None]] = {
    "size": lambda study: study.parameters,
    "latency": lambda study: None if study.latency is None else study.latency.milliseconds,
}
