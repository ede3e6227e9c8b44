"""The family application: every network of Keras', its rules, its scale of pixels, its weights."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from hpo.models import ImpossibleArchitectureError, PixelScale
from hpo.models.families.application import KerasApplication
from hpo.models.families.keras_networks import APPLICATIONS
from hpo.training.network.symbolic import without_weights

pytestmark = pytest.mark.engine

SHARED_WEIGHTS = Path(__file__).parents[4].parent / "shared/data/weights"
MOBILENET_V2 = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"


def base_of(name: str, shape: tuple[int, int, int], **options: object):
    family = KerasApplication(name=name, **{"weights": "none", **options})
    return without_weights(lambda: family.untrained(shape, 2)).get_layer("base")


# Names


def test_every_network_of_keras_has_a_name():
    import keras

    functions = [name for name, value in vars(keras.applications).items() if inspect.isfunction(value)]
    assert sorted(value.keras_name for value in APPLICATIONS.values()) == sorted(functions)


@pytest.mark.parametrize("spelling", ["mobilenet_v2", "MobileNetV2", "mobilenetv2"])
def test_a_name_may_be_spelled_as_keras_does(spelling: str):
    assert KerasApplication(name=spelling).name == "mobilenet_v2"


@pytest.mark.parametrize("wrong", ["mobilenet_v9", "", 3, None])
def test_other_names_are_refused(wrong: object):
    with pytest.raises(ValidationError):
        KerasApplication(name=wrong)


# Rules


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"name": "resnet50", "alpha": 0.5}, "alpha is the width of mobilenet, .*: resnet50 has none, remove it"),
        ({"name": "mobilenet_v2", "depth_multiplier": 2}, "option of mobilenet: mobilenet_v2 has none"),
        ({"name": "mobilenet_v2", "alpha": 0.4}, "alpha 0.35, 0.5, 0.75, 1, 1.3, 1.4, not for 0.4: take one of them"),
        ({"name": "mobilenet", "depth_multiplier": 2}, "for depth_multiplier 1 alone: or set weights to none"),
    ],
    ids=str,
)
def test_what_a_network_does_not_have_is_refused(options: dict, text: str):
    with pytest.raises(ValidationError, match=text):
        KerasApplication(**options)


def test_alpha_is_the_width_and_any_is_possible_without_imagenet_weights():
    assert base_of("mobilenet_v2", (32, 32, 3), alpha=0.4).count_params() < 700_000
    assert base_of("mobilenet", (32, 32, 3), alpha=0.1, depth_multiplier=2).get_layer("conv_dw_1").depth_multiplier == 2


@pytest.mark.parametrize("name", ["xception", "inception_v3", "mobilenet_v3_small"])
def test_the_smallest_images_are_those_of_keras(name: str):
    smallest = APPLICATIONS[name].smallest
    assert base_of(name, (smallest, smallest + 3, 3)).input_shape == (None, smallest, smallest + 3, 3)
    text = rf"{name} needs images of {smallest} pixels or more\. Received {smallest - 1} x {smallest}\."
    with pytest.raises(ImpossibleArchitectureError, match=text):
        base_of(name, (smallest - 1, smallest, 3))


def test_resizing_makes_small_images_possible():
    family = KerasApplication(name="xception", weights="none", input_size=71)
    assert without_weights(lambda: family.untrained((8, 9, 1), 2)).input_shape == (None, 8, 9, 1)


def test_names_of_layers_do_not_depend_on_what_was_built_before():
    import keras

    names = [layer.name for layer in base_of("mobilenet_v3_small", (32, 32, 3)).layers]
    keras.layers.ReLU()
    family = KerasApplication(name="mobilenet_v3_small", weights="none")
    for _ in range(2):
        assert [layer.name for layer in family.untrained((32, 32, 3), 2).get_layer("base").layers] == names
    assert {"images", "re_lu", "re_lu_1", "activation"} <= set(names)


# The scale of pixels


def inside(keras_model) -> list:
    """The layers by which a network of Keras itself scales pixels."""
    kinds = ("Rescaling", "Normalization", "PreStem")
    return [layer for layer in keras_model.layers[:6] if type(layer).__name__ in kinds]


LARGER = {
    **dict.fromkeys((f"convnext_{size}" for size in ("small", "base", "large", "xlarge")), "convnext_tiny"),
    **dict.fromkeys((f"efficientnet_v2_b{size}" for size in (1, 2, 3)), "efficientnet_v2_b0"),
    **dict.fromkeys(("efficientnet_v2_m", "efficientnet_v2_l"), "efficientnet_v2_s"),
    "mobilenet_v3_large": "mobilenet_v3_small",
}
"""Networks that Keras' same code makes as a smaller one, which takes less time to build."""


