"""A section means the same however a file writes it; only the names of its parameters follow the spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo.spaces import StudySpec, load, parse_spec, spec_of, to_yaml
from hpo.spaces.change.adoption import adopt

Options = dict[str, Any]
SPELLINGS: dict[str, Callable[[Options], Any]] = {
    "family": lambda options: {"family": "simple_cnn", **options},
    "name": lambda options: {"simple_cnn": options},
    "label": lambda options: {"net": {"family": "simple_cnn", **options}},
    "label that is the name": lambda options: {"simple_cnn": {"family": "simple_cnn", **options}},
    "word": lambda options: {"simple_cnn": options} if options else "simple_cnn",
    "nothing": lambda options: {"simple_cnn": options or None},
}
LABELS = {"family": "", "label": "net."}
"""What goes before the names of parameters; of other spellings, the family."""
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "depth": st.sampled_from([1, 2, {"int": [1, 3]}, {"choice": [1, 2]}]),
        "dropout": st.sampled_from([0.25, {"float": [0.0, 0.5], "step": 0.25}]),
        "filters": st.sampled_from([8, {"choice": [4, 16]}]),
        "blocks": st.just({"repeat": {"int": [1, 2]}, "of": {"filters": {"choice": [4, 8]}}}),
    },
).filter(lambda options: "blocks" not in options or not {"depth", "filters"} & options.keys())


def spec_with(model: Any) -> StudySpec:
    return spec_of({"study": "s", "data": "digits", "model": model}, "s")


def draws(spec: StudySpec) -> Iterator[dict[str, Any]]:
    yield from (params for _, params in spec.corners())


@settings(max_examples=25, deadline=None)
@given(OPTIONS, st.sampled_from(sorted(SPELLINGS)))
def test_a_section_gives_the_same_configs_in_every_spelling(options, spelling):
    plain, other = spec_with(SPELLINGS["family"](options)), spec_with(SPELLINGS[spelling](options))
    label = LABELS.get(spelling, "simple_cnn.")
    assert [p.name for p in other.space.parameters()] == [f"{label}{p.name}" for p in plain.space.parameters()]
    for params in draws(plain):
        renamed = {f"{label}{name}": value for name, value in params.items()}
        assert other.config(renamed).tree == plain.config(params).tree
        assert adopt(plain.space.tree(params), params, other.space) == renamed


@settings(max_examples=25, deadline=None)
@given(OPTIONS, st.sampled_from(sorted(SPELLINGS)))
def test_a_stored_document_has_the_spelling_of_the_file_and_gives_the_same_space(options, spelling):
    written = SPELLINGS[spelling](options)
    spec = spec_with(written)
    assert spec.document["model"] == written
    again = parse_spec(spec.to_json(), "again")
    assert again == spec
    assert [params for params in draws(again)] == [params for params in draws(spec)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(OPTIONS, st.sampled_from(sorted(SPELLINGS))), min_size=2, max_size=3))
def test_sections_in_a_list_of_alternatives_are_the_same_in_every_spelling(alternatives):
    constants = [({k: v for k, v in options.items() if not isinstance(v, dict)}, way) for options, way in alternatives]
    items = [SPELLINGS[way](options) for options, way in constants]
    if any(item in items[:index] for index, item in enumerate(items)):
        return
    spec = spec_with({"choice": items})
    (choice,) = spec.space.parameters()
    for category, (options, _) in zip(choice.categories, constants, strict=True):
        assert spec.config({"model": category}).tree["model"] == {"family": "simple_cnn", **options}


@pytest.mark.parametrize("base", sorted(SPELLINGS))
@pytest.mark.parametrize("own", sorted(SPELLINGS))
def test_a_base_and_what_starts_from_it_may_be_spelled_differently(tmp_path, base, own):
    (tmp_path / "base.yaml").write_text(
        to_yaml({"data": "digits", "model": SPELLINGS[base]({"depth": {"int": [1, 3]}})})
    )
    (tmp_path / "own.yaml").write_text(to_yaml({"base": "base.yaml", "model": SPELLINGS[own]({"dropout": 0.25})}))
    spec = load(tmp_path / "own.yaml")
    (name,) = (parameter.name for parameter in spec.space.parameters())
    assert name == f"{LABELS.get(base, 'simple_cnn.')}depth"
    assert spec.config({name: 2}).tree["model"] == {"family": "simple_cnn", "depth": 2, "dropout": 0.25}
