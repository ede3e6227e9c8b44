"""Which option of a space file another tool's name means: by the options' own names, and by common aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hpo.catalog import DATASETS, MODELS
from hpo.models.stack import Block
from hpo.spaces import Recipe, Section, Value
from hpo.spaces.config import VARIABLE_DATA, ConfigError, check

DATASET, FAMILY = "digits", "simple_cnn"
"""What stands in the made file, since neither tool names a data set or a model family."""

_LONGEST = 200
"""No name of an option is as long."""

Kind = Literal["switch", "whole", "number", "word", "text"]

ALIASES = {
    "activation": "act act_fn act_func activation_fn activation_function activations nonlinearity",
    "batch_normalization": "batch_norm batchnorm bn use_batch_norm use_batch_normalization use_batchnorm use_bn",
    "batch_size": "batch batchsize bs mini_batch_size minibatch_size train_batch_size training_batch_size",
    "beta_1": "adam_b1 adam_beta1 b1 beta1",
    "beta_2": "adam_b2 adam_beta2 b2 beta2",
    "block_dropout": "conv_dropout conv_dropout_rate dropout_conv spatial_dropout",
    "dense_units": (
        "dense dense_layer_size dense_neurons dense_size dense_unit fc_layer_size fc_size fc_units hidden_dim "
        "hidden_layer_size hidden_size hidden_units n_hidden n_units neurons num_dense_units num_units unit units"
    ),
    "depth": (
        "conv_blocks conv_layers layers n_blocks n_conv_blocks n_conv_layers n_layers nb_layers num_blocks "
        "num_conv_blocks num_conv_layers num_layers"
    ),
    "dropout": "dense_dropout drop drop_rate dropout_fc dropout_p dropout_prob dropout_rate fc_dropout head_dropout",
    "early_stopping.patience": "early_stop_patience es_patience patience",
    "epochs": "epoch max_epochs n_epochs nb_epoch nb_epochs num_epochs number_of_epochs",
    "epsilon": "adam_eps eps",
    "filters": "base_filters conv_filter conv_filters conv_units filter n_filters nb_filters num_filters",
    "head_pooling": "global_pooling pooling",
    "image_size": "image_dim img_dim img_size input_size resolution",
    "kernel_size": "conv_kernel conv_kernel_size filter_size kernel kernel_sizes ksize",
    "learning_rate": "base_lr init_lr initial_learning_rate initial_lr learning_rate_init lr lr0",
    "label_smoothing": "label_smooth",
    "loss": "criterion loss_fn loss_function",
    "max_pooling": "max_pool use_max_pooling",
    "nesterov": "use_nesterov",
    "optimizer": (
        "opt opt_name opt_type optim optim_name optim_type optimiser optimizer_class optimizer_name optimizer_type"
    ),
    "validation": "val_split valid_split validation_share validation_split",
    "weight_decay": "wd",
}
"""By option: what others call it."""

WHY_NOT = {
    "the data set is named under `data:`; see `hpo datasets`": "data data_dir data_path dataset dataset_name",
    "the architecture is named under `model:`; see `hpo models`": (
        "arch architecture backbone base_model model model_name model_type network"
    ),
    "`seed:` at the top of the file seeds the study, and each of its trials from it": (
        "random_seed random_state rng_seed seed"
    ),
}
"""Well-known names without a counterpart, by the reason."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number keeps to; an open end is not part of it."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """A key of a space file that may be given a value.

    Attributes:
        path: where it stands in a config, from the section down.
        section: the class that checks it.
        kind: of its values.
        bounds: of its values, if they are numbers.
        alternative: of a choice such as `optimizer`, where it exists only under that one.
        may_vary: whether it may be a parameter.
    """

    path: tuple[str, ...]
    section: type[Section]
    kind: Kind
    bounds: Bounds = Bounds()
    alternative: str | None = None
    may_vary: bool = True

    def broken_rule(self, value: Value) -> str | None:
        """The rule that a constant breaks, if it does."""
        try:
            check(self.section, {self.path[-1]: value}, self.path[:-1])
        except ConfigError as error:
            return error.violations[0].rule
        return None

    def __str__(self) -> str:
        return ".".join(self.path)


@cache
def block_options() -> dict[str, Option]:
    """The options of one block of the model, by name."""
    return {option.path[-1]: option for option in _options(Block, ("model", "blocks", "of"), "")}


@cache
def options() -> tuple[Option, ...]:
    """Every option of the made file, in the order in which it should stand there."""
    data, model = DATASETS.get(DATASET), MODELS.get(FAMILY)
    sections = [("data", data, "dataset"), ("model", model, "family"), ("training", Recipe, "")]
    return tuple(option for key, section, name in sections for option in _options(section, (key,), name))


