"""Rendering and reading are inverse to each other, for any tree that a space file could be."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hpo.spaces import load, parse_spec, to_yaml
from hpo.spaces.text.source import ListNode, Node, Scalar, Table, parse, parse_json

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        ["null", "~", "true", "on", "1e-4", "1_0", "0x1f", "=", "<<", "- a", "a: b", "# c", "'", '"', "!x", "&a", "*a"]
    ),
    st.sampled_from(
        ["2020-01-01", "  a ", "a\nb\n", "|", ">", "%", "@", "---", "...", "?", "?0", "\U0001f642", "\x85"]
    ),
)
KEYS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
TREES = st.dictionaries(KEYS, VALUES, max_size=5)


def plain(node: Node) -> object:
    match node:
        case Scalar(value):
            return value
        case ListNode(items):
            return [plain(item) for item in items]
        case Table(entries):
            return {key: plain(item) for key, item in entries.items()}


def alike(one: object, other: object) -> bool:
    """Equal, in types and in the order of keys too."""
    return repr(one) == repr(other)


@settings(max_examples=200, deadline=None)
@given(TREES)
@example({"a": {"b": "x" * 200}})
@example({"a": {"b": ["word " * 60]}})
@example({"a": "\x85\u2028\u2029\ufeff\x7f\x00"})
def test_a_rendered_tree_reads_back_as_it_was(tree):
    assert alike(plain(parse(to_yaml(tree), "r.yaml")), tree)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_a_stored_tree_reads_back_as_it_was(tree):
    assert alike(plain(parse_json(json.dumps(tree), "study")), tree)


NUMBERS = st.floats(1e-6, 10, allow_nan=False)


EPOCHS = st.one_of(st.integers(1, 50).map(str), st.integers(1, 50).map(lambda n: f"{{int: [{n}, {2 * n}]}}"))
RATES = st.one_of(NUMBERS.map(repr), NUMBERS.map(lambda x: f"{{float: [{x!r}, {2 * x!r}], log: true}}"))
CHANGES = st.tuples(
    EPOCHS.map(lambda text: f"training.epochs={text}"),
    RATES.map(lambda text: f"training.learning_rate={text}"),
    st.lists(st.integers(1, 512), min_size=2, max_size=4, unique=True).map(lambda n: f"batch_size={{choice: {n}}}"),
    st.floats(0.0, 0.98).map(lambda x: f"optimizer.sgd.momentum={{float: [{x!r}, 0.99]}}"),
    st.integers(0, 2**32 - 1).map(lambda seed: f"seed={seed}"),
)


@settings(max_examples=50, deadline=None)
@given(changes=CHANGES)
def test_a_spec_survives_its_storage_and_its_rendering(tmp_path_factory, changes):
    spec = load("quickstart.yaml", changes)
    assert parse_spec(spec.to_json(), "study") == spec
    file = tmp_path_factory.mktemp("spec") / "r.yaml"
    file.write_text(to_yaml(spec.document), encoding="utf-8")
    assert load(file) == spec
