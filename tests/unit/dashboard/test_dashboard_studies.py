"""What the dashboard shows of studies: names that people can read, notes with a diagnosis, pictures, the best trial."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import optuna_dashboard
from large_study import make_large_study

from hpo.analysis.diagnosis import advise, read_setting
from hpo.dashboard import collection
from hpo.dashboard.notes import _LINE, describe_trial_note
from hpo.dashboard.served import ServedStudy
from hpo.dashboard.server import make_application
from hpo.spaces import spec_of
from hpo.studies import ActiveStudy, StudyRecord, adopt_spec
from hpo.studies.store.stored import StudyNote


def detail(application, ask, study=1):
    """What the page of a study is drawn of."""
    return ask(application, "GET", f"/api/studies/{study}").json


def attributes_of(trial):
    return {entry["key"]: entry["value"] for entry in trial["user_attrs"]}


def test_a_study_is_shown_as_hpo_describes_it(shown, open_app, ask):
    page, record = detail(open_app(shown), ask), StudyRecord(shown)
    assert [trial["number"] for trial in page["trials"]] == list(range(30))
    assert [trial["number"] for trial in page["best_trials"]] == [record.best.number]
    assert page["objective_names"] == ["val_accuracy"]
    assert page["has_intermediate_values"]
    assert attributes_of(page)["trials"] == "30 of 20,000 used: 26 complete, 3 pruned, 1 failed"
    best = page["best_trials"][0]
    assert {param["name"]: param["param_external_value"] for param in best["params"]} == {
        name: str(value) for name, value in record.best.params.items()
    }
    assert attributes_of(best).items() >= {"parameters": "120000", "best_epoch": "12", "epochs": "12"}.items()
    assert not [name for trial in page["trials"] for name in attributes_of(trial) if "hpo:" in name]
    assert attributes_of(page["trials"][7])["cause"].startswith("nan_loss")


def test_the_note_of_a_trial_tells_what_became_of_it_and_its_config(shown, open_app, ask):
    page = detail(open_app(shown), ask)
    note = page["best_trials"][0]["note"]
    assert note["version"] == 0
    assert note["body"].startswith(f"{_LINE}\n\n**")
    assert "```yaml\ndata:\n  dataset: digits" in note["body"]
    assert "not a number" not in page["trials"][7]["note"]["body"]
    assert r"nan\_loss: the loss is no finite number in epoch 12" in page["trials"][7]["note"]["body"]
    assert "trials used" in page["note"]["body"]


def test_what_others_have_named_means_nothing_to_markdown(shown):
    record = StudyRecord(shown).snapshot()
    cause = "error: <b>`x`</b> ![](http://example.org/a.png)\n# heading"
    trial = replace(record.frozen_trials()[7], user_attrs={"cause": cause})
    text = describe_trial_note(record, read_setting(record), trial, replace(record.trials()[7], cause=cause))
    assert r"\<b\>\`x\`\</b\> \!\[\]\(http" in text
    assert "\n#" not in text


def test_a_note_goes_to_the_study_and_what_hpo_says_of_the_trial_does_not(address, open_app, ask):
    application = open_app(address)
    body = detail(application, ask)["trials"][3]["note"]["body"]
    path = "/api/studies/1/10000003/note"
    written = ask(application, "PUT", path, {"version": 1, "body": f"Look *here*.\r\n\n{body}"})
    assert (written.status, written.json) == (200, {})
    assert StudyRecord(address).notes() == {3: StudyNote(1, "Look *here*.")}
    assert ask(application, "PUT", "/api/studies/1/note", {"version": 1, "body": "of the study"}).status == 200
    assert detail(open_app(address), ask)["trials"][3]["note"] == {"version": 1, "body": f"Look *here*.\n\n{body}"}
    assert StudyRecord(address).notes()[None] == StudyNote(1, "of the study")
    assert not list(address.database.parent.glob("*-wal"))


def test_a_note_that_cannot_be_kept_is_given_back_with_the_reason(address, open_app, ask):
    application = open_app(address)
    body = detail(application, ask)["trials"][3]["note"]["body"]
    path = "/api/studies/1/10000003/note"
    for version, text, reason in (
        (1, f"{body}\n\nbelow", "Received a change below it"),
        (1, "x" * 100_001, "Received 100,001"),
        ("1", "text", "a number"),
    ):
        answer = ask(application, "PUT", path, {"version": version, "body": text})
        assert (answer.status, reason in answer.json["reason"]) == (400, True)
    assert ask(application, "PUT", "/api/studies/1/20000003/note", {"version": 1, "body": "text"}).status == 404
    assert ask(application, "PUT", "/api/studies/2/note", {"version": 1, "body": "text"}).status == 404
    assert ask(application, "PUT", "/api/studies/1/10000999/note", {"version": 1, "body": "text"}).status == 409
    assert ask(application, "PUT", path, b"no JSON").status == 400
    assert StudyRecord(address).notes() == {}
    with ActiveStudy(address) as study:
        study.write_note(3, StudyNote(1, "somebody else's"))
    answer = ask(application, "PUT", path, {"version": 1, "body": "mine"})
    assert answer.status == 409
    assert "written meanwhile" in answer.json["reason"]
    assert answer.json["note"]["version"] in (0, 1)
    assert StudyRecord(address).notes() == {3: StudyNote(1, "somebody else's")}


def test_several_studies_are_shown_beside_each_other_by_names_of_their_own(tmp_path, shown, open_app, ask):
    other = make_large_study(tmp_path, 5)
    application = open_app(shown, other)
    names = [study["study_name"] for study in ask(application, "GET", "/api/studies").json["study_summaries"]]
    assert names == [f"large ({shown.database.parents[1]})", f"large ({tmp_path / 'studies'})"]
    assert detail(application, ask, 2)["trials"][4]["trial_id"] == 20000004


def test_a_study_that_is_removed_while_it_is_shown_is_not_there_any_more(tmp_path, shown, open_app, ask):
    other = make_large_study(tmp_path, 5)
    application = open_app(shown, other)
    shutil.rmtree(other.database.parent)
    assert ask(application, "GET", "/api/studies/2").status == 404
    assert [study["study_id"] for study in ask(application, "GET", "/api/studies").json["study_summaries"]] == [1]


def test_studies_that_are_made_while_it_runs_appear_with_their_trials(tmp_path, shown, ask, monkeypatch):
    monkeypatch.setattr(collection, "_LOOK_EVERY", 0.0)
    addresses = [shown]
    application = make_application(optuna_dashboard, lambda: addresses)
    assert len(ask(application, "GET", "/api/studies").json["study_summaries"]) == 1
    addresses.append(make_large_study(tmp_path, 5))
    assert [len(detail(application, ask, study)["trials"]) for study in (1, 2)] == [30, 5]
    shutil.rmtree(addresses[1].database.parent)
    make_large_study(tmp_path, 3)
    assert ask(application, "GET", "/api/studies/2").status == 404, "another study is another page"
    assert len(detail(application, ask, 3)["trials"]) == 3
    del addresses[1]
    assert len(ask(application, "GET", "/api/studies").json["study_summaries"]) == 1


def test_the_note_of_a_study_says_what_to_try_next_once_that_is_computed(shown):
    served = ServedStudy(1, "large", shown, None)
    assert "What to try next" not in served.view().study.system_attrs["dashboard:note_str:0"]
    served.consider_advice().join()
    (first, *_) = advise(StudyRecord(shown))
    note = served.view().study.system_attrs["dashboard:note_str:0"]
    assert "**What to try next**\n\n- " in note
    assert first.words[:12] in note
    commands = re.findall(r"`[^`]+`", first.remedy)
    assert commands
    assert all(command in note for command in commands), "they are code, to be copied"


def test_a_space_that_is_changed_while_it_is_shown_is_followed(address):
    served = ServedStudy(1, "large", address, None)
    served.view()
    with ActiveStudy(address) as study:
        wide = spec_of(study.spec.document, "file", ["model.depth={int: [1, 9]}"])
        adopt_spec(study, wide)
    served._expire()
    assert served.view().record.spec.space.parameters()[0].high == 9


def test_learning_curves_and_a_confusion_matrix_are_drawn_on_demand(address, open_app, ask):
    number = StudyRecord(address).best.number

    def write(model):
        model.write_bytes(b"model")
        model.with_suffix(".json").write_text(json.dumps({"classes": ["<cat>", "dog"]}))
        probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], np.float32)
        np.savez_compressed(
            model.with_suffix(".validation.npz"), labels=np.array([0, 1, 1], np.int32), probabilities=probabilities
        )

    StudyRecord(address).files.models.put(number, write)
    application = open_app(address)
    (trial,) = detail(application, ask)["best_trials"]
    assert [artifact["filename"] for artifact in trial["artifacts"]] == ["learning curves.png", "confusion matrix.png"]
    for artifact in trial["artifacts"]:
        answer = ask(application, "GET", f"/artifacts/1/{trial['trial_id']}/{artifact['artifact_id']}")
        assert answer.headers["content-type"] == "image/png"
        assert answer.body.startswith(b"\x89PNG")
    assert ask(application, "GET", f"/artifacts/1/{trial['trial_id']}/10000001-1").status == 404
    (address.database.parent / "artifacts" / f"trial-{number}.validation.npz").write_bytes(b"damaged")
    answer = ask(application, "GET", f"/artifacts/1/{trial['trial_id']}/{trial['trial_id']}-1")
    assert (answer.status, "cannot be read" in answer.json["reason"]) == (404, True)
