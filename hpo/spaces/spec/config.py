"""One filled-in configuration: plain values, and the checked sections made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hpo.catalog import DATASETS, MODELS, Registry, UnknownNameError, UnusableEntryError
from hpo.errors import Fault
from hpo.spaces.sections.keys import KEYS, SECTION_NAMES, SECTIONS, may_vary
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.section import Section
from hpo.spaces.space.parameters import KINDS, Tree, Value
from hpo.spaces.spec.hints import choice_hint, member_hint, section_hint, unnamed_hint
from hpo.spaces.spec.violations import Reading, violations_of
from hpo.spaces.text.source import KeyPath, format_value
from hpo.vocabulary import OPTIONS, suggest

S = TypeVar("S", bound=BaseModel)

MIXING = ("mixup", "cutmix")
"""The keys of an augmentation that make one image of two."""
POLICIES = ("randaugment", "augmix")
"""The keys of an augmentation that draw operations for each image."""


@dataclass(frozen=True, slots=True)
class Config:
    """What one trial trains: the file with every parameter filled in.

    `data` and `model` are what their registered names stand for (`hpo.data.Dataset`, `hpo.models.ModelFamily`).
    """

    data: Section
    model: Section
    training: Recipe
    tree: Tree


class ConfigError(ValueError):
    """A configuration that breaks rules."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{'.'.join(fault.path)}: {fault.rule}" for fault in faults))


def read_config(tree: Tree) -> Config:
    """Check a filled-in configuration.

    Args:
        tree: plain values, sections in their canonical form (`hpo.spaces.sections.canonical`).

    Raises:
        ConfigError: with every rule that it breaks.
    """
    faults: list[Fault] = []
    sections: dict[str, Any] = {}
    for key in SECTIONS:
        try:
            sections[key] = read_section(key, tree.get(key))
        except ConfigError as error:
            faults += error.faults
    if not faults:
        sections["training"], faults = _for_data(sections["training"], sections["data"])
    if faults:
        raise ConfigError(faults)
    return Config(**sections, tree=tree)


def _for_data(recipe: Recipe, data: Section) -> tuple[Recipe, list[Fault]]:
    """A recipe with the targets that mixed images need, and the rules that it breaks."""
    augmentation = data.model_dump().get("augmentation") or {}
    mixing = next((name for name in MIXING if augmentation.get(name)), None)
    if mixing is None:
        return recipe, []
    if recipe.targets == "sparse" or recipe.loss.one_hot_class is None:
        key = "targets" if recipe.targets == "sparse" else "loss"
        rule = f"{mixing} of the augmentation gives images of two classes, which no index of one class can say"
        remedy = "write auto or one_hot" if key == "targets" else "write another loss, or leave the mixing out"
        received = recipe.targets if key == "targets" else recipe.loss.name
        return recipe, [Fault(rule, received, remedy, path=("training", key))]
    return recipe.model_copy(update={"targets": "one_hot"}), []


def read_section(key: str, value: Value) -> Section:
    """Check one section of a filled-in configuration.

    Raises:
        ConfigError: with every rule that it breaks.
    """
    if key == "training":
        return check(Recipe, value if value is not None else {}, (key,))
    name_key = SECTION_NAMES[key]
    registry, example = (
        (DATASETS, "data: {dataset: cifar10}") if key == "data" else (MODELS, "model: {family: simple_cnn}")
    )
    if isinstance(value, dict) and name_key in value:
        return check(section_class(registry, value[name_key], (key, name_key), None), value, (key,))
    if isinstance(value, dict) and len(value) == 1:
        ((name, options),) = value.items()
        if options is None or isinstance(options, dict):  # NAME: {OPTION: ...}, where the name is misspelled
            section_class(registry, name, (key,), f"write `{example}`" if name in OPTIONS else None)
    received = None if value is None or isinstance(value, dict) else format_value(value)
    hint = choice_hint(value, registry, name_key, is_whole=True)
    hint = hint if hint is not None and (may_vary((key,)) or "{" not in hint) else None
    hint = hint or unnamed_hint(registry, name_key, value)
    remedy = hint or (None if isinstance(value, list) else f"write `{example}`")
    rule = f"a space file names its {registry.kind}"
    raise ConfigError([Fault(rule, received, remedy, path=(key,), writes_value=hint is not None)])


def section_class(registry: Registry, name: Value, path: KeyPath, remedy: str | None) -> type[Section]:
    """The section that a registered name stands for.

    Args:
        registry: where to look.
        name: what stands in the file.
        path: where it stands.
        remedy: what helps whoever meant no name, where it is not clear that it should be one.

    Raises:
        ConfigError: nothing usable is registered under that name.
    """
    if not isinstance(name, str):
        hint = choice_hint(name, registry, path[-1], is_whole=False) if may_vary(path) else None
        raise ConfigError([Fault(f"a {registry.kind} is named by a word", format_value(name), hint, path=path)])
    try:
        section = registry.get(name)
    except UnknownNameError as error:
        close = member_hint(registry, KEYS[path[0]].name_key, name) or suggest(name, KINDS) or remedy
        raise ConfigError([replace(error.fault, received=format_value(name), remedy=close, path=path)]) from error
    except UnusableEntryError as error:
        raise ConfigError([replace(error.faults[0], path=path)]) from error
    if not (isinstance(section, type) and issubclass(section, Section)):
        rule = f"a registered {registry.kind} is a subclass of hpo's Section"
        remedy = "report it to the package that registered it"
        raise ConfigError([Fault(rule, f"{section!r} under {name!r}", remedy, path=path)])
    return section


def check(section: type[S], value: Value, path: KeyPath) -> S:
    """Make a section of plain values.

    Args:
        section: its class.
        value: what stands in the file.
        path: where it stands.

    Raises:
        ConfigError: with every rule that it breaks.
    """
    if not isinstance(value, dict):
        hint = section_hint(section, value)
        fault = Fault("a section is a mapping", format_value(value), hint, path=path, writes_value=True)
        raise ConfigError([fault])
    try:
        return section.model_validate(value)
    except ValidationError as error:
        raise ConfigError(violations_of(Reading(section, value, path, may_vary), error)) from error
    except OSError as error:  # a path that the system refuses to look up, such as one that is too long
        raise ConfigError([Fault("a path is one that can be looked up", error.strerror, path=path)]) from error
