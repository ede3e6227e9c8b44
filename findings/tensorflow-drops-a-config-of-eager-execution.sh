#!/usr/bin/env bash
# TensorFlow 2.21.0 (Linux, CPU): `tf.compat.v1.enable_eager_execution(config)` drops its config without a word where
# eager execution is enabled already, which it is from the import on, though nothing has used it. `tf.config` has no
# function for much of a `ConfigProto`, such as `experimental.disable_thread_spinning`, so that this is the way to it.
# Seen: a config with 3 threads leaves 0 (as many as there are cores); after `tf.compat.v1.disable_eager_execution()`
# the same call sets 3, and eager execution is on.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.21.0"
cat >"$folder/config.py" <<'PYTHON'
import sys

import tensorflow as tf

if sys.argv[1:] == ["disabled first"]:
    tf.compat.v1.disable_eager_execution()
tf.compat.v1.enable_eager_execution(tf.compat.v1.ConfigProto(intra_op_parallelism_threads=3))
assert tf.executing_eagerly()
assert int(tf.constant(1) + 1) == 2
print(tf.config.threading.get_intra_op_parallelism_threads())
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3
unset TF_NUM_INTRAOP_THREADS
ignored=$("$folder/venv/bin/python" "$folder/config.py" 2>"$folder/said" || { cat "$folder/said"; exit 1; })
heeded=$("$folder/venv/bin/python" "$folder/config.py" "disabled first" 2>/dev/null)
echo "threads with a config of 3: $ignored; where eager execution was disabled first: $heeded"
test "$ignored" = 0
test "$heeded" = 3
