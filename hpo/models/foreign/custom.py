"""`module:function`: a network of the user's own, made by a function of theirs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from hpo import own_code
from hpo.errors import OwnCodeError
from hpo.models.family import Shape
from hpo.models.foreign.own_network import OwnNetworkFamily


class CustomModel(OwnNetworkFamily):
    """A network of your own: `family: my_module:build` calls `build(config, shape, classes)` of my_module.py.

    `config` is a dict of all other keys of `model`: any key may stand there, and each may be a parameter. `shape` is
    (height, width, channels), `classes` a number. It returns a Keras model, not compiled, from float32 images
    `[batch, height, width, channels]` to class probabilities `[batch, classes]`. Raise ValueError where a config gives
    no network. The module is looked for in the working directory first, then on the Python path; a file may be named
    instead: `folder/my_module.py:build`, relative to the space file. Its base, of which frozen_layers counts the
    layers, is all but the last layer, or the nested model called `base`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")
    family: Annotated[str, Field(pattern=own_code.PATTERN)]
    """The module or file and, behind a colon, the function."""

    @property
    def config(self) -> dict[str, Any]:
        """What the function is given: the keys beside those that every family has, as plain values."""
        return dict(self.model_extra or {})

    def require(self) -> None:
        """See `ModelFamily.require`."""
        self._function()

    @property
    def code(self) -> str:
        """See `OwnNetworkFamily.code`."""
        return self.family

    def call(self, shape: Shape, classes: int) -> object:
        """See `OwnNetworkFamily.call`."""
        network: object = self._function()(self.config, shape, classes)
        return network

    def _function(self) -> Any:  # noqa: ANN401 - whatever the user wrote
        function = own_code.import_object(self.family)
        if not callable(function):
            raise OwnCodeError(
                f"{self.family}: it is a function build(config, shape, classes). Received {function!r}, "
                f"a {type(function).__name__}."
            )
        return function
