"""`--backend NAME`: another search backend for a file, whose options of its own backend are left aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hpo.errors import Place
from hpo.spaces.sections.keys import KEYS
from hpo.spaces.text.source import Scalar, Table, plain_value


def choose_backend(root: Table, name: str, note: Callable[[str], object]) -> Table:
    """Give a file another search backend.

    Args:
        root: the file.
        name: of the backend; one that nothing is registered under is refused where the file is read.
        note: called with which options of the file are left aside, since that backend does not have them.

    Returns:
        The file; as it is where it has that backend already.
    """
    key = KEYS["search"]
    section = root.entries.get(key.name)
    entries = section.entries if isinstance(section, Table) else {}
    own = plain_value(entries[key.name_key]) if key.name_key in entries else key.default_name
    if own == name:
        return root
    place, cls = Place(f"--set {key.name}.{key.name_key}", 1, 1), key.find_class(name)
    left = [option for option in entries if cls is not None and option not in cls.model_fields]
    if left:
        options = ", ".join(f"search.{option}" for option in left)
        note(f"{options}: left aside, since the search backend {name} has other options.")
    kept = {option: node for option, node in entries.items() if option not in (*left, key.name_key)}
    chosen = {**kept, key.name_key: Scalar(name, place)}
    table = Table(chosen, place) if not isinstance(section, Table) else replace(section, entries=chosen)
    return replace(root, entries={**root.entries, key.name: table})