def test_a_larger_network_scales_pixels_as_the_smaller_one_of_its_kind():
    for larger, smaller in LARGER.items():
        one, other = APPLICATIONS[larger], APPLICATIONS[smaller]
        assert (one.scale, one.scales_itself) == (other.scale, other.scales_itself)


@pytest.mark.parametrize("name", sorted(APPLICATIONS.keys() - LARGER.keys()))
def test_pixels_are_scaled_as_keras_preprocesses_them_for_its_weights(name: str):
    """`preprocess_input` and then what the network does inside, against the scale of a network without that."""
    import keras

    application = APPLICATIONS[name]
    make = getattr(keras.applications, application.keras_name)
    rgb = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 3)).astype(np.float32)
    expected = sys.modules[make.__module__].preprocess_input(rgb.copy())
    if application.scales_itself == "stem_conv_pad":
        # EfficientNet's are weights: means and, by mistake, deviations for variances, which a later layer makes good.
        mean, deviation = np.asarray([0.485, 0.456, 0.406]), np.asarray([0.229, 0.224, 0.225])
        expected = (expected / 255 - mean) / np.sqrt(deviation) / np.sqrt(deviation)
    elif application.scales_itself:
        images = keras.Input((32, 32, 3))
        for layer in inside(without_weights(lambda: make(include_top=False, weights=None, input_shape=(32, 32, 3)))):
            again = type(layer).from_config(layer.get_config())
            again(images)
            expected = np.asarray(again(expected))
    if application.takes_bgr:
        expected = expected[..., ::-1]
    scale = application.scale
    np.testing.assert_allclose((rgb - scale.mean) / scale.deviation, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["convnext_tiny", "efficientnet_b0", "efficientnet_v2_b0", "mobilenet_v3_small"])
def test_a_base_does_not_scale_pixels_and_has_the_weights_of_the_one_that_does(name: str):
    import keras

    make = getattr(keras.applications, APPLICATIONS[name].keras_name)
    whole = without_weights(lambda: make(include_top=False, weights=None, input_shape=(32, 32, 3)))
    base = base_of(name, (32, 32, 3))
    assert inside(whole)
    assert not inside(base)
    scaling = {id(weight) for layer in inside(whole) for weight in layer.weights}
    shapes = [tuple(weight.shape) for weight in whole.weights if id(weight) not in scaling]
    assert [tuple(weight.shape) for weight in base.weights] == shapes


def test_the_family_s_scale_is_the_network_s():
    assert KerasApplication(name="densenet121").imagenet_scale() == PixelScale()
    assert KerasApplication(name="mobilenet_v2").imagenet_scale().mean == (127.5, 127.5, 127.5)


# Weights


@pytest.mark.skipif(not SHARED_WEIGHTS.is_dir(), reason="weights for development are not here")
def test_real_imagenet_weights_are_those_for_224_pixels_at_any_size(tmp_path: Path):
    """In a process of its own: Keras reads KERAS_HOME once."""
    (tmp_path / "models").mkdir()
    shutil.copy(SHARED_WEIGHTS / MOBILENET_V2, tmp_path / "models")
    code = (
        "import h5py, numpy, warnings\n"
        "warnings.simplefilter('error', UserWarning)\n"
        "from hpo.models.families.application import KerasApplication\n"
        f"with h5py.File(r'{tmp_path / 'models' / MOBILENET_V2}') as file:\n"
        "    stored = file['block_16_project/block_16_project/kernel'][()]\n"
        "for size in (96, 100):\n"
        "    network = KerasApplication(name='mobilenet_v2', alpha=0.35).build((size, size, 3), 3)\n"
        "    layer = network.get_layer('base').get_layer('block_16_project')\n"
        "    print('SAME', numpy.array_equal(stored, layer.get_weights()[0]), network.input_shape)\n"
    )
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    for size in (96, 100):
        assert f"SAME True (None, {size}, {size}, 3)" in shown.stdout, shown.stderr
