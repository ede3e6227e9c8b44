#!/usr/bin/env bash
# TensorFlow 2.20.0 (Linux, CPU): a Python function that a tf.data dataset calls (`from_generator`, `tf.numpy_function`) is
# kept until the process ends, and with it all that it refers to: arrays, pools of threads. The dataset and its iterators
# may be long gone. Keras (3.15) makes its dataset of a `PyDataset` by `from_generator`, so each `fit` keeps its images.
# Seen: of 5 objects with 1 MB each, that a dataset had read and nobody refers to any more, 5 are alive with
# `from_generator`, 5 with `tf.numpy_function`; with a weak reference in the function, 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.20.0"
cat >"$folder/keep.py" <<'PYTHON'
import gc
import weakref

import numpy as np
import tensorflow as tf


class Images:
    """A thousand rows of pixels."""

    def __init__(self):
        self.pixels = np.zeros((1000, 1000), "uint8")

    def read(self):
        """Give one row after the other."""
        yield from self.pixels


def by_generator(images):
    return tf.data.Dataset.from_generator(images.read, output_signature=tf.TensorSpec((1000,), tf.uint8))


def by_function(images):
    read = lambda row: images.pixels[row]
    return tf.data.Dataset.range(1000).map(lambda row: tf.numpy_function(read, [row], tf.uint8))


def by_weak_reference(images):
    return by_function(weakref.proxy(images))


def count_kept(make):
    """Read five objects through a dataset each; how many are alive when nothing refers to them any more."""
    references = []
    for _ in range(5):
        images = Images()
        references.append(weakref.ref(images))
        assert sum(1 for _ in make(images)) == 1000
        del images
    gc.collect()
    return sum(reference() is not None for reference in references)


for make, expected in ((by_generator, 5), (by_function, 5), (by_weak_reference, 0)):
    kept = count_kept(make)
    print(f"{make.__name__}: {kept} of 5 are kept")
    assert kept == expected
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/keep.py" 2>/dev/null
