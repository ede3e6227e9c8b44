"""Which option of a space file another tool's name means: by the options' own names, and by common aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from hpo.catalog import DATASETS, MODELS, Registry
from hpo.foreign.search import Domain, ValueList
from hpo.models.families import Block
from hpo.spaces import Recipe
from hpo.spaces.file.options import PlacedOption, place_options
from hpo.spaces.spec.hints import entry_with
from hpo.vocabulary import OPTIONS, find_synonym

DATASET, FAMILY = "digits", "simple_cnn"
"""What stands in the made file where the other does not name a data set or a model family."""

_LONGEST = 200
"""No name of an option is as long."""

WHY_NOT = {
    "the data set is named under `data:`; see `hpo datasets`": (
        f"data dataset {OPTIONS['data']} {OPTIONS['dataset']} {OPTIONS['path']}"
    ),
    "the architecture is named under `model:`; see `hpo models`": f"family model {OPTIONS['family']}",
    "`seed:` at the top of the file seeds the study, and each of its trials from it": f"seed {OPTIONS['seed']}",
}
"""Well-known names without a counterpart, by the reason."""


@cache
def block_options() -> dict[str, PlacedOption]:
    """The options of one block of the model, by name."""
    return {option.path[-1]: option for option in place_options(Block, ("model", "blocks", "of"), "")}


@cache
def options(family: str = FAMILY) -> tuple[PlacedOption, ...]:
    """Every option of a made file with this model family, in the order in which it should stand there."""
    data, model = DATASETS.get(DATASET), MODELS.get(family)
    sections = [("data", data, "dataset"), ("model", model, "family"), ("training", Recipe, "")]
    return tuple(option for key, section, name in sections for option in place_options(section, (key,), name))


def find_options(name: str, family: str = FAMILY) -> tuple[PlacedOption, ...]:
    """The options that a name means: none, one, or one in each of several alternatives.

    A name is known by its end, so that `model/dropout` is `dropout`; digits are left out of an unknown one, so that
    `units_0` is `units`.
    """
    for reading in _readings(name):
        if matches := _index(family).get(reading):
            return matches
    return ()


def match_number(name: str) -> tuple[PlacedOption, int] | None:
    """The one option that a name means without its number, and the number: that of `conv_2_filters` is 2."""
    if any(reading in _index(FAMILY) for reading in _full_readings(name)):
        return None
    matches, digits = find_options(name), re.findall(r"\d+", _normal(name[-_LONGEST:]))
    return (matches[0], int(digits[-1])) if len(matches) == 1 and digits else None


def match_data_set(name: str, domain: Domain) -> str | None:
    """The data set of hpo that a constant means, by name and value: those that need nothing else said of them."""
    words = {"dataset", *OPTIONS["dataset"].split()}
    if not (isinstance(domain, ValueList) and len(domain.items) == 1 and words & set(_readings(name))):
        return None
    return find_synonym(str(domain.items[0]), _names_alone(DATASETS))


def match_model(name: str, domain: Domain) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]] | None:
    """The keys below `model`, with one or several names each, for values that name a model; and the values left out.

    Families of hpo are `family`; networks that one family knows by name, such as those of Keras, are its `name`. None
    where there is neither, or there are both.
    """
    words = {"model", "family", "net", *OPTIONS["family"].split()}
    if not (isinstance(domain, ValueList) and words & set(_readings(name))):
        return None
    items = list(dict.fromkeys(map(str, domain.items)))
    families = {item: family for item in items if (family := find_synonym(item, _names_alone(MODELS)))}
    networks = {item: network for item in items if (network := entry_with(MODELS, item))}
    left_out = tuple(item for item in items if item not in families and item not in networks)
    if families and len(families) + len(left_out) == len(items):
        return {"family": tuple(dict.fromkeys(families.values()))}, left_out
    owners, names = (tuple(dict.fromkeys(network[index] for network in networks.values())) for index in (0, 1))
    if len(owners) != 1 or len(networks) + len(left_out) < len(items):
        return None
    return {"family": owners, "name": names}, left_out


def _names_alone(registry: Registry) -> list[str]:
    """The names of what has no required options."""
    entries = {name: registry.get(name).model_fields.values() for name in registry.built_in}
    return [name for name, fields in entries.items() if not any(field.is_required() for field in fields)]


def explain_mismatch(name: str) -> str:
    """Say why a name has no counterpart."""
    reasons = {word: reason for reason, words in WHY_NOT.items() for word in words.split()}
    reason = next((reasons[word] for word in _readings(name) if word in reasons), None)
    return reason or next(_explain_sections(name), None) or "hpo has no such option"


def _explain_sections(name: str) -> Iterator[str]:
    """Say of a name that means a whole section which options that has."""
    sections: dict[str, list[PlacedOption]] = {}
    for option in options():
        sections.setdefault(".".join(option.path[:-1]), []).append(option)
    for section, members in sections.items():
        key = section.rpartition(".")[2]
        if "." in section and {key, *OPTIONS.get(key, "").split()} & set(_readings(name)):
            keys = ", ".join(option.path[-1] for option in members[:3])
            yield f"`{section}` has options of its own, such as {keys}"


def _readings(name: str) -> Iterator[str]:
    """`net/Units_0` as `net_units_0`, `units_0`, `net_units`, `units`."""
    full = _full_readings(name)
    yield from full
    yield from (re.sub(r"_?\d+", "", reading).strip("_") for reading in full)


def _full_readings(name: str) -> list[str]:
    """A name by its parts; `schedule.name` is `schedule`."""
    parts = [_normal(part) for part in re.split(r"[./]", name[-_LONGEST:])]
    parts = parts[:-1] if len(parts) > 1 and parts[-1] in ("name", "type") else parts
    return ["_".join(filter(None, parts[start:])) for start in range(len(parts))]


def _normal(name: str) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("conv2d", "conv").replace("conv2_d", "conv")
    return re.sub(r"[^a-z0-9]+", "_", snake).strip("_")


@cache
def _index(family: str) -> dict[str, tuple[PlacedOption, ...]]:
    """Options of a file with this model family by every name that means them: ends of their paths, and their aliases.

    What stands in a section of a section is known by both: `rotation` alone may be in other units, and `factor` be
    anything. The options of optimizers are known alone, and so is the warm-up of a schedule.
    """
    by_name: dict[str, list[PlacedOption]] = {}
    for option in options(family):
        is_nested = len(option.path) > 2 and option.path[1] != "optimizer"  # noqa: PLR2004 - section and key
        ends = ("_".join(option.path[start:]) for start in range(len(option.path) - is_nested))
        for name in (*ends, *_names_below_choice(option)):
            by_name.setdefault(name, []).append(option)
    # a name is clear where all its options belong to one section, whichever alternative of it
    index = {
        name: tuple(matches)
        for name, matches in by_name.items()
        if len({option.path[: -1 if option.alternative is None else -2] for option in matches}) == 1
    }
    for target, aliases in OPTIONS.items():
        matches = index.get(target.replace(".", "_"), ())
        is_of_an_alternative = "." in target and matches and matches[0].alternative is not None
        if matches and not is_of_an_alternative and matches[0].path[1] != "augmentation":  # in other units, or anything
            index |= {alias: matches for alias in aliases.split() if alias not in index}
    return index


def _names_below_choice(option: PlacedOption) -> Iterator[str]:
    """Names of an option of an alternative that have the choice in them, such as `lr_scheduler_gamma`."""
    if option.alternative is None or option.path[1] == "optimizer":
        return
    key, choice = option.path[-1], option.path[-3]
    if key == "warmup_epochs":
        yield from (key, *OPTIONS[key].split())
    for end in {key, *OPTIONS.get(f"{option.alternative}.{key}", "").split()}:
        yield from (f"{holder}_{end}" for holder in (choice, *OPTIONS[choice].split()))
