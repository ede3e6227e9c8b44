"""`module:function`: a network of the user's own, made by a function of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from hpo import own_code
from hpo.errors import OwnCodeError
from hpo.models.family import Shape
from hpo.models.foreign.own_network import OwnNetworkFamily, check_network, naming_errors, with_float32_output

if TYPE_CHECKING:
    import keras


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

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        return self._build(shape, classes, is_saved=False)

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network, and hold that it can be saved; see `ModelFamily.untrained`."""
        return self._build(shape, classes, is_saved=True)

    def _function(self) -> Any:  # noqa: ANN401 - whatever the user wrote
        function = own_code.import_object(self.family)
        if not callable(function):
            raise OwnCodeError(
                f"{self.family}: it is a function build(config, shape, classes). Received {function!r}, "
                f"a {type(function).__name__}."
            )
        return function

    def _build(self, shape: Shape, classes: int, *, is_saved: bool) -> keras.Model:
        function = self._function()
        with naming_errors(self.family):
            network = function(self.config, shape, classes)
        if getattr(network, "compiled", False):
            raise TypeError(
                f"{self.family}: it returns a model that is not compiled, since `training` says how it is trained. "
                "Received a compiled one. Remove compile(), or see `hpo models keras_tuner`."
            )
        return with_float32_output(check_network(network, shape, classes, self.family, is_saved=is_saved))
