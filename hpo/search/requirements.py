"""What a file's choices need beyond the core packages, checked before any work begins."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import islice

from hpo.errors import MissingExtraError, UserError
from hpo.spaces import StudySpec


def check_installed(spec: StudySpec) -> None:
    """Check that engine, search, trackers and what reads the data can be imported, without importing them.

    Raises:
        MissingExtraError: a package is missing; the message says how to install it.
    """
    search = spec.search
    options = {f"search.{option}": name for option, name in search.choices.items() if name in search.packages}
    for key, name in {"engine": spec.engine, **options}.items():
        package = search.packages.get(name, name)
        if find_spec(package) is None:
            raise MissingExtraError(
                f"{key}: {name} needs the package {package}. Received an installation without it. "
                f"Install it with `pip install {package}`."
            )
    for name, settings in spec.trackers.items():
        for module, distribution in settings.packages.items():
            if find_spec(module) is None:
                raise MissingExtraError(
                    f"tracking: {name} needs the package {distribution}. Received an installation without it. Install "
                    f"it with `pip install {distribution}`."
                )
    from hpo.data import Dataset

    for _, params in islice(spec.corners(), 1):  # every config has the same data
        data = spec.config(params).data
        if isinstance(data, Dataset):  # else told when the data is read
            data.require()


def check_ready(spec: StudySpec) -> None:
    """Check that a study can be worked on here: all is installed, and whom search and trackers speak to is known.

    Raises:
        MissingExtraError: see `check_installed`.
        UserError: the search cannot search, or a tracker cannot send; the message says what to set.
    """
    check_installed(spec)
    if (obstacle := spec.search.find_obstacle(spec.trackers)) is not None:
        raise UserError(obstacle)
    for name, settings in spec.trackers.items():
        if (obstacle := settings.find_obstacle()) is not None:
            raise UserError(f"tracking.{name}: {obstacle}")
