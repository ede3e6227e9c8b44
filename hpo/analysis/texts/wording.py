"""Times, values and parameters as people read them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from hpo.spaces import Choice, Objective, Parameter, ScalarValue
from hpo.studies import ClassScore, TrialState

_NAMED = 3
_NOTE = 140
"""Characters; two lines of a terminal."""


def format_duration(seconds: float) -> str:
    """Write seconds as `3:07`, or `2:03:07` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_value(metric: str, value: float) -> str:
    """Write a metric's value: four decimals if it is learned, else three digits, or a whole number from 100 on."""
    if metric.startswith("val_"):
        return f"{value:.4f}"
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"  # noqa: PLR2004 - what rounds to 100


def format_interval(interval: tuple[float, float] | None) -> str:
    """Write a 95 % interval as `95% interval 0.9427 to 0.9809`; "" where there is none."""
    return "" if interval is None else f"95% interval {interval[0]:.4f} to {interval[1]:.4f}"


def format_values(
    objectives: Sequence[Objective], values: Sequence[float], deviations: Sequence[float] = ()
) -> list[str]:
    """Write the value of each objective; of a learned one with its deviation over the repeats, if there is one."""
    texts = [format_value(objective.metric, value) for objective, value in zip(objectives, values, strict=False)]
    spreads = [
        f" ± {format_value(objective.metric, deviation)}" if objective.is_learned else ""
        for objective, deviation in zip(objectives, deviations, strict=False)
    ]
    return [text + spread for text, spread in zip_longest(texts, spreads[: len(texts)], fillvalue="")]


def format_objectives(objectives: Sequence[Objective]) -> str:
    """Write objectives as `maximize val_accuracy, minimize parameters`."""
    return ", ".join(f"{objective.direction} {objective.metric}" for objective in objectives)


def format_counts(counts: Mapping[TrialState, int]) -> str:
    """Write how many trials are in each state, as `3 complete, 1 pruned`; states of no trial are left out."""
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)


def format_parameters(params: Mapping[str, ScalarValue]) -> str:
    """Write parameters as `depth=2, learning_rate=0.00123`: four significant digits are what a comparison needs."""
    return ", ".join(f"{name}={format_parameter_value(value)}" for name, value in params.items())


def format_parameter_value(value: ScalarValue) -> str:
    """Write the value of a parameter, a float with four significant digits."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def format_range(parameter: Parameter) -> str:
    """Write what a parameter may be: `0.0001 to 0.1, log scale`, `1 to 3`, `one of adam, sgd`."""
    if isinstance(parameter, Choice):
        return f"one of {', '.join(map(format_parameter_value, parameter.categories))}"
    text = f"{format_parameter_value(parameter.low)} to {format_parameter_value(parameter.high)}"
    if parameter.log:
        return f"{text}, log scale"
    is_stepped = parameter.step is not None and not (isinstance(parameter.step, int) and parameter.step == 1)
    return f"{text} in steps of {format_parameter_value(parameter.step)}" if is_stepped else text


def format_score(score: Mapping[str, Any]) -> str:
    """Write a score on the test part without its accuracy: `loss 0.1234, macro F1 0.9412; evaluated once`.

    A class that the part has no image of, and that is never predicted, is in no mean: the text says then over how many.
    """
    macro_f1 = f", macro F1 {score['macro_f1']:.4f}" if "macro_f1" in score else ""
    classes = score.get("classes", ())
    measured = sum(bool(class_score["images"] or class_score["predicted"]) for class_score in classes)
    macro_f1 += f" over {measured} of {len(classes)} classes" if macro_f1 and measured < len(classes) else ""
    return f"loss {score['loss']:.4f}{macro_f1}; evaluated once"


def format_remark(remark: str) -> str:
    """Say on one line what ended a complete trial's training after its best epoch."""
    return f"ended early, its best epoch counts: {remark.splitlines()[0]}"


def shorten_note(note: str) -> str:
    """Shorten a note on the data: the files that a long one lists are listed by `hpo datasets inspect`."""
    if len(note) <= _NOTE:
        return note
    head, lists, _ = note.partition(" in all: ")
    if lists and len(head) <= _NOTE:
        return f"{head} in all; `hpo datasets inspect` lists them"
    return textwrap.shorten(note, _NOTE, placeholder=" ...")


def format_worst_classes(classes: Sequence[ClassScore]) -> str:
    """Name the classes with the lowest F1: `cat (F1 0.41), dog (F1 0.52), ...: the worst of 10 ...`."""
    measured = [score for score in sort_by_f1(classes) if score.images]
    worst = ", ".join(f"{score.name} (F1 {score.f1:.2f})" for score in measured[:_NAMED])
    missing = len(classes) - len(measured)
    absent = f"; {missing} more {'has' if missing == 1 else 'have'} no image there" if missing else ""
    return f"{worst}: the worst of {len(measured)} on validation{absent}"


def sort_by_f1(classes: Sequence[ClassScore]) -> list[ClassScore]:
    """Sort classes, the worst first; of equals, the larger one. Those without an image are last."""
    return sorted(classes, key=lambda score: (not score.images, score.f1, -score.images))
