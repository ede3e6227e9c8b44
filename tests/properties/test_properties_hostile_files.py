"""Whatever stands in a file: it is read, or refused with an error that hpo raises on purpose."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_or_refused import assert_read_or_refused

from hpo.spaces import bundled_spaces

QUICKSTART = bundled_spaces()["quickstart.yaml"].read_text(encoding="utf-8")
PLAIN = "".join(line.partition("#")[0].rstrip() + "\n" for line in QUICKSTART.splitlines() if line[:1] != "#")
TOKENS = re.findall(r"\w+|[^\w\s]|\s+", PLAIN)
PIECES = st.one_of(
    st.sampled_from(TOKENS),
    st.sampled_from(
        [
            "null",
            "true",
            ".inf",
            ".nan",
            "-1",
            "0",
            "1e999",
            "9999999999999999999999",
            "[]",
            "{}",
            "{int:[1,2]}",
            "{float:[0,1]}",
            "{choice:[a,b]}",
            "&a",
            "*a",
            "!!python/object:os.system",
            "!x",
            "<<:",
            "*a",
            ":",
            "-",
            "?",
            "|",
            ">",
            "'",
            '"',
            "%",
            "@",
            "`",
            "#",
            ",",
            "]",
            "}",
            "[",
            "{",
            "--",
            "---",
            "...",
            "\t",
            "\x00",
            "\x07",
            "\ud83d",
            "vgg16",
            "folder",
            "path",
            "weights",
            "none",
            "imagenet",
            "dataset",
            "family",
            "sgd",
            "adam",
            "choice",
            "int",
            "float",
            "step",
            "log",
            "repeat",
            "of",
            "{repeat:3,of:{}}",
            "{repeat:{int:[0,9]},of:{filters:{int:[1,9]}}}",
            "blocks",
            "base",
            "base: quickstart.yaml",
            "start_from",
            "start_from: [{depth: 1}]",
            "constraints",
            "constraints: [depth < 3]",
            "'depth < 3 and '",
            "objective: [val_accuracy, flops]",
            "parameters",
        ]
    ),
    st.text(max_size=5),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile") / "r.yaml"


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(file, content):
    assert_read_or_refused(file, content)


PATHS = st.one_of(
    st.sampled_from(
        [
            "training.epochs",
            "epochs",
            "optimizer",
            "optimizer.sgd",
            "optimizer.sgd.momentum",
            "optimizer.choice",
            "data",
            "data.dataset",
            "model",
            "model.family",
            "depth.int",
            "depth.log",
            "search.sampler",
            "seed",
            "study",
            "filters",
            "filters.choice",
            "objective",
            "constraints",
            "start_from",
            "base",
            "blocks",
            "depth.repeat",
            "x.y",
        ]
    ),
    st.text(max_size=8),
)


@settings(max_examples=200, deadline=None)
@given(changes=st.lists(st.tuples(PATHS, st.one_of(PIECES, st.text(max_size=12))), min_size=1, max_size=3))
def test_any_change_is_made_or_refused(file, changes):
    assert_read_or_refused(file, QUICKSTART.encode(), *(f"{path}={value}" for path, value in changes))
