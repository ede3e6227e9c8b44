#!/usr/bin/env bash
# tensorflow-datasets 4.9.9 asks for protobuf>=3.20 without an upper bound, and installs beside protobuf 7. There it
# downloads and prepares a data set without a word, and cannot make the builder of what it has prepared: reading its own
# description asks for `FieldDescriptor.label`, which protobuf 7 does not have. What the caller is told is an AttributeError
# that names neither the package nor a version. 4.9.10, beside the same protobuf, reads the same files.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cat > "$folder/make.py" <<'PY'
import sys
from importlib.metadata import requires, version

import numpy as np
import tensorflow_datasets as tfds


class Pets(tfds.core.GeneratorBasedBuilder):
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"image": tfds.features.Image(shape=(8, 8, 1)), "label": tfds.features.ClassLabel(names=["cat", "dog"])}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield 0, {"image": np.zeros((8, 8, 1), np.uint8), "label": 0}


print("tensorflow-datasets", version("tensorflow-datasets"), "protobuf", version("protobuf"))
print([text for text in requires("tensorflow-datasets") if text.startswith("protobuf")])
try:
    Pets(data_dir=sys.argv[1]).download_and_prepare()
    print("prepared")
    builder = Pets(data_dir=sys.argv[1])
except AttributeError as error:
    print("no builder:", str(error)[-80:])
    sys.exit(3)
print("a builder:", builder.name)
PY
made() { "$folder/venv/bin/python" "$folder/make.py" "$folder/data" 2>"$folder/log" && echo made || { local status=$?; tail -1 "$folder/log" >&2; echo "status $status"; }; }
"$folder/venv/bin/pip" install -q --disable-pip-version-check tensorflow==2.21.0 tensorflow-datasets==4.9.9 protobuf==7.36.2
old=$(made); echo "$old"
"$folder/venv/bin/pip" install -q --disable-pip-version-check tensorflow-datasets==4.9.10 protobuf==7.36.2
new=$(made); echo "$new"
[[ $old == *"status 3" && $old == *"has no attribute 'label'"* && $new == *made ]] && echo "as found"