def counterparts(name: str) -> tuple[Option, ...]:
    """The options that a name means: none, one, or one in each of several alternatives.

    A name is known by its end, so that `model/dropout` is `dropout`; digits are left out of an unknown one, so that
    `units_0` is `units`.
    """
    for known in _readings(name):
        if found := _index().get(known):
            return found
    return ()


def numbered(name: str) -> tuple[Option, int] | None:
    """The one option that a name means without its number, and the number: that of `conv_2_filters` is 2."""
    if any(known in _index() for known in _full_readings(name)):
        return None
    found, digits = counterparts(name), re.findall(r"\d+", _normal(name[-_LONGEST:]))
    return (found[0], int(digits[-1])) if len(found) == 1 and digits else None


def why_not(name: str) -> str:
    """Why a name has no counterpart."""
    reasons = {known: reason for reason, names in WHY_NOT.items() for known in names.split()}
    return next((reasons[word] for word in _readings(name) if word in reasons), "hpo has no such option")


def _readings(name: str) -> Iterator[str]:
    """`net/Units_0` as `net_units_0`, `units_0`, `net_units`, `units`."""
    full = _full_readings(name)
    yield from full
    yield from (re.sub(r"_?\d+", "", reading).strip("_") for reading in full)


def _full_readings(name: str) -> list[str]:
    parts = [_normal(part) for part in re.split(r"[./]", name[-_LONGEST:])]
    return ["_".join(filter(None, parts[start:])) for start in range(len(parts))]


def _normal(name: str) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("conv2d", "conv").replace("conv2_d", "conv")
    return re.sub(r"[^a-z0-9]+", "_", snake).strip("_")


@cache
def _index() -> dict[str, tuple[Option, ...]]:
    """Options by every name that means them: the ends of their paths, and aliases of those.

    What stands in a section of a section is known by both: `rotation` alone may be in other units, and `factor` be
    anything. The options of optimizers are known alone.
    """
    named: dict[str, list[Option]] = {}
    for option in options():
        is_nested = len(option.path) > 2 and option.path[1] != "optimizer"  # noqa: PLR2004 - section and key
        for start in range(len(option.path) - is_nested):
            named.setdefault("_".join(option.path[start:]), []).append(option)
    index = {name: tuple(found) for name, found in named.items() if len({_holder(each) for each in found}) == 1}
    for target, aliases in ALIASES.items():
        found = index.get(target.replace(".", "_"), ())
        index |= dict.fromkeys(aliases.split(), found)
    return index


def _holder(option: Option) -> tuple[str, ...]:
    """What an option belongs to, whichever alternative of it."""
    return option.path[:-1] if option.alternative is None else option.path[:-2]


def _options(section: type[Section], path: tuple[str, ...], own_name: str, **common: Any) -> Iterator[Option]:  # noqa: ANN401 - fields of Option
    inherited = [name for name in section.model_fields if name not in section.__annotations__]
    for name, info in sorted(section.model_fields.items(), key=lambda field: field[0] in inherited):
        if name == own_name:
            continue
        here, members = (*path, name), list(_members(info.annotation, info.metadata))
        below = [member for member, _ in members if issubclass(member, Section)]
        if len(below) > 1:
            yield Option(here, section, "word", **common)
            for member in below:
                alternative = member.model_fields["name"].default
                yield from _options(member, (*here, alternative), "name", **{**common, "alternative": alternative})
        elif below:
            yield from _options(below[0], here, "", **common)
        elif found := _kind(members):
            kind, bounds = found
            yield Option(here, section, kind, bounds, may_vary=path != ("data",) or name in VARIABLE_DATA, **common)


def _members(annotation: Any, metadata: list[Any]) -> Iterator[tuple[type, list[Any]]]:  # noqa: ANN401 - any annotation
    """The types that an annotation joins, each with the metadata that bounds it; lists are left out."""
    if get_origin(annotation) is Annotated:
        inner, *extra = get_args(annotation)
        yield from _members(inner, [*metadata, *(each for item in extra for each in getattr(item, "metadata", [item]))])
    elif get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _members(member, metadata)
    elif get_origin(annotation) is Literal:
        yield str, metadata
    elif isinstance(annotation, type) and get_origin(annotation) is None and annotation is not type(None):
        yield annotation, metadata


_ENDS = ("ge", "gt", "le", "lt")
_KINDS: dict[type, Kind] = {bool: "switch", int: "whole", float: "number", str: "word", Path: "text"}


def _kind(members: list[tuple[type, list[Any]]]) -> tuple[Kind, Bounds] | None:
    """What values a field takes, told by the first of its types that is known."""
    for member, metadata in members:
        if member in _KINDS:
            ends = {key: getattr(item, key, None) for item in metadata for key in _ENDS if hasattr(item, key)}
            low, high = ends.get("gt", ends.get("ge")), ends.get("lt", ends.get("le"))
            return _KINDS[member], Bounds(low, high, "gt" in ends, "lt" in ends)
    return None
