"""What a file says of the trackers that show its trials."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.catalog import TRACKERS
from hpo.errors import SpaceError
from hpo.spaces import load, parse_spec
from hpo.spaces.sections.tracking import TrackerSettings, tracking_section
from hpo.studies.record.conflicts import spec_differences

SPACE = {"study": "s", "data": "digits", "model": "simple_cnn"}


def trackers(tracking: object, *overrides: str) -> dict[str, TrackerSettings]:
    return load({**SPACE, "tracking": tracking}, overrides).trackers


def test_a_file_that_says_nothing_tracks_nowhere():
    assert load(SPACE).trackers == {}
    assert trackers({"tensorboard": False}) == trackers({"tensorboard": None}) == {}


def test_a_tracker_is_turned_on_by_true_by_its_options_or_by_the_text_that_stands_for_them():
    assert trackers({"tensorboard": True})["tensorboard"].model_dump() == {"folder": None}
    assert trackers({"tensorboard": {"folder": "/runs"}}) == trackers({"tensorboard": "/runs"})


def test_a_folder_that_need_not_exist_is_relative_to_the_file(tmp_path: Path):
    file = tmp_path / "space.yaml"
    file.write_text("data: digits\nmodel: simple_cnn\ntracking: {tensorboard: runs}\n")
    assert load(file).trackers["tensorboard"].model_dump() == {"folder": tmp_path / "runs"}


def test_an_option_is_set_from_the_command_line_whatever_stands_there():
    for tracking in (None, {}, {"tensorboard": True}, {"tensorboard": "/here"}, {"tensorboard": {}}):
        assert trackers(tracking, "tracking.tensorboard.folder=/runs")["tensorboard"].model_dump() == {
            "folder": Path("/runs")
        }
    assert trackers({"tensorboard": True}, "tracking.tensorboard=false") == {}


def test_what_is_tracked_is_no_difference_between_two_files_and_is_kept_with_a_study():
    one, other = (load({**SPACE, "tracking": {"tensorboard": text}}) for text in ("/one", "/other"))
    assert spec_differences(one, other) == {}
    assert parse_spec(one.to_json(), "s").trackers == one.trackers


@pytest.mark.parametrize(
    ("tracking", "message"),
    [
        ({"tensorbord": True}, r"tensorbord: .* Did you mean 'tensorboard'\?"),
        ("tensorboard", r"tracking: a section is a mapping\. Received 'tensorboard'\. Write \{tensorboard: true\}"),
        ({"tensorboard": {"foldr": "x"}}, r"tensorboard\.foldr: .* Did you mean 'folder'\?"),
        ({"tensorboard": {"choice": [True, False]}}, "it is the same for all trials of a study"),
    ],
)
def test_what_is_no_tracker_is_refused(tracking: object, message: str):
    with pytest.raises(SpaceError, match=message):
        trackers(tracking)


def test_a_tracker_of_another_package_that_cannot_be_imported_is_refused_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("hpo.catalog._entry_points", lambda group, path: {"broken": "no_such_module:Settings"})
    tracking_section.cache_clear()
    try:
        assert trackers({"tensorboard": True})
        with pytest.raises(SpaceError, match="a registered tracker can be imported"):
            trackers({"broken": True})
        assert "broken" in TRACKERS.names()
    finally:
        tracking_section.cache_clear()
