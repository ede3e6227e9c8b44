"""Builds a study's networks to find what is broken, what cannot matter and what it costs. Imports the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, cast

from hpo.checking.exploration import DescribedPart, describe_parts
from hpo.checking.figures import range_of
from hpo.checking.idle_parameters import IdleParameter, find_idle_parameters
from hpo.checking.network import Networks
from hpo.checking.reading import read_images
from hpo.checking.result import FINDINGS, ConstraintShare, Costs, Findings, ProgressListener
from hpo.checking.rules import (
    constraint_shares,
    examine_rules,
    idle_recipe_parameters,
    recipe_parameters,
    sample_of,
)
from hpo.checking.timing import times_of
from hpo.data import Dataset, Outline
from hpo.errors import DataError, OwnCodeError
from hpo.fleet.device import describe_device, device_memory
from hpo.spaces import Config, Engine, Params, StudySpec, parse_spec
from hpo.spaces.spec.named_studies import studies_named

_POINTS = 64
_CONTEXTS = 40
"""Configs in which parameters of data and model are varied: each takes a network for every value."""
_LARGER = (2, 4, 8)
_TIMES_THE_ESTIMATE: Mapping[Engine, float] = {"jax": 2.6, "torch": 2.7}
"""What was measured at most, see `cost_of`; of TensorFlow the estimate itself is compared."""
_MEMORY_MARGIN = 3
"""Networks estimated at a larger part of the device's memory than this one are warned of, on those engines."""


def examine(spec: StudySpec, listen: ProgressListener, seconds: float = 2.0) -> Findings:
    """Build networks of a study symbolically, and time a few.

    Args:
        spec: the study.
        listen: called with what is being done.
        seconds: of steady steps for each config that is timed.
    """
    return _Examination(spec, listen, seconds).findings()


def examine_document(document: str, listen: ProgressListener) -> Any:  # noqa: ANN401 - plain values
    """Examine a study whose document is given as JSON text; the findings as plain values."""
    return FINDINGS.dump_python(examine(parse_spec(document, "the study"), listen), mode="json")


