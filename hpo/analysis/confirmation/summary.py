"""What a confirmation has found: its figures with their intervals, and what they say in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.confirmation.intervals import Estimate
from hpo.analysis.texts.wording import format_value

_OPTIMISM = 5e-5
"""A difference that four decimals do not show."""


@dataclass(frozen=True, slots=True)
class ConfigSummary:
    """A config that was trained again.

    Attributes:
        trial: the number of the trial that the search has tried it in.
        search_value: what it came to in the search.
        values: what it came to since, one a run.
        failed: how many runs ended without a value.
        left: how many runs have not ended.
        interval: of its value with seeds of its own; None where no run is complete. It reaches further to the worse
            side: values that were chosen for being good are optimistic.
    """

    trial: int
    search_value: float
    values: tuple[float, ...]
    failed: int
    left: int
    interval: Estimate | None


@dataclass(frozen=True, slots=True)
class Separation:
    """Whether the winner can be told from the next config.

    Attributes:
        runner_up: its trial.
        difference: by how much the winner is better, more than 0 for better whichever way the metric goes.
        test: what test has compared them.
        is_separable: whether the interval of the difference leaves 0 out.
    """

    runner_up: int
    difference: Estimate
    test: str

    @property
    def is_separable(self) -> bool:
        """Whether the interval of the difference leaves 0 out."""
        return self.difference.excludes_zero()


@dataclass(frozen=True, slots=True)
class TestSummary:
    """What the test part has said of the winner, once.

    Attributes:
        trial: whose config was tested: the winner at that time.
        date: when, ISO 8601.
        metric: the objective's without `val_`.
        values: one for each model.
        images: how many were predicted; None where that is not known.
        interval: over models and images; None where no model was evaluated.
        has_part: whether the data has a test part.
    """

    __test__ = False  # no test class, whatever pytest thinks of the name

    trial: int
    date: str
    metric: str
    values: tuple[float, ...]
    images: int | None
    interval: Estimate | None
    has_part: bool


@dataclass(frozen=True, slots=True)
class ConfirmationSummary:
    """What a confirmation has found.

    Attributes:
        metric: the learned objective, which decides.
        objectives: how many the study has.
        searched: of how many complete trials the configs were the best.
        seeds: with how many seeds each config is trained.
        folds: into how many folds training and validation images are split; None on the study's own split.
        is_complete: whether all runs have ended.
        configs: the best mean first.
        winner: the trial of the best config; None until all runs have ended, or where none came to a value.
        separation: from the next one; None where there is no other.
        test: None until the test part was read.
        model: where the winner's model is; None where there is none.
        model_trial: the run that it is of.
    """

    metric: str
    objectives: int
    searched: int
    seeds: int
    folds: int | None
    is_complete: bool
    configs: tuple[ConfigSummary, ...]
    winner: int | None
    separation: Separation | None
    test: TestSummary | None
    model: str | None
    model_trial: int | None

    def to_json(self) -> dict[str, Any]:
        """Plain values; programs rely on the keys."""
        separation = self.separation
        plain = asdict(self)
        if separation is not None:
            plain["separation"]["is_separable"] = separation.is_separable
        return {**plain, "words": self.in_words()}

    def in_words(self) -> list[str]:
        """Say what was found, one sentence or two in each text."""
        return _describe_summary(self)


def _describe_summary(summary: ConfirmationSummary) -> list[str]:
    """Say what a confirmation has found, or how far it is; one sentence or two in each text."""
    complete = [config for config in summary.configs if config.interval is not None]
    if summary.winner is None:
        return [_describe_progress(summary)]
    winner, metric = complete[0], summary.metric
    assert winner.interval is not None  # noqa: S101 - those were selected
    texts = [
        f"Confirmed: trial {winner.trial}, {metric} {_format(metric, winner.interval)}: the mean of "
        f"{_describe_runs(summary, winner)}.{_describe_allowance(summary)}",
        _describe_optimism(summary, winner, winner.interval.estimate),
    ]
    texts += _describe_separation(summary)
    texts += [
        f"{config.failed} of the runs of trial {config.trial} {'has' if config.failed == 1 else 'have'} failed, and "
        f"{'is' if config.failed == 1 else 'are'} not in its mean."
        for config in summary.configs
        if config.failed
    ]
    if summary.objectives > 1:
        texts.append(f"{metric} alone decides: the first of the {summary.objectives} objectives that is learned.")
    texts += _describe_test(summary)
    if summary.model is not None:
        texts.append(f"The model of trial {summary.model_trial} is kept: the best of the winner's runs on validation.")
    return texts


def _describe_allowance(summary: ConfirmationSummary) -> str:
    if summary.searched < 2:  # noqa: PLR2004 - a choice has two
        return ""
    epochs = " and their epochs" if summary.folds is None else ""
    return f" The interval allows for the choice among {summary.searched} trials{epochs}."


def _describe_progress(summary: ConfirmationSummary) -> str:
    left = sum(config.left for config in summary.configs)
    if not summary.configs:
        return "The configs that were confirmed lie outside the space, as it is now."
    if summary.is_complete:
        return "No run of the confirmation came to a value: `hpo trials` tells why."
    wanted = sum(len(config.values) + config.failed for config in summary.configs) + left
    ended = f"{wanted - left} of {wanted} runs have ended"
    return f"The confirmation is not complete: {ended}. `hpo confirm` and `hpo resume` go on with it."


def _describe_runs(summary: ConfirmationSummary, config: ConfigSummary) -> str:
    count = len(config.values)
    if summary.folds is None:
        trainings = f"{count} trainings with fresh seeds" if count > 1 else "one training with a fresh seed"
        return f"{trainings}, on the split of the search"
    repeats = "" if summary.seeds == 1 else f", {summary.seeds} times"
    return f"{count} trainings with fresh seeds, over {summary.folds} folds{repeats}"


def _describe_optimism(summary: ConfirmationSummary, winner: ConfigSummary, mean: float) -> str:
    metric, value = summary.metric, winner.search_value
    text = f"The search had {format_value(metric, value)} for it"
    if summary.searched > 1:
        text += f", one of the best of {summary.searched} values, which are optimistic for being chosen"
    difference = value - mean
    side = f"{format_value(metric, abs(difference))} {'above' if difference > 0 else 'below'} the mean"
    return f"{text}{'' if abs(difference) < _OPTIMISM else f': {side}'}."


def _describe_separation(summary: ConfirmationSummary) -> list[str]:
    separation, metric = summary.separation, summary.metric
    if separation is None:
        return []
    difference = separation.difference
    if difference.low is None or difference.p is None:
        return [f"With one seed nothing tells it from trial {separation.runner_up}: more seeds do."]
    figures = f"{_format(metric, difference)}, p = {difference.p:.2g}, {separation.test}"
    if separation.is_separable:
        return [f"It is better than the next, trial {separation.runner_up}, by {figures}."]
    return [
        f"It cannot be told from the next, trial {separation.runner_up}: the difference is {figures}. Take the cheaper "
        "one, or add seeds."
    ]


def _describe_test(summary: ConfirmationSummary) -> list[str]:
    test = summary.test
    if test is None:
        return []
    day = test.date.partition("T")[0]
    if not test.has_part:
        return ["The data has no test part."]
    texts = [f"The confirmation read the test part once, on {day}, for trial {test.trial}: {_describe_score(test)}."]
    if test.trial != summary.winner:
        texts.append(f"It is not read again, so there is no test figure of trial {summary.winner}.")
    return texts


def _describe_score(test: TestSummary) -> str:
    if test.interval is None:
        return "no model could be evaluated"
    images = "" if test.images is None else f" and {test.images:,} images"
    models = "1 model" if len(test.values) == 1 else f"{len(test.values)} models"
    return f"{test.metric} {_format(f'val_{test.metric}', test.interval)}, over {models}{images}"


def _format(metric: str, interval: Estimate) -> str:
    """Write an estimate with its interval: `0.9512 (95% interval 0.9440 to 0.9584)`."""
    text = format_value(metric, interval.estimate)
    if interval.low is None or interval.high is None:
        return text
    return f"{text} (95% interval {format_value(metric, interval.low)} to {format_value(metric, interval.high)})"
