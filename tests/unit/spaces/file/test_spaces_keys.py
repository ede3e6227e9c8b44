"""The keys of a file are one table: whoever goes through a file knows a key that is added to it."""

from __future__ import annotations

import pytest

from hpo.errors import Fault, SpaceError
from hpo.spaces import load, parse_spec
from hpo.spaces.change.changes import list_changes
from hpo.spaces.change.refusals import list_refusals
from hpo.spaces.remarks.remarks import remarks
from hpo.spaces.schema.document import full_schema
from hpo.spaces.sections.keys import KEYS, Key
from hpo.spaces.sections.search import StudySection
from hpo.studies.record.conflicts import spec_differences

SPACE = "data: digits\nmodel: {family: simple_cnn, depth: {int: [1, 2]}}\n"


class Tracking(StudySection):
    """Where trials are told of."""

    url: str = "none"
    """Who is told."""
    every: int = 1
    """Epochs from one message to the next."""

    def faults(self, space, objectives):
        if space.size == 1:
            yield Fault("there is something to tell of", path=("tracking", "url"))

    def remarks(self, space, epochs):
        yield "tracking.every", f"no trial has more than {epochs} epochs" if self.every > epochs else None


@pytest.fixture(autouse=True)
def key(monkeypatch):
    key = Key("tracking", "section", "Where trials are told of.", section=Tracking, merges=True, free=("url",))
    monkeypatch.setitem(KEYS, "tracking", key)
    return key


@pytest.fixture
def read(tmp_path):
    def read(text, *overrides):
        (tmp_path / "s.yaml").write_text(text)
        return load(tmp_path / "s.yaml", overrides)

    return read


def test_it_is_read_with_its_defaults_and_stored_as_it_was_written(read):
    assert read(SPACE).sections["tracking"] == Tracking()
    spec = read(f"{SPACE}tracking: {{every: 3}}\n", "tracking.url=http://here")
    assert spec.sections["tracking"] == Tracking(url="http://here", every=3)
    assert parse_spec(spec.to_json(), "").sections == spec.sections


def test_a_file_takes_its_options_over_from_its_base(read, tmp_path):
    (tmp_path / "base.yaml").write_text(f"{SPACE}tracking: {{every: 3, url: a}}\n")
    assert read("base: base.yaml\ntracking: {url: b}\n").sections["tracking"] == Tracking(url="b", every=3)


def test_its_mistakes_are_told(read):
    with pytest.raises(SpaceError) as caught:
        read(f"{SPACE}tracking: {{every: {{int: [1, 2]}}, urll: b}}\n")
    assert [line.rpartition("/")[2] for line in str(caught.value).splitlines()] == [
        "s.yaml:3:19 every: it is the same for all trials of a study. Received a parameter. Write a constant.",
        "s.yaml:3:34 urll: the keys here are every, url. Received 'urll'. Did you mean 'url'?",
    ]


def test_the_schema_and_the_comparison_of_studies_have_it(read):
    assert full_schema()["properties"]["tracking"]["description"] == "Where trials are told of."
    old, new = read(SPACE), read(f"{SPACE}tracking: {{every: 2, url: b}}\n")
    assert spec_differences(old, new) == {"tracking.every": (1, 2)}
    assert [str(change) for change in list_changes(old, new)] == ["tracking.every: 2, was 1"]
    assert list_refusals(old, new) == []


def test_it_has_its_say_about_the_rest_of_the_file(read):
    with pytest.raises(SpaceError, match=r"s.yaml:3:17 url: there is something to tell of"):
        read("data: digits\nmodel: simple_cnn\ntracking: {url: here}\n")
    spec = read(f"{SPACE}training: {{epochs: 3}}\ntracking: {{every: 4}}\n")
    assert "tracking.every: no trial has more than 3 epochs." in remarks(spec)


def test_a_study_may_be_held_to_it(read, monkeypatch):
    key = Key("tracking", "section", "Where trials are told of.", section=Tracking, change="refused")
    monkeypatch.setitem(KEYS, "tracking", key)
    (refusal,) = list_refusals(read(SPACE), read(f"{SPACE}tracking: {{every: 2}}\n"))
    assert str(refusal).startswith("tracking: all trials of a study have the same tracking.")
