"""The rules by which the curves of one trial are judged: thresholds, each with its reason.

Each rule gives the figures that show what it looks for, a sentence each, or nothing. All of them give way where the
validation part is so small that chance moves a curve as much: see `Setting.least_difference`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from hpo.analysis.diagnosis.curves import Curves, end_level, level
from hpo.analysis.diagnosis.setting import Setting

Evidence = tuple[str, ...]

FEWEST = 4
"""Epochs: a tendency cannot be told from an accident in fewer."""
_GAP, _SMALL_GAP = 0.10, 0.03
"""Of the metric, between the parts. A tenth more right answers on images that were trained on than on others is more
than a useful model shows on most data. A smaller gap counts where the validation loss has turned as well; a turn alone
does not, since every model shows one in the end that is trained for long enough."""
_TURNED = 1.10
"""The validation loss over its lowest level: it wavers by less from epoch to epoch."""
_LOSS_RATIO = 1.5
"""The validation loss over the training loss, where there is no metric of both parts."""
_CHANCE = 0.02
"""Of the metric: so near to guessing, nothing was learned that anybody could use."""
_DROP, _FEWEST_DROPS, _DROP_SHARE = 0.10, 2, 0.25
"""Of the metric, from one epoch to the next, in the second half of a training: one that converges moves by less there.
Once may be an accident, or a new phase; twice, and in a quarter of the epochs, is none."""
_LOSS_DROP = 1.5
"""The same of the validation loss, as a factor, where there is no metric."""
_COLLAPSED = 1.5
"""The training loss over its lowest level: it falls as long as a training goes well, whatever the validation does."""
_GAIN, _OF_ERRORS, _LOSS_GAIN = 0.005, 0.1, 0.02
"""What the last fifth of the epochs has gained over the fifth before, of the metric, or as a share of the loss: with
less, as many epochs again are not worth their price. Where few errors are left, a tenth of them is enough."""
_WAVERS = 2.5
"""Standard errors of that gain, of how much a curve wavers about its trend: of trials that gain nothing, one of 100 is
taken for one that does."""
_SETTLED = 500
"""Steps: averages with Keras' momentum of 0.99 have then forgotten all but 0.7 % of what they began with."""
_FITTED = 0.90
"""Of the metric, on the training part: a network that is large enough, and trained well, learns its images."""


def find_divergence(curves: Curves) -> Evidence | None:
    """Find figures that are no finite numbers."""
    for name, curve in (
        ("training loss", curves.training_loss),
        ("validation loss", curves.validation_loss),
        (f"validation {curves.metric}", curves.validation),
    ):
        for epoch, value in enumerate(curve, 1):
            if not math.isfinite(value):
                return (f"The {name} was no finite number in epoch {epoch}.",)
    return None


def find_stall(curves: Curves, setting: Setting) -> Evidence | None:
    """Find a training that has come no further than guessing."""
    if not curves.validation or not setting.chance:
        return None
    chance, windows = setting.chance, range(max(1, len(curves.validation) - 2))
    best = max(level(curves.validation[start : start + 3]) for start in windows)  # one epoch alone may be lucky
    if not best <= chance + setting.least_difference(chance, _CHANCE):
        return None
    if curves.training and end_level(curves.training) > chance + _GAP:
        return None  # it has learned its training images by heart
    evidence = [f"The validation {curves.metric} came to {best:.4f}; always naming one class gives {chance:.4f}."]
    loss = curves.training_loss
    if len(loss) > 1 and math.isfinite(loss[0]) and math.isfinite(loss[-1]):
        evidence.append(f"The training loss went from {loss[0]:.4f} to {loss[-1]:.4f} in {len(loss)} epochs.")
    return tuple(evidence)