class _Examination:
    """One study, looked at from all sides."""

    def __init__(self, spec: StudySpec, listen: ProgressListener, seconds: float) -> None:
        self._spec = spec
        self._listen = listen
        self._seconds = seconds
        self._networks = Networks(spec)
        self._sample = sample_of(spec, _POINTS)

    def findings(self) -> Findings:
        configs = self._sample.all()
        try:
            for number, params in enumerate(configs, start=1):
                self._listen(f"building networks: config {number} of {len(configs)}")
                self._networks.why(params)
        except (DataError, OwnCodeError) as error:
            return replace(examine_rules(self._spec), problems=(str(error),))
        unreadable, image_notes = read_images(self._datasets(), self._spec.seed, self._listen)
        self._listen("describing what is broken")
        parts = describe_parts(self._spec, self._networks.why, self._sample)
        broken = tuple(map(self._add_image_size, parts))
        shares, feasible = self._constraints()
        self._listen("looking for parameters that cannot matter")
        idle = self._idle_parameters()
        self._listen("looking for the smallest and the largest network")
        costs = self._costs()
        times, untrainable = times_of(
            self._spec, self._networks, self._sample, costs, seconds=self._seconds, listen=self._listen
        )
        return Findings(
            tried=len(configs),
            networks=self._networks.count,
            problems=unreadable + untrainable,
            broken=broken,
            constraints=shares,
            feasible=feasible,
            idle=idle,
            costs=costs,
            times=times,
            notes=(*dict.fromkeys(self._notes()), *image_notes, *self._memory_notes(costs)),
        )

    def _datasets(self) -> Iterator[tuple[Dataset, Outline]]:
        for params in self._sample.all():
            config = self._networks.rules.config(params)
            if isinstance(config, Config):
                outline = self._networks.outline(config)  # holds that `data` is a data set
                yield cast("Dataset", config.data), outline

    def _add_image_size(self, part: DescribedPart) -> DescribedPart:
        """Add the file's own image size to the description, where images that are larger would mend the example."""
        config = self._networks.rules.config(part.example)
        size = getattr(config.data, "image_size", None) if isinstance(config, Config) else None
        varies = any(name.endswith("image_size") for name in part.example)
        if size is None or varies or not any(self._networks.would_be_sound_at(part.example, size * n) for n in _LARGER):
            return part
        return replace(part, text=f"{part.text} {'and' if ' with ' in part.text else 'with'} image_size {size}")

    def _constraints(self) -> tuple[tuple[ConstraintShare, ...], float | None]:
        """The shares of configs that meet constraints; of those that ask for costs, among what can be built."""
        excesses = self._excesses(self._sample.all())
        return constraint_shares(self._spec, self._sample, (self._excesses(self._sample.points) or excesses, excesses))

    def _excesses(self, configs: Iterable[Params]) -> list[dict[str, float]]:
        """By how much configs that can be built break each constraint."""
        return [self._networks.excesses(params, cost) for params in configs if (cost := self._networks.cost(params))]

    def _idle_parameters(self) -> tuple[IdleParameter, ...]:
        """Parameters that cannot matter: those of the recipe first, for which no network is needed."""
        spec, sound = self._spec, [params for params in self._sample.all() if self._networks.trainable(params)]
        names = {parameter.name for parameter in spec.space.parameters()} - recipe_parameters(spec)
        # One config for each combination of values of the other parameters.
        contexts = {tuple((n, v) for n, v in params.items() if n in names): params for params in sound}.values()
        return (
            *idle_recipe_parameters(spec, self._networks.rules, sound),
            *find_idle_parameters(
                spec.space, self._networks.fingerprint, islice(contexts, _CONTEXTS), spec.seed, names
            ),
        )

    def _figure(self, name: str, params: Params) -> float | None:
        """A figure of what a config costs; None where it cannot be trained."""
        feasible = self._networks.feasible(params)
        return None if feasible is None else float(getattr(feasible[2], name))

    def _costs(self) -> Costs | None:
        parameters, flops, memory = (
            range_of(self._spec.space, partial(self._figure, name), self._sample.all(), self._sample.points)
            for name in ("parameters", "flops", "memory")
        )
        if parameters is None or flops is None or memory is None:
            return None
        device = device_memory(self._spec.engine, self._spec.resources)
        return Costs(parameters, flops, memory, describe_device(self._spec.engine), device, self._too_large(device))

    def _too_large(self, device: int | None) -> tuple[DescribedPart, ...]:
        """The parts of the space that are estimated to need more memory than the device has."""
        if device is None:
            return ()

        def why(params: Params) -> str | None:
            memory = self._figure("memory", params)
            return None if memory is None else f"{memory / 1e6:,.0f} MB" if memory > device else ""

        return describe_parts(self._spec, why, self._sample)

    def _memory_notes(self, costs: Costs | None) -> Iterator[str]:
        engine, memory = self._spec.engine, None if costs is None else costs.device_memory
        if engine not in _TIMES_THE_ESTIMATE or costs is None or memory is None:
            return
        if costs.memory.largest.value > memory / _MEMORY_MARGIN:
            yield (
                f"{engine} takes up to {_TIMES_THE_ESTIMATE[engine]} times the estimated memory: networks estimated at "
                f"more than {memory / _MEMORY_MARGIN / 1e6:,.0f} MB may not fit into the device's "
                f"{memory / 1e6:,.0f} MB"
            )

    def _notes(self) -> Iterator[str]:
        """What is downloaded or copied first."""
        for config, _ in filter(None, map(self._networks.trainable, self._sample.all())):
            if not self._networks.outline(config).is_here:
                yield f"the data set {getattr(config.data, 'dataset', '')} is downloaded by the first run"
            if getattr(config.model, "weights", None) == "imagenet":
                yield "pre-trained weights are not read here; the first run downloads them where they are missing"
        for name in studies_named(self._spec):
            yield f"the weights of study {name} are copied when the study begins"
