"""`keras_tuner`: a model that KerasTuner would tune, used as it is."""

from __future__ import annotations

import inspect
import re
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator

from hpo import own_code
from hpo.errors import MissingExtraError, OwnCodeError
from hpo.models.family import Shape
from hpo.models.foreign.own_network import OwnNetworkFamily

if TYPE_CHECKING:
    import keras_tuner


class KerasTuner(OwnNetworkFamily):
    """A model of KerasTuner, used as it is: `build: my_module:build_model`, a function `build(hp)` or a HyperModel.

    Its `hp.Int`, `Float`, `Choice`, `Boolean` and `Fixed` become parameters of the study under their own names, those
    in a conditional scope below the alternative that opens them. They are found when the file is read, by building the
    model; a key of that name in the file goes before what was found. A model that is compiled is trained with its own
    optimizer, loss and metrics, and `training` then has epochs, batch_size, early_stopping, repeats and checkpoint
    alone; the function of a model that is not compiled leaves all that to `training`. Needs
    `pip install 'hpo[keras-tuner]'`.
    """

    may_compile: ClassVar = True
    recipe_keys: ClassVar = frozenset({"epochs", "batch_size", "early_stopping", "repeats", "checkpoint"})
    """What `training` says of a model that its function has compiled; optimizer, loss and metrics are the model's."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", serialize_by_alias=True)
    family: Literal["keras_tuner"] = "keras_tuner"
    build_function: Annotated[str, Field(pattern=own_code.PATTERN, alias="build")]
    """The function `build(hp)`, or the `HyperModel`: `my_module:build_model`, or `folder/my_module.py:build_model`,
    relative to the space file."""

    @field_validator("build_function", mode="before")
    @classmethod
    def _check_code(cls, value: object) -> object:
        if isinstance(value, str) and not re.match(own_code.PATTERN, value):
            raise ValueError("it names code, as my_module:build_model or folder/my_module.py:build_model does")
        return value

    @property
    def values(self) -> dict[str, Any]:
        """The hyperparameters' values by name; those below an alternative stand beside it, as in KerasTuner."""
        return _flatten(self.model_extra or {})

    def require(self) -> None:
        """See `ModelFamily.require`."""
        load_hypermodel(self.build_function)

    @property
    def code(self) -> str:
        """See `OwnNetworkFamily.code`."""
        return self.build_function

    def call(self, shape: Shape, classes: int) -> object:
        """Build the model with the values of the config; see `OwnNetworkFamily.call`."""
        network: object = load_hypermodel(self.code).build(fill(self.values, self.code))
        return network


def load_hypermodel(name: str) -> keras_tuner.HyperModel:
    """Load what a file names as a `HyperModel`, whichever of the forms that KerasTuner takes it has.

    Raises:
        MissingExtraError: KerasTuner is not installed.
        OwnCodeError: it cannot be imported, is none of these forms, or trains in a way of its own.
    """
    check_installed()
    import keras_tuner

    code = own_code.import_object(name)
    is_class = isinstance(code, type) and issubclass(code, keras_tuner.HyperModel)
    is_model = isinstance(code, keras_tuner.HyperModel)
    if is_class or (callable(code) and not is_model and not _takes_hyperparameters(code)):
        try:
            code = code()
        except Exception as error:
            raise OwnCodeError(
                f"{name}: it gives a HyperModel when called without arguments. "
                f"Received {own_code.describe_error(error)}. "
                "Make one in the module, and name that: `build_model = MyHyperModel(...)`."
            ) from error
    if isinstance(code, keras_tuner.HyperModel):
        if type(code).fit is not keras_tuner.HyperModel.fit:
            raise OwnCodeError(
                f"{name}: a HyperModel says how a model is built. Received one with a `fit` of its own, which would "
                "be left out: trials report and are pruned epoch by epoch. Remove it; `training` has batch_size and "
                "epochs, which may be parameters."
            )
        return code
    if not callable(code):
        raise OwnCodeError(
            f"{name}: it is a function build(hp), a HyperModel, or a function that gives one. Received {code!r}."
        )
    return _wrap_function(code)


def check_installed() -> None:
    """Hold that KerasTuner is installed, without importing it.

    Raises:
        MissingExtraError: it is not.
    """
    if find_spec("keras_tuner") is None:
        raise MissingExtraError(
            "model.family: keras_tuner needs the package keras-tuner. Received an installation without it. "
            "Install it with `pip install 'hpo[keras-tuner]'`."
        )


def name_alternative(value: object) -> str:
    """Name a value where it opens hyperparameters: names in a file are texts."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def fill(values: dict[str, Any], name: str) -> keras_tuner.HyperParameters:
    """Make hyperparameters that have these values; one without takes its default, which is said on the standard error.

    Args:
        values: by name; an alternative may go by its name, see `name_alternative`.
        name: how the file calls the code that will ask for them.
    """
    import keras_tuner

    class Filled(keras_tuner.HyperParameters):  # type: ignore[misc]
        """Looks at each hyperparameter when the code asks for it: before that, nobody knows its type."""

        def _retrieve(self, hp: Any) -> Any:  # noqa: ANN401 - a hyperparameter, and its value
            if hp.name in self.values:
                self.values[hp.name] = _convert(hp, self.values[hp.name])
            elif self.is_active(hp):
                print(f"{name}: the config has no {hp.name}; it is {hp.default!r}, its default", file=sys.stderr)
            return super()._retrieve(hp)

    hyperparameters = Filled()
    hyperparameters.values = dict(values)
    return hyperparameters


def _convert(hp: Any, value: Any) -> Any:  # noqa: ANN401 - a hyperparameter, and its value
    """Give a value the type of the hyperparameter, where the config has an alternative's name for it."""
    kind = type(hp).__name__
    if kind == "Float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and kind in ("Choice", "Boolean", "Fixed"):
        alternatives = hp.values if kind == "Choice" else (True, False) if kind == "Boolean" else (hp.value,)
        return next((own for own in alternatives if name_alternative(own) == value), value)
    return value


def _flatten(tree: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and len(value) == 1:
            ((alternative, below),) = value.items()
            values[key] = alternative
            values |= _flatten(below or {})
        else:
            values[key] = value
    return values


def _takes_hyperparameters(function: Any) -> bool:  # noqa: ANN401 - whatever the user wrote
    """Say whether a callable takes an argument, as `build(hp)` does."""
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # nobody can say
        return True
    return True


def _wrap_function(build: Any) -> keras_tuner.HyperModel:  # noqa: ANN401 - whatever the user wrote
    import keras_tuner

    class FunctionModel(keras_tuner.HyperModel):  # type: ignore[misc]
        """A function `build(hp)`."""

        def build(self, hp: keras_tuner.HyperParameters) -> Any:  # noqa: ANN401 - whatever the user wrote
            return build(hp)

    return FunctionModel()