def find_instability(curves: Curves, setting: Setting) -> Evidence | None:
    """Find validation figures that fall and rise, or a training loss that has risen."""
    half = max(FEWEST + 1, curves.epochs // 2 + 1)
    if curves.validation:
        late = curves.validation[-half:]
        least = setting.least_difference(level(late), _DROP)
        drops = [before - after for before, after in pairwise(late) if before - after >= least]
        text = f"the validation {curves.metric} fell by {{}}{max(drops, default=0):.2f} from one epoch to the next"
    else:
        late = curves.validation_loss[-half:]
        drops = [after / before for before, after in pairwise(late) if after > _LOSS_DROP * before > 0]
        text = f"the validation loss rose {{}}{max(drops, default=0):.1f}-fold from one epoch to the next"
    if len(drops) >= max(_FEWEST_DROPS, _DROP_SHARE * (len(late) - 1)):
        return (f"In the last {len(late)} epochs {text.format('up to ')}, {len(drops)} times.",)
    loss = curves.training_loss
    lowest = min((value for value in loss if math.isfinite(value)), default=math.nan)
    if loss and min(end_level(loss), loss[-1]) > _COLLAPSED * lowest > 0:
        epoch = loss.index(lowest) + 1
        return (f"The training loss rose from {lowest:.4f} in epoch {epoch} to {end_level(loss):.4f} at the end.",)
    return None


def find_overfitting(curves: Curves, setting: Setting) -> Evidence | None:
    """Find that the training part is known better and better, and the validation part is not."""
    turn, gap = find_turn(curves), curves.gap
    evidence = [] if turn is None else [turn]
    if gap is None:
        loss, validation = end_level(curves.training_loss), end_level(curves.validation_loss)
        return tuple(evidence) if turn is not None and validation > _LOSS_RATIO * loss else None
    least = setting.least_difference(end_level(curves.validation), _GAP if turn is None else _SMALL_GAP)
    if gap < least:
        return None
    training, validation = end_level(curves.training), end_level(curves.validation)
    return (
        f"At the end the {curves.metric} is {training:.4f} in training and {validation:.4f} in validation: "
        f"{100 * gap:.1f} points apart.",
        *evidence,
    )


def find_unsettled(curves: Curves, setting: Setting) -> Evidence | None:
    """Find a gap that batch normalization explains as well as overfitting does, in a training of few steps."""
    if not (curves.may_normalize_batches and curves.batch_size and setting.training_images):
        return None
    steps = curves.epochs * math.ceil(setting.training_images / curves.batch_size)
    overfitting = find_overfitting(curves, setting)
    if steps >= _SETTLED or overfitting is None or (curves.gap or 0.0) < _GAP:
        return None
    return (
        *overfitting,
        f"It had {steps} steps. Batch normalization, if the network has it, predicts with averages that take some "
        f"{_SETTLED} steps to settle; until then validation figures are too low, and leap.",
    )


def find_turn(curves: Curves) -> str | None:
    """Find that the validation loss has risen again while the training loss went on to fall."""
    training, validation = curves.training_loss, curves.validation_loss
    finite = [value for value in validation if math.isfinite(value)]
    if len(finite) < FEWEST or not training:
        return None
    lowest = min(finite)
    index, end = validation.index(lowest), end_level(validation)
    if end < _TURNED * lowest or index > len(validation) - FEWEST or end_level(training) >= training[index]:
        return None
    return (
        f"The validation loss was lowest in epoch {index + 1} ({lowest:.4f}) and came to {end:.4f}, while the training "
        f"loss went on to fall from {training[index]:.4f} to {end_level(training):.4f}."
    )


def find_progress(curves: Curves, setting: Setting) -> Evidence | None:
    """Find that the objective still improved when the training ended, by more than it wavers.

    A curve of few validation images wavers by more than a training gains in some epochs. Where the training part, which
    is larger, was still learned better and better, a gain of the objective counts however it wavers; and where the
    parts are no more than 5 points apart, it is enough that the objective was best of late.
    """
    sign = 1 if curves.direction == "maximize" else -1
    values = [sign * value for value in curves.objective if math.isfinite(value)]
    if len(values) < FEWEST:
        return _find_early_progress(values, setting)
    span = _span(values)
    late, before = _compare_ends(values)
    gain, least = late - before, min(_GAIN, _OF_ERRORS * (1 - late)) if sign > 0 else _LOSS_GAIN * abs(before)
    best = values.index(max(values))
    evidence = (
        f"The mean of the last {span} epochs is {sign * late:.4f}, that of the {span} before {sign * before:.4f}.",
        f"The best epoch was {curves.best_epoch} of {curves.epochs}.",
    )
    if sign > 0 and late >= 1:
        return None  # all is right: nothing is left to learn
    if gain > 0 and best >= len(values) - span and gain >= max(least, _WAVERS * _measure_noise(values, span)):
        return evidence
    if (training := _find_training_gain(curves)) is None or best < len(values) - 2 * span:
        return None
    is_near = curves.gap is not None and curves.gap < _GAP / 2 and end_level(curves.training) < _FITTED
    return (training, *evidence) if gain >= least or is_near else None


def _find_training_gain(curves: Curves) -> str | None:
    """Find that the metric of the training part still rose at the end, by more than it wavers."""
    if len(curves.training) < FEWEST or not curves.is_finite:
        return None
    values, span = list(curves.training), _span(curves.training)
    late, before = _compare_ends(values)
    if late - before < max(_GAIN, _WAVERS * _measure_noise(values, span)):
        return None
    return f"In training the {curves.metric} still rose, from {before:.4f} to {late:.4f} in the mean of {span} epochs."


def _span(values: Sequence[float]) -> int:
    """Count the epochs at the end that are compared with as many before."""
    return max(2, len(values) // 5)


def _compare_ends(values: Sequence[float]) -> tuple[float, float]:
    """Give the mean of the last fifth of the epochs, and that of the fifth before."""
    span = _span(values)
    return fmean(values[-span:]), fmean(values[-2 * span : -span])


def find_underfitting(curves: Curves, setting: Setting) -> Evidence | None:
    """Find that the training part itself is not learned, though there was time for it."""
    gap = curves.gap
    if gap is None or gap >= _GAP / 2:
        return None
    training, validation = end_level(curves.training), end_level(curves.validation)
    if max(training, validation) >= _FITTED:  # training images that are augmented or met with dropout look less known
        return None
    evidence = [
        f"At the end the {curves.metric} on its own training images is {training:.4f}, no more than that, and "
        f"{validation:.4f} in validation."
    ]
    if gap < -setting.least_difference(validation, _SMALL_GAP):
        evidence.append("Training figures are taken with dropout and augmentation, which make them lower.")
    return tuple(evidence)


def _find_early_progress(values: list[float], setting: Setting) -> Evidence | None:
    """Find that each of two or three epochs was better than the one before by more than chance gives."""
    steps = [after - before for before, after in pairwise(values)]
    least = setting.least_difference(values[-1], 2 * _GAIN) if values and values[-1] > 0 else 0.0
    if not steps or min(steps) <= least:
        return None
    return (f"Each epoch was better than the one before, from {abs(values[0]):.4f} to {abs(values[-1]):.4f}.",)


def _measure_noise(values: list[float], span: int) -> float:
    """Estimate the standard error of the difference of two means of so many epochs, from differences of differences."""
    window = values[-max(6, 2 * len(values) // 3) :]
    seconds = [abs(a - 2 * b + c) for a, b, c in zip(window, window[1:], window[2:], strict=False)]
    deviation = 1.4826 * level(seconds) / math.sqrt(6) if seconds else 0.0  # of a normal distribution
    return deviation * math.sqrt(2 / span)
