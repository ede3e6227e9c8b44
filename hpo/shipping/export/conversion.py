"""Writes an export and verifies it: called in a process of its own, which imports the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.data import ImageReader, split_at_network
from hpo.errors import HpoError, UserError, WorkError
from hpo.own_code import describe_error
from hpo.shipping.export.models import list_policies, load_model, make_exportable, predict
from hpo.shipping.export.quantization import CALIBRATION
from hpo.shipping.export.samples import SampleImages, choose_samples, read_part
from hpo.shipping.export.verification import (
    MOST_LOST,
    PredictionComparison,
    Verification,
    choose_tolerance,
    compare_predictions,
    make_reaction,
    measure_accuracies,
)
from hpo.shipping.export.writers import OUTPUT, ExportSource, write_model
from hpo.shipping.folders import explain_unwritable, is_out_of_space
from hpo.shipping.formats import TRAITS, ExportFormat
from hpo.shipping.runtimes import load_export
from hpo.spaces import parse_spec
from hpo.studies import StudyAddress, StudyRecord, package_versions, read_trial_config

if TYPE_CHECKING:
    import keras


def convert_model(request: Mapping[str, Any], tell: Callable[[str], object]) -> dict[str, Any]:
    """Write a model in a format into a folder, and verify it.

    Args:
        request: `format`; `model`, the path of a `.keras` file; `about`, what its `hpo.json` says; `folder`, which is
            empty, and `target`, what it will be called; `quantize`, `int8` or None; and where its study is known, the
            study's `address` and the number of its `trial`, else None for both.
        tell: called with what is being done.

    Returns:
        What `model.json` says of the export itself: `input`, `output`, `precision`, `verification`, `made_with`; and
        `words`, in which the verification is told.

    Raises:
        UserError: there is no room in the folder, or it cannot be written to.
        WorkError: the model cannot be loaded, written or run, or the export does not predict what it does.
    """
    name: ExportFormat = request["format"]
    path, about, traits, quantize = Path(request["model"]), request["about"], TRAITS[name], request["quantize"]
    address = None if request["address"] is None else StudyAddress(*request["address"])
    target = Path(request["folder"]) / traits.file
    _import_own_code(address, request["trial"])
    tell("loading the model")
    model = load_model(path)
    samples = choose_samples(about, model.input_shape[1:], address, request["trial"], tell)
    source = ExportSource(
        path,
        model if name == "keras" else make_exportable(path, model),
        about,
        _choose_calibration(samples, about) if quantize else None,
    )
    predict(source.model, samples.images[:1])  # Keras exports what has been called
    tell(f"writing {traits.file}")
    try:
        write_model(name, source, target)
    except Exception as error:
        if is_out_of_space(error) or (isinstance(error, OSError) and error.errno is not None):  # no fault of the format
            raise UserError(explain_unwritable(Path(request["target"]), error)) from error
        raise WorkError(
            f"{name}: the model can be written in this format. Received {describe_error(error)}. Export it in another."
        ) from error
    tell("verifying the export")
    verification = _Verifier(name, target, model, samples, about).verify(is_quantized=bool(quantize))
    return {
        "input": _describe_input(model),
        "output": {"name": OUTPUT, "dtype": "float32", "shape": ["batch", len(about["classes"])]},
        "precision": quantize or " and ".join(list_policies(source.model)),
        "verification": verification.to_json(),
        "words": list(verification.in_words()),
        "made_with": package_versions("hpo", "keras", *([traits.engine] if traits.engine else []), *traits.writers),
    }


def _import_own_code(address: StudyAddress | None, trial: int | None) -> None:
    """Import the code that the study names, of which layers of the model may be; Keras says which are missing."""
    from hpo.models import ModelFamily

    if address is None or trial is None:
        return
    with suppress(HpoError):
        record = StudyRecord(address).snapshot()
        spec = parse_spec(record.ledger.spec, f"study {record.name}")
        family = read_trial_config(record.frozen_trials(confirming=True)[trial], spec).model
        if isinstance(family, ModelFamily):
            family.require()


def _choose_calibration(samples: SampleImages, about: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an array
    if samples.data is None:
        raise WorkError(f"int8: it is calibrated on training images. Received none: {samples.remark}")
    channels = samples.images.shape[-1]
    return read_part(samples.data.train, ImageReader.from_description(about), channels, CALIBRATION)[0]


class _Verifier:
    """Runs an export beside its model."""

    def __init__(
        self, name: ExportFormat, target: Path, model: keras.Model, samples: SampleImages, about: Mapping[str, Any]
    ) -> None:
        self._name, self._target, self._model = name, target, model
        self._samples, self._about = samples, about

    def verify(self, *, is_quantized: bool) -> Verification:
        """Compare both.

        Raises:
            WorkError: the runtime cannot load or run the export, or it predicts something else.
        """
        runtime = TRAITS[self._name].runtime
        try:
            loaded = load_export(self._name, self._target)
        except Exception as error:
            raise self._refuse(f"a file that {runtime} cannot load: {describe_error(error)}") from error
        if loaded is None:
            return Verification(None, runtime)
        expect = partial(predict, self._model)
        parts = split_at_network(self._model)
        react = None if parts is None else make_reaction(*(partial(predict, part) for part in parts))
        try:
            comparison = compare_predictions(loaded.predict, expect, self._samples.images, react)
        except Exception as error:
            raise self._refuse(f"one that {loaded.runtime} cannot run: {describe_error(error)}") from error
        accuracies, tolerance = None, None
        if is_quantized:
            assert self._samples.data is not None  # noqa: S101 - it was calibrated on them
            reader, channels = ImageReader.from_description(self._about), self._samples.images.shape[-1]
            accuracies = measure_accuracies(loaded.predict, expect, self._samples.data.validation, reader, channels)
            if accuracies.before - accuracies.after > MOST_LOST:
                lost = f"{accuracies.before:.4f} before and {accuracies.after:.4f} after ({accuracies.images:,} images)"
                raise self._refuse(f"an accuracy of {lost}", f"with an accuracy at most {MOST_LOST:g} lower")
        else:
            tolerance = choose_tolerance(self._name, list_policies(self._model))
            self._hold(comparison, tolerance, loaded.runtime)
        return Verification(loaded.runtime, runtime, self._samples, comparison, tolerance, accuracies)

    def _hold(self, comparison: PredictionComparison, tolerance: float, runtime: str) -> None:
        if not comparison.difference <= tolerance:
            received = f"probabilities that differ by {comparison.difference:.2g} ({runtime}, {self._samples.origin})"
            raise self._refuse(received, f"to within {tolerance:g}")
        resized, allowed = comparison.resized_difference, comparison.resized_tolerance(tolerance)
        if resized is not None and allowed is not None and not resized <= allowed:
            received = f"probabilities of resized images that differ by {resized:.2g} ({runtime})"
            raise self._refuse(received, f"to within {allowed:.2g} where it resizes images")

    def _refuse(self, received: str, how: str = "") -> WorkError:
        rule = " ".join(filter(None, (f"{self._name}: an export predicts what its model does", how)))
        return WorkError(f"{rule}. Received {received}. It was removed.")


def _describe_input(model: keras.Model) -> dict[str, Any]:
    height, width, channels = model.input_shape[1:]
    shape = ["batch", height or "height", width or "width", channels]
    return {"name": model.input.name, "dtype": str(model.input.dtype), "shape": shape}
