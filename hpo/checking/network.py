"""The networks of a space, each built once, symbolically: what they cost, and which cannot be. Imports the engine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from hpo.checking.rules import Rules
from hpo.data import Dataset, Outline
from hpo.errors import OwnCodeError, WeightsError
from hpo.models import check_fit
from hpo.spaces import Config, Params, StudySpec
from hpo.training.failures import cause_of, impossible_architecture
from hpo.training.feeding.classes import check_classes
from hpo.training.network.cost import Cost, training_flops
from hpo.training.network.fingerprint import network_fingerprint
from hpo.training.network.model import BuiltModel, symbolic_model, training_cost


@dataclass(frozen=True, slots=True)
class Network:
    """A network that can be built, without values in its weights."""

    built: BuiltModel
    fingerprint: str
    training_flops: tuple[int, ...]
    """Operations of one image's training step in each phase, the optimizer's left out."""

    @property
    def hardest_phase(self) -> int:
        """The phase whose training step takes the most operations, counted from 0."""
        return self.training_flops.index(max(self.training_flops))


class Networks:
    """The networks of a study's configs. Configs that differ in their recipes alone share one.

    Phases of a recipe that freeze other layers make another.
    """

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self.rules = Rules(spec)
        """The configs themselves."""
        self._outlines: dict[str, Outline] = {}
        self._built: dict[str, Network | str] = {}
        self._costs: dict[tuple[object, ...], Cost] = {}

    @property
    def count(self) -> int:
        """How many different ones were asked for."""
        return len(self._built)

    def outline(self, config: Config) -> Outline:
        """What is known of a config's data.

        Raises:
            DataError: it cannot be read.
        """
        dataset = config.data
        if not isinstance(dataset, Dataset):
            raise TypeError(f"a registered data set is a subclass of hpo.data.Dataset. Received {type(dataset)}.")
        key = dataset.model_dump_json(exclude={"normalization", "augmentation"})
        if key not in self._outlines:
            self._outlines[key] = dataset.outline(self._spec.seed)
        return self._outlines[key]

    def why(self, params: Params) -> str | None:
        """Why a config cannot be built; see `Why`."""
        config = self.rules.admitted_config(params)
        network = self._network(config) if isinstance(config, Config) else config
        return "" if isinstance(network, Network) else network

    def would_be_sound_at(self, params: Params, image_size: int) -> bool:
        """Whether a config could be built for images of another size."""
        config = self.rules.config(params)
        if isinstance(config, str):
            return False
        resized = config.data.model_copy(update={"image_size": image_size})
        return isinstance(self._network(replace(config, data=resized)), Network)

    def cost(self, params: Params) -> Cost | None:
        """What a config costs, whatever constraints say of that; None where it is not admitted or cannot be built."""
        trainable = self.trainable(params)
        if trainable is None:
            return None
        config, network = trainable
        phases = [(phase.batch_size, phase.optimizer_slots) for phase, _ in config.training.each_phase()]
        key = (_key(config), *phases)
        if key not in self._costs:
            built = network.built
            self._costs[key] = training_cost(built.model, built.network, built.family, config.training)
        return self._costs[key]

    def feasible(self, params: Params) -> tuple[Config, Network, Cost] | None:
        """A trainable config, its network and its cost; None where it breaks a constraint by that."""
        trainable, cost = self.trainable(params), self.cost(params)
        if trainable is None or cost is None or any(excess > 0 for excess in self.excesses(params, cost).values()):
            return None
        return *trainable, cost

    def excesses(self, params: Params, cost: Cost) -> dict[str, float]:
        """By how much a config breaks each constraint."""
        return self._spec.excesses(params, asdict(cost))

    def fingerprint(self, params: Params) -> str | None:
        """What a config trains: its network without names, what the network does not show, and its recipe."""
        trainable = self.trainable(params)
        if trainable is None:
            return None
        config, network = trainable
        return network.fingerprint + config.training.effective().without_freezing().model_dump_json()

    def trainable(self, params: Params) -> tuple[Config, Network] | None:
        """A config and its network; None where constraints leave it out, or it cannot be built."""
        config = self.rules.admitted_config(params)
        if not isinstance(config, Config):
            return None
        network = self._network(config)
        return (config, network) if isinstance(network, Network) else None

    def _network(self, config: Config) -> Network | str:
        key, outline = _key(config), self.outline(config)
        try:
            check_classes(config.training, outline.class_names)
        except ValueError as error:
            return str(error)
        if key not in self._built:
            self._built[key] = _build(config, outline)
        return self._built[key]


def _build(config: Config, outline: Outline) -> Network | str:
    """The network of a config, or why it cannot be built."""
    try:
        built = symbolic_model(config, outline)
        check_fit(getattr(config.model, "weights", None), built.family, built.network)
    except OwnCodeError:
        raise
    except WeightsError as error:
        return str(error)
    except ValueError as error:  # ImpossibleArchitectureError is one; Keras raises others
        return impossible_architecture(error).message
    except Exception as error:  # whatever else a trial would fail with
        return str(cause_of(error))
    flops = tuple(training_flops(model) for model in built.as_in_phases(config.training))
    return Network(built, network_fingerprint(built, config), flops)


def _key(config: Config) -> str:
    """What decides a network, and whether it can be trained.

    Of the recipe, that is what phases freeze, whether they have a learning rate for the base, precision and targets.
    """
    frozen = [(frozen_layers, phase.learning_rates is None) for phase, frozen_layers in config.training.each_phase()]
    recipe = json.dumps([frozen, config.training.precision, config.training.has_one_hot_targets])
    return config.data.model_dump_json() + config.model.model_dump_json() + recipe
