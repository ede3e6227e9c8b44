"""Which engine Keras runs a kept model on: any does, so one that is installed."""

from __future__ import annotations

import os
from importlib.util import find_spec

from hpo.errors import Fault, MissingExtraError, UserError
from hpo.shipping.kept_model import KeptModel

ENGINES = ("tensorflow", "jax", "torch")
"""Those of Keras that train."""


def choose_engine(kept: KeptModel) -> str:
    """Choose what Keras runs a model on: what KERAS_BACKEND says, else what it was trained on, else what is there.

    Nothing is imported.

    Raises:
        UserError: KERAS_BACKEND names none.
        MissingExtraError: it names one that is not installed.
    """
    said = os.environ.get("KERAS_BACKEND")
    if said:
        if said not in (*ENGINES, "openvino"):  # on which Keras predicts as well
            rule, remedy = "it is tensorflow, jax or torch", "unset it for the engine of the study"
            raise UserError(Fault(rule, repr(said), remedy, subject="KERAS_BACKEND"))
        if find_spec(said) is None:
            rule, received = "the engine that it names is installed", f"{said}, which is not"
            raise MissingExtraError(Fault(rule, received, f'type: pip install "hpo[{said}]"', subject="KERAS_BACKEND"))
        return said
    made_with = kept.about.get("made_with") or {}
    trained_on = kept.study.spec.engine if kept.study is not None else next(filter(made_with.get, ENGINES), None)
    wanted = dict.fromkeys([*filter(None, [trained_on]), *ENGINES])
    return next(filter(find_spec, wanted), ENGINES[0])
