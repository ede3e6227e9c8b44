"""`module:function`: images of the user's own, given as arrays by a function of theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from hpo import own_code
from hpo.data.dataset import ArrayDataset
from hpo.data.pixels.images import Images, make_blank_part
from hpo.data.sets.arrays import images_from_arrays
from hpo.data.trial_data import Outline
from hpo.errors import DataError, WorkError
from hpo.spaces.sections.section import Share

_RETURNS = (
    "it returns {'train': (images, labels)}, with 'validation', 'test' and 'classes' if there are; "
    "or (images, labels); or ((train images, labels), (test images, labels))"
)
_PAIR = 2


class CustomDataset(ArrayDataset):
    """Images of your own: `dataset: my_module:load` calls `load(config)` of my_module.py.

    `config` is a dict of all other keys of `data`: any key may stand there, as a constant. It returns a mapping of
    parts, `{"train": (images, labels), "validation": ..., "test": ..., "classes": [...]}`, of which only `train` is
    needed; or `(images, labels)`; or `((images, labels), (images, labels))` for train and test, as Keras' data sets do.
    Images are arrays `[n, height, width]` or `[n, height, width, 1 or 3]`, whole numbers from 0 to 255 or fractions
    from 0 to 1. Labels are numbers, names, or rows with a single 1. The module is looked for in the working directory
    first, then on the Python path; a file may be named instead: `folder/my_module.py:load`, relative to the space file.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")
    dataset: Annotated[str, Field(pattern=own_code.PATTERN)]
    """The module or file and, behind a colon, the function."""
    test: Share = 0.2
    """The share that is set apart for the test, where the function gives no test part."""

    @property
    def config(self) -> dict[str, Any]:
        """What the function is given: the keys beside those that it has in common with other data sets."""
        return dict(self.model_extra or {})

    def read(self, seed: int) -> Images:
        """Call the function; see `ArrayDataset.read`."""
        function = own_code.import_object(self.dataset)
        if not callable(function):
            raise DataError(f"{self.dataset}: it is a function load(config). Received {function!r}.")
        try:
            value = function(self.config)
        except (WorkError, MemoryError):
            raise
        except Exception as error:
            raise DataError(f"{self.dataset}: it returns images. Received {own_code.describe_error(error)}.") from error
        parts, classes = _read_parts(value, self.dataset)
        return images_from_arrays(self.dataset, parts, classes, self.test, seed)

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`. The function is called once a process for it, and its images are not kept."""
        images, shape = _read_once(self.dataset, json.dumps(self.config), self.test, seed)
        return self.outline_of(images, shape, seed)


@lru_cache(maxsize=8)
def _read_once(name: str, config: str, test: float, seed: int) -> tuple[Images, tuple[int, int, int]]:
    """Read the labels of all parts, their images left out, and the shape of those."""
    images = CustomDataset(dataset=name, test=test, **json.loads(config)).read(seed)
    return images.map_parts(lambda _, part: make_blank_part(part.labels)), images.train.shape


def _read_parts(value: object, name: str) -> tuple[dict[str, tuple[Any, Any]], Any]:
    """Read the parts by name, and the classes' names where they are given."""
    classes = None
    if isinstance(value, Mapping):
        named = {str(part): pair for part, pair in value.items() if part != "classes"}
        classes = value.get("classes")
    elif isinstance(value, tuple) and len(value) == _PAIR:
        are_parts = all(isinstance(pair, tuple) for pair in value)
        named = dict(zip(("train", "test"), value, strict=True)) if are_parts else {"train": value}
    else:
        raise DataError(f"{name}: {_RETURNS}. Received {_describe(value)}.")
    for part, pair in named.items():
        if not isinstance(pair, tuple | list) or len(pair) != _PAIR:
            raise DataError(f"{name}: {_RETURNS}. Received {_describe(pair)} for {part}.")
    if classes is not None and (isinstance(classes, str) or not hasattr(classes, "__iter__")):
        raise DataError(f"{name}: classes is a list of names. Received {_describe(classes)}.")
    return {part: (pair[0], pair[1]) for part, pair in named.items()}, None if classes is None else list(classes)


def _describe(value: object) -> str:
    if value is None:
        return "None; is a `return` missing?"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}" + (f" of shape {list(value.shape)}" if hasattr(value, "shape") else "")
