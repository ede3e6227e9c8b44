"""Tags: each names one model in a folder of studies, or in a database server."""

from __future__ import annotations

import re
import shutil
from contextlib import closing

import pytest

from hpo.errors import UserError
from hpo.spaces import load
from hpo.studies import (
    StudyAddress,
    StudyRecord,
    create_study,
    drop_taken_tags,
    find_tag,
    list_tags,
    open_place,
    remove_tag,
    set_tag,
)
from hpo.studies.transfer import move_study, unpack_bundle, write_bundle


@pytest.fixture(params=["folder", "postgres"])
def place(request, small_space, studies):
    """A place with the studies `small` and `other`, without a trial."""
    storage = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    addresses = [StudyAddress.named(name, studies, storage) for name in ("small", "other")]
    for address in addresses:
        with closing(create_study(load(small_space, [f"study={address.name}"]), address)):
            pass
    return open_place(addresses[0])


def read_tags(place):
    return {tag.name: tag.meaning for tag in list_tags(place)}


def test_a_tag_names_one_model_wherever_studies_are_kept(place):
    small, other = place.address, place.beside("other")
    assert set_tag(small, 1, "production") is None
    assert set_tag(small, 3, "production").meaning == "small, trial 1"
    assert set_tag(small, 1, "staging") is None
    assert read_tags(place) == {"production": "small, trial 3", "staging": "small, trial 1"}
    assert set_tag(other, 0, "production").meaning == "small, trial 3"
    assert read_tags(place) == {"production": "other, trial 0", "staging": "small, trial 1"}
    assert StudyRecord(small).ledger.tagged == {1}
    assert find_tag(open_place(other), "production").study == other
    assert remove_tag(place, "production").meaning == "other, trial 0"
    assert find_tag(place, "production") is None
    with pytest.raises(
        UserError, match=r"tag: a tag that is removed is there. Received stagin. Did you mean 'staging'"
    ):
        remove_tag(place, "stagin")


def test_a_tag_has_a_name_that_no_study_has(place):
    for name, rule in (("other", "no name that a study has"), ("a b", "letters, digits"), ("-x", "letters, digits")):
        with pytest.raises(UserError, match=rule):
            set_tag(place.address, 0, name)
    assert not list_tags(place)


def test_of_two_studies_with_a_tag_the_one_that_was_tagged_last_has_it(place):
    """As a process leaves them that was killed before the first one lost it."""
    small, other = place.address, place.beside("other")
    set_tag(small, 1, "production")
    set_tag(other, 2, "production")
    date = find_tag(place, "production").date
    with closing(place.open_storage()) as storage:
        storage.study.set_user_attr(_key(other), {"trial": 1, "date": date.replace("20", "19", 1)})
    assert read_tags(place) == {"production": "other, trial 2"}
    with closing(place.open_storage()) as storage:
        storage.study.set_user_attr(_key(other), {"trial": 1, "date": date})
    message = "tag production: it names one model. Received other, trial 2 and small, trial 1, of which one is a copy"
    with pytest.raises(UserError, match=re.escape(message)):
        find_tag(place, "production")
    set_tag(small, 1, "production")
    assert read_tags(place) == {"production": "small, trial 1"}


def _key(address):
    """The attribute that a study has the tag `production` in."""
    return next(key for key in StudyRecord(address).ledger.attributes if key.endswith("production"))


def test_a_tag_goes_with_its_study_and_takes_no_other_ones_place(make_study, studies, tmp_path):
    with make_study() as study:
        address = study.address
    set_tag(address, 0, "production")
    set_tag(address, 1, "staging")
    bundle, _ = write_bundle(address, tmp_path / "small.zip")
    moved = move_study(address, "renamed")
    assert read_tags(open_place(moved)) == {"production": "renamed, trial 0", "staging": "renamed, trial 1"}
    remove_tag(open_place(moved), "staging")
    again, _ = unpack_bundle(bundle, studies)
    assert [tag.meaning for tag in drop_taken_tags(again)] == ["renamed, trial 0"]
    assert read_tags(open_place(again)) == {"production": "renamed, trial 0", "staging": "small, trial 1"}
    assert drop_taken_tags(again) == []


def test_a_study_that_cannot_be_read_hides_no_tag_of_another(make_study, studies):
    with make_study() as study:
        address = study.address
    set_tag(address, 0, "production")
    shutil.copytree(studies / "small", studies / "damaged")
    (studies / "damaged" / "study.db").write_bytes(b"none")
    assert read_tags(open_place(address)) == {"production": "small, trial 0"}


def test_a_model_with_a_tag_stays_when_a_better_one_comes(make_study, add_trials):
    with make_study() as study:
        add_trials(study, 0.5, 0.6, 0.7)
        for number in range(3):
            study.files.models.put(number, lambda path: path.write_bytes(b"model"))
        set_tag(study.address, 0, "production")
        study.remove_needless_files()
        assert study.files.models.numbers() == [0, 2]
        remove_tag(study.place, "production")
        study.remove_needless_files()
        assert study.files.models.numbers() == [2]
