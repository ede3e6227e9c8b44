"""Times a few steps of configs small and large, and tells from them what trials and the study will take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import mean

from hpo.checking.exploration import Sample
from hpo.checking.figures import range_of
from hpo.checking.network import Networks
from hpo.checking.result import Costs, Times
from hpo.checking.rules import trials_of
from hpo.checking.times import Speed, Timed
from hpo.spaces import Params, StudySpec
from hpo.training.failures import cause_of
from hpo.training.measuring.pace import Pace, measure_pace, trial_seconds

_LONGEST_STEP = 6.0
"""Seconds; a config whose step is foreseen to take longer is not timed."""


def times_of(
    spec: StudySpec,
    networks: Networks,
    tried: Sample,
    costs: Costs | None,
    *,
    seconds: float,
    listen: Callable[[str], None],
) -> tuple[Times | None, tuple[str, ...]]:
    """Time a few configs.

    Args:
        spec: the study.
        networks: of its configs.
        tried: configs to choose from.
        costs: what is known of the device's memory.
        seconds: of steady steps for each config that is timed.
        listen: is told what is being done.

    Returns:
        Times, None where nothing could be timed; and what went wrong on the way: configs that can be built, and not
        trained.
    """
    measured: list[Timed] = []
    problems: dict[str, None] = {}
    chosen = _chosen(networks, tried)
    for number, params in enumerate(chosen, start=1):
        listen(f"timing a few steps: config {number} of {len(chosen)}")
        try:
            timed = _timed(networks, params, measured, costs, seconds)
        except Exception as error:  # whatever an engine raises is what a trial would meet
            text = ", ".join(f"{name}={value}" for name, value in params.items())
            problems[f"a config that can be built cannot be trained: {cause_of(error)} ({text})"] = None
        else:
            measured += [timed] if timed else []
    if not measured:
        return None, tuple(problems)
    return _times(spec, networks, tried, Speed(measured), measured), tuple(problems)


def _loads(networks: Networks, tried: Sample) -> list[tuple[int, int, Params]]:
    """Operations of one image's hardest training step, and the batch size, of each config that can be trained."""
    loads = []
    for params in tried.all():
        found = networks.found(params)
        if found is not None and networks.feasible_cost(params) is not None:
            loads.append((max(found[1].training_flops), found[0].training.batch_size, params))
    return loads


def _chosen(networks: Networks, tried: Sample) -> list[Params]:
    """The smallest network with the smallest batch and with the largest, the middle one, the largest."""
    loads = _loads(networks, tried)
    if not loads:
        return []
    by_size = sorted(loads, key=lambda load: load[:2])
    chosen = [
        by_size[0],
        min(loads, key=lambda load: (-load[1], load[0])),
        by_size[len(by_size) // 2],
        by_size[-1],
    ]
    return [params for _, _, params in sorted({load[:2]: load for load in chosen}.values(), key=lambda load: load[0])]


def _timed(
    networks: Networks, params: Params, measured: list[Timed], costs: Costs | None, seconds: float
) -> Timed | None:
    """The pace of a config; None where a step would take too long, or more memory than there is."""
    found, cost = networks.found(params), networks.cost(params)
    assert found is not None and cost is not None  # noqa: S101, PT018 - only sound configs are chosen
    config, network = found
    batch_size, flops = config.training.batch_size, max(network.training_flops)
    if costs is not None and costs.device_memory is not None and cost.memory > costs.device_memory:
        return None
    if measured:
        last = measured[-1]
        step_s = flops / last.training_flops / last.images_per_second * batch_size
        if step_s > _LONGEST_STEP:
            return None
    pace = measure_pace(config, networks.outline(config), seconds=seconds, phase=network.hardest_phase)
    return Timed(
        flops,
        cost.flops,
        batch_size,
        pace.images_per_second,
        pace.evaluated_images_per_second,
        pace.startup_s,
    )


def _times(spec: StudySpec, networks: Networks, tried: Sample, speed: Speed, measured: list[Timed]) -> Times:
    def seconds(params: Params) -> float | None:
        found, cost = networks.found(params), networks.feasible_cost(params)
        if found is None or cost is None:
            return None
        config, network = found
        took = 0.0
        for (phase, _), flops in zip(config.training.each_phase(), network.training_flops, strict=True):
            timed = speed.of(flops, cost.flops, phase.batch_size)
            pace = Pace(timed.images_per_second, timed.evaluated_images_per_second, timed.startup_s)
            took += trial_seconds(pace, networks.outline(config), phase.epochs)
        return took

    trial = range_of(spec.space, seconds, tried.all(), tried.points)
    assert trial is not None  # noqa: S101 - what was timed has one
    mean_s = mean(list(_known(seconds, tried.points)) or list(_known(seconds, tried.corners)))
    largest = max(load for load, _, _ in _loads(networks, tried))
    beyond = largest / max(timed.training_flops for timed in measured)
    return Times(trial, mean_s, mean_s * trials_of(spec), len(measured), beyond)


def _known(figure: Callable[[Params], float | None], configs: tuple[Params, ...]) -> Iterator[float]:
    for params in configs:
        value = figure(params)
        if value is not None:
            yield value
