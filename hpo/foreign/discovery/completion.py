"""A file that names a KerasTuner model, completed by the hyperparameters that the model has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, get_args

from hpo.errors import Fault, Place, SpaceError
from hpo.models.foreign import KerasTuner, name_alternative
from hpo.spaces import Engine, Value
from hpo.spaces.sections.canonical import section_names
from hpo.spaces.space.parameters import KINDS
from hpo.spaces.space.template import parameter_kind
from hpo.spaces.text.source import ListNode, Node, Scalar, Table, is_nothing
from hpo.vocabulary import suggest

if TYPE_CHECKING:
    from hpo.foreign.discovery.discovery import Discovery

_FAMILY, _BUILD = "keras_tuner", "build"
_OWN_KEYS = frozenset({"family", _BUILD, *(name for name in KerasTuner.model_fields if name != "build_function")})


class Completion:
    """Adds the hyperparameters of KerasTuner models to a file, as the parameters that they are from then on.

    What the file says itself stays as it is said, and goes before what is found. The result is an ordinary file: a
    study keeps it, so nothing is ever looked for again.

    Attributes:
        notes: what people should know of what was found, or of what was not looked for.
    """

    def __init__(self, *, quick: bool = False) -> None:
        """Begin.

        Args:
            quick: start no engine. Parameters are then unknown, so constraints and configs to start from, which may
                name them, are left out, with a note.
        """
        self.notes: list[str] = []
        self._quick = quick
        self._problems: list[Fault] = []
        self._discoveries: dict[str, Discovery] = {}

    def __call__(self, root: Table) -> Table:
        """The file, completed.

        Raises:
            MissingExtraError: KerasTuner is not installed.
            OwnCodeError: the code cannot be imported, or gives no model.
            SpaceError: the code has hyperparameters that the file cannot hold, or the file keys that nobody reads.
        """
        model = root.entries.get("model")
        engine = _engine(root)
        if model is None or engine is None or _FAMILY not in section_names("model", model):
            return root
        if self._quick:
            self.notes.append(
                "the hyperparameters of a KerasTuner model are found by building it, which --quick leaves out; "
                "constraints and start_from, which may name them, are not looked at"
            )
            entries = {key: node for key, node in root.entries.items() if key not in ("constraints", "start_from")}
            return replace(root, entries=entries)
        completed = self._complete_section(model, engine)
        if parameter_kind(model) is None:
            self._check_recipe(root)
        if self._problems:
            raise SpaceError(self._problems)
        return replace(root, entries={**root.entries, "model": completed})

    def _complete_section(self, node: Node, engine: Engine) -> Node:
        """The section, or the choice of sections."""
        if not isinstance(node, Table):
            return node
        if _names_keras_tuner(node):
            return self._complete(node, engine)
        alternatives = node.entries.get("choice")
        if not isinstance(alternatives, Table):
            return node
        entries = {key: self._complete_section(below, engine) for key, below in alternatives.entries.items()}
        return replace(node, entries={**node.entries, "choice": replace(alternatives, entries=entries)})

    def _complete(self, section: Table, engine: Engine) -> Table:
        build = section.entries.get(_BUILD)
        if not (isinstance(build, Scalar) and isinstance(build.value, str)):
            if isinstance(build, Table) and parameter_kind(build) is not None:
                rule, remedy = "it is a constant", "write two alternatives, each with a build of its own"
                self._problems.append(Fault(rule, "a parameter", remedy, place=build.place, subject=_BUILD))
            return section  # what else is wrong with it is told where it is read
        name = build.value
        if ":" not in name:
            return section
        if name not in self._discoveries:
            from hpo.foreign.discovery.discovery import discover

            self._discoveries[name] = discover(name, engine)
            if not self._discoveries[name].is_whole:
                number = len(self._discoveries[name].hyperparameters)
                self.notes.append(
                    f"{name} may have more hyperparameters than the {number} that were found: "
                    "there was more to try when it had been built often enough, or for a minute. One that nobody "
                    "found takes its default in every trial, unless the file names it"
                )
        from hpo.foreign.discovery.parameter_tree import parameter_tree

        tree = parameter_tree(self._discoveries[name].hyperparameters)
        self._check_names({item.name for item in self._discoveries[name].hyperparameters}, name, build.place)
        self._check_keys(section, tree, name)
        others = {key: node for key, node in section.entries.items() if key not in tree}
        merged = {key: merge_values(section.entries.get(key), value, build.place) for key, value in tree.items()}
        return replace(section, entries={**others, **merged})

    def _check_names(self, names: Collection[str], build: str, place: Place) -> None:
        for name in names:
            if name in _OWN_KEYS or name in KINDS:
                rule = f"a hyperparameter has another name than {', '.join(sorted({*_OWN_KEYS, *KINDS}))}"
                self._problems.append(Fault(rule, repr(name), "rename it in the code", place=place, subject=build))

    def _check_keys(self, section: Table, tree: Collection[str], build: str) -> None:
        if not self._discoveries[build].is_whole:
            return  # it may be one of those that were not found
        names_below = {item.name for item in self._discoveries[build].hyperparameters}
        for key, place, is_below in _keys_of(section):
            names = sorted(names_below if is_below else tree)
            if key not in names and (is_below or key not in _OWN_KEYS):
                rule = f"the hyperparameters of {build} are {', '.join(names) or 'none'}"
                self._problems.append(Fault(rule, repr(key), suggest(key, names), place=place, subject=key))

    def _check_recipe(self, root: Table) -> None:
        training = root.entries.get("training")
        compiled = [name for name, discovery in self._discoveries.items() if discovery.is_compiled]
        if not compiled or not isinstance(training, Table) or parameter_kind(training) is not None:
            return
        for key, node in training.entries.items():
            if key not in KerasTuner.recipe_keys and not is_nothing(node):
                rule = f"{compiled[0]} compiles its model, and that is how it is trained: optimizer, loss and metrics"
                others = ", ".join(sorted(KerasTuner.recipe_keys))
                remedy = f"remove {key} here, or compile() there; {others} are of this file"
                place = training.key_places.get(key, node.place)
                self._problems.append(Fault(rule, repr(key), remedy, place=place, subject=f"training.{key}"))


def merge_values(written: Node | None, default: Value, place: Place) -> Node:
    """What stands under a hyperparameter's name: what the file says, and below its alternatives what it does not.

    Args:
        written: what the file says; None for nothing.
        default: the parameter, or the constant, that the hyperparameter is.
        place: of what is not said by the file.
    """
    if written is None or is_nothing(written):
        return _make_node(default, place)
    alternatives = default.get("choice") if isinstance(default, dict) else None
    if not isinstance(alternatives, Mapping):
        return written
    match written:
        case Scalar(value) if isinstance(below := alternatives.get(name_alternative(value)), dict):
            return Table(
                {name_alternative(value): _make_node(below, place)},
                written.place,
                {name_alternative(value): written.place},
            )
        case Table(entries) if parameter_kind(written) == "choice":
            return replace(written, entries={"choice": _merge_alternatives(entries["choice"], alternatives, place)})
        case Table(entries) if parameter_kind(written) is None and len(entries) == 1:
            return _merge_alternatives(written, alternatives, place)
    return written


def _merge_alternatives(written: Node, defaults: Mapping[str, Value], place: Place) -> Node:
    match written:
        case ListNode(items):
            names = [name_alternative(item.value) for item in items if isinstance(item, Scalar)]
            if len(names) == len(items) and set(names) <= defaults.keys():
                return Table({name: _make_node(defaults[name], place) for name in names}, written.place)
        case Table(entries):
            below = {name: _merge_below(node, defaults.get(name), place) for name, node in entries.items()}
            return replace(written, entries=below)
    return written


def _merge_below(written: Node, default: Value, place: Place) -> Node:
    if not isinstance(default, dict):
        return written
    if is_nothing(written):
        return _make_node(default, place)
    if not isinstance(written, Table) or parameter_kind(written) is not None:
        return written
    completed = {key: merge_values(written.entries.get(key), value, place) for key, value in default.items()}
    return replace(written, entries={**written.entries, **completed})


def _make_node(value: Value, place: Place) -> Node:
    match value:
        case dict():
            return Table({key: _make_node(below, place) for key, below in value.items()}, place)
        case list():
            return ListNode(tuple(_make_node(item, place) for item in value), place)
    return Scalar(value, place)


def _keys_of(section: Table, *, is_below: bool = False) -> Iterator[tuple[str, Place, bool]]:
    """The keys of a section with their places, those below alternatives among them, and whether they are there."""
    for key, node in section.entries.items():
        yield key, section.key_places.get(key, section.place), is_below
        alternatives = node.entries.get("choice", node) if isinstance(node, Table) else node
        if isinstance(alternatives, Table) and key not in _OWN_KEYS and parameter_kind(alternatives) is None:
            for below in alternatives.entries.values():
                if isinstance(below, Table) and parameter_kind(below) is None:
                    yield from _keys_of(below, is_below=True)


def _names_keras_tuner(node: Node) -> bool:
    family = node.entries.get("family") if isinstance(node, Table) else None
    return isinstance(family, Scalar) and family.value == _FAMILY


def _engine(root: Table) -> Engine | None:
    """The engine of a file; None for one that is told to be missing, or to be none, where the file is read."""
    node = root.entries.get("engine")
    value = node.value if isinstance(node, Scalar) and node.value is not None else "tensorflow"
    return next((name for name in get_args(Engine) if name == value and find_spec(name) is not None), None)
