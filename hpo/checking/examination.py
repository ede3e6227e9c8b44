"""What building a study's networks tells: what is broken, what cannot matter, what it costs. Imports the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from hpo.checking.exploration import DescribedPart, described_parts
from hpo.checking.figures import FigureRange, range_of
from hpo.checking.idle_parameters import idle_parameters
from hpo.checking.network import Networks
from hpo.checking.reading import read_images
from hpo.checking.result import FINDINGS, ConstraintShare, Costs, Findings, ProgressListener
from hpo.checking.rules import (
    constraint_shares,
    examine_rules,
    idle_recipe_parameters,
    meeting_share,
    recipe_parameters,
    sample_of,
)
from hpo.checking.timing import times_of
from hpo.data import Dataset, Outline
from hpo.errors import DataError, OwnCodeError
from hpo.fleet.device import describe_device, device_memory
from hpo.spaces import Engine, Params, StudySpec, parse_spec
from hpo.spaces.spec.study_weights import studies_named

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
        listen: is told what is being done.
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
        self._tried = sample_of(spec, _POINTS)

    def findings(self) -> Findings:
        try:
            self._build()
        except (DataError, OwnCodeError) as error:
            return replace(examine_rules(self._spec), problems=(str(error),))
        unreadable, of_images = read_images(self._datasets(), self._spec.seed, self._listen)
        sound = [params for params in self._tried.all() if self._networks.found(params)]
        self._listen("describing what is broken")
        broken = self._broken()
        shares, feasible = self._constraints()
        self._listen("looking for parameters that cannot matter")
        idle = idle_recipe_parameters(self._spec, self._networks.rules, sound)
        names = {parameter.name for parameter in self._spec.space.parameters()} - recipe_parameters(self._spec)
        contexts = self._different(sound, names)[:_CONTEXTS]
        idle += tuple(idle_parameters(self._spec.space, self._networks.fingerprint, contexts, self._spec.seed, names))
        self._listen("looking for the smallest and the largest network")
        costs = self._costs()
        times, problems = times_of(
            self._spec, self._networks, self._tried, costs, seconds=self._seconds, listen=self._listen
        )
        return Findings(
            tried=len(self._tried.all()),
            networks=self._networks.count,
            problems=unreadable + problems,
            broken=broken,
            constraints=shares,
            feasible=feasible,
            idle=idle,
            costs=costs,
            times=times,
            notes=(*self._notes(sound), *of_images, *self._memory_notes(costs)),
        )

    def _build(self) -> None:
        configs = self._tried.all()
        for number, params in enumerate(configs, start=1):
            self._listen(f"building networks: config {number} of {len(configs)}")
            self._networks.why(params)

    def _datasets(self) -> Iterator[tuple[Dataset, Outline]]:
        for params in self._tried.all():
            config = self._networks.rules.config(params)
            if not isinstance(config, str):
                outline = self._networks.outline(config)  # holds that `data` is a data set
                yield cast("Dataset", config.data), outline

    def _broken(self) -> tuple[DescribedPart, ...]:
        spec = self._spec
        parts = described_parts(spec.space, self._networks.why, self._tried, spec.admits, spec.seed)
        return tuple(map(self._with_image_size, parts))

    def _with_image_size(self, part: DescribedPart) -> DescribedPart:
        """The description with the file's own image size, where images that are larger would mend the example."""
        config = self._networks.rules.config(part.example)
        size = None if isinstance(config, str) else getattr(config.data, "image_size", None)
        varies = any(name.endswith("image_size") for name in part.example)
        if size is None or varies or not any(self._networks.would_be_sound_at(part.example, size * n) for n in _LARGER):
            return part
        return replace(part, text=f"{part.text} {'and' if ' with ' in part.text else 'with'} image_size {size}")

    def _constraints(self) -> tuple[tuple[ConstraintShare, ...], float | None]:
        """Shares as `constraint_shares` gives them; those that ask for costs are of the configs that can be built."""
        shares, allowed = constraint_shares(self._spec, self._tried)
        others = self._excesses(self._tried.all())
        drawn = self._excesses(self._tried.points) or others
        if not shares or not drawn:
            return shares, allowed
        told = tuple(
            each if each.share is not None else ConstraintShare(each.text, meeting_share(drawn, others, each.text))
            for each in shares
        )
        meeting = meeting_share(drawn, others)
        return told, meeting if allowed is None else meeting * allowed

    def _excesses(self, configs: tuple[Params, ...]) -> list[dict[str, float]]:
        """By how much configs that can be built break each constraint."""
        return [self._networks.excesses(params, cost) for params in configs if (cost := self._networks.cost(params))]

    def _different(self, configs: list[Params], names: set[str]) -> list[Params]:
        """One config for each combination of values of these parameters."""
        return list({tuple((n, v) for n, v in params.items() if n in names): params for params in configs}.values())

    def _costs(self) -> Costs | None:
        space, tried = self._spec.space, self._tried

        def figure(name: str) -> Callable[[Params], float | None]:
            def of(params: Params) -> float | None:
                cost = self._networks.feasible_cost(params)
                return None if cost is None else float(getattr(cost, name))

            return of

        def spread(name: str) -> FigureRange | None:
            return range_of(space, figure(name), tried.all(), tried.points)

        parameters, flops, memory = spread("parameters"), spread("flops"), spread("memory")
        if parameters is None or flops is None or memory is None:
            return None
        engine = self._spec.engine
        device = device_memory(engine)
        return Costs(parameters, flops, memory, describe_device(engine), device, self._too_large(device))

    def _too_large(self, device: int | None) -> tuple[DescribedPart, ...]:
        if device is None:
            return ()

        def why(params: Params) -> str | None:
            cost = self._networks.feasible_cost(params)
            if cost is None:
                return None
            return f"{cost.memory / 1e6:,.0f} MB" if cost.memory > device else ""

        spec = self._spec
        return tuple(described_parts(spec.space, why, self._tried, spec.admits, spec.seed))

    def _memory_notes(self, costs: Costs | None) -> tuple[str, ...]:
        engine = self._spec.engine
        if engine not in _TIMES_THE_ESTIMATE or costs is None or costs.device_memory is None:
            return ()
        if costs.memory.largest.value <= costs.device_memory / _MEMORY_MARGIN:
            return ()
        return (
            f"{engine} takes up to {_TIMES_THE_ESTIMATE[engine]} times the estimated memory: networks estimated at "
            f"more than {costs.device_memory / _MEMORY_MARGIN / 1e6:,.0f} MB may not fit into the device's "
            f"{costs.device_memory / 1e6:,.0f} MB",
        )

    def _notes(self, sound: list[Params]) -> tuple[str, ...]:
        notes: dict[str, None] = {}
        for params in sound:
            found = self._networks.found(params)
            if found is not None:
                config, _ = found
                if not self._networks.outline(config).is_here:
                    notes[f"the data set {getattr(config.data, 'dataset', '')} is downloaded by the first run"] = None
                if getattr(config.model, "weights", None) == "imagenet":
                    notes[
                        "pre-trained weights are not read here; the first run downloads them where they are missing"
                    ] = None
        for name in studies_named(self._spec):
            notes[f"the weights of study {name} are copied when the study begins"] = None
        return tuple(notes)
