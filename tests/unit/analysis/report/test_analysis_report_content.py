"""A report says what is so of a study, whatever the study is like."""

from __future__ import annotations

import pytest
from large_study import make_large_study

from hpo.analysis import compute_importances, render
from hpo.analysis.report.content import build_document, describe_study
from hpo.analysis.report.document import Chart, CodeText, DataTable, Facts, Paragraph, Statements
from hpo.analysis.report.source import ReportSource
from hpo.analysis.report.writing import draft_report
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import to_yaml
from hpo.studies import StudyRecord
from hpo.training import Cause, Completed, EpochReport, Failed, Learned


def list_blocks(document, chapter=None):
    """The blocks of the answer and of all chapters, or of one."""
    chapters = [(None, document.answer), *((each.title, each.blocks) for each in document.chapters)]
    return [block for title, blocks in chapters if chapter in (None, title) for block in blocks]


def read(document, chapter=None):
    """All texts of a document, or of a chapter, but for the data of charts."""
    texts = [document.title, document.subtitle, document.made] if chapter is None else []
    for block in list_blocks(document, chapter):
        match block:
            case Paragraph(text):
                texts.append(text)
            case Facts(facts):
                texts += [f"{fact.title}: {fact.value} ({fact.detail})" for fact in facts]
            case Statements(statements):
                texts += [f"{each.title}: {each.words} {each.evidence} {each.remedy}" for each in statements]
            case DataTable():
                texts += [block.title, block.note, *(" | ".join(row) for row in block.rows)]
            case CodeText(title, text, note):
                texts += [title, text, note]
            case Chart():
                texts += [block.title, block.caption]
    return "\n".join(texts)


def find_table(document, title):
    (table,) = [block for block in list_blocks(document) if isinstance(block, DataTable) and title in block.title]
    return table


@pytest.fixture(scope="module")
def document(study):
    return build_document(study)


def test_chapters_answer_questions_in_the_order_in_which_a_person_asks(document):
    assert [chapter.title for chapter in document.chapters] == [
        "What was asked",
        "What was tried",
        "The best, and how sure it is",
        "What mattered",
        "What to try next",
        "How the top trials learned",
        "What failed",
        "What it cost",
        "Where it ran",
        "How to reproduce it",
    ]


def test_the_first_screen_has_the_answer(study, document):
    lead, facts = document.answer[:2]
    best = study.best
    assert lead.text.startswith(f"Trial {best.number} is the best of 30 complete trials: val_accuracy {best.value:.4f}")
    assert {fact.title: fact.value for fact in facts.facts} == {
        "best val_accuracy": f"{best.value:.4f}",
        "test accuracy": "0.8750",
        "trials": "32",
        "working time": "0:00",
    }
    assert "30 complete, 1 pruned, 1 failed" in read(document)


def test_nothing_in_a_report_is_empty(document):
    for chapter in document.chapters:
        assert chapter.blocks
    for block in list_blocks(document):
        assert not isinstance(block, DataTable) or block.rows
        assert not isinstance(block, Chart) or block.figure.data


def test_parameters_are_shown_with_their_ranges_and_what_the_best_has(study, document):
    rows = find_table(document, "What varies").rows
    best = study.best.params
    assert rows[0] == ("depth", "1 to 3", "", str(best["depth"]))
    assert rows[1][:3] == ("learning_rate", "0.0001 to 0.1, log scale", "")
    assert rows[3][:3] == ("optimizer.sgd.momentum", "0 to 0.9", "optimizer is sgd")


def test_the_table_has_the_best_trials_first_and_marks_the_best(study, document):
    table = find_table(document, "The best 20 of 32 trials")
    values = [float(row[2]) for row in table.rows]
    assert table.rows[0][0] == str(study.best.number)
    assert table.marked == {0}
    assert values == sorted(values, reverse=True)
    assert len(values) == 20


def test_classes_are_listed_the_worst_first_on_validation_and_test(document):
    table = find_table(document, "Classes of the best trial")
    assert [row[0] for row in table.rows] == ["<dog>", "cat"]
    assert table.rows[0] == ("<dog>", "10", "0.5000", "0.2500", "0.3333", "10", "0.5000", "0.2500", "0.1666")
    assert "macro F1 0.8642" in read(document)


def test_the_best_config_can_be_copied(study, document):
    code = [block.text for block in list_blocks(document) if isinstance(block, CodeText)]
    assert code[0] == to_yaml(study.best.config)


def test_failures_are_listed_by_cause(document):
    assert find_table(document, "Trials that failed").rows == (("1", "error: ValueError: <b>bold</b> & broken", "31"),)


def test_a_trial_that_ended_early_is_shown_with_its_remark(empty_study):
    trial = OptunaSearch(empty_study, "host:1").ask()
    learned = Learned(0.75, 1, 0.75, {}, 100.0, {"loss": [1.0]})
    trial.tell(Completed(learned, (0.75,), lambda path: None, remark=Cause("nan_loss", "in epoch 2")))
    assert "ended early, its best epoch counts: nan_loss: in epoch 2" in read(build_document(empty_study))


def test_a_study_without_a_trial_has_a_report_that_says_so(empty_study):
    document = build_document(empty_study)
    text = read(document)
    assert "No trial has begun yet, so there is nothing to conclude." in text
    assert "importances need 2 complete trials, and there are 0" in text
    assert not [block for block in list_blocks(document) if isinstance(block, Chart)]
    test_nothing_in_a_report_is_empty(document)


def test_a_study_of_failed_trials_alone_has_a_report_that_says_so(empty_study):
    search = OptunaSearch(empty_study, "host:1")
    for _ in range(10):
        trial = search.ask()
        trial.report(EpochReport(1, 3, 0.5, 100.0))
        trial.tell(Failed(Cause("nan_loss", "in epoch 2")))
    document = build_document(empty_study)
    assert document.answer[0].text == "No trial is complete yet (10 failed), so there is no best one."
    assert find_table(document, "Trials that failed").rows == (
        ("10", "nan_loss: in epoch 2", "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"),
    )
    test_nothing_in_a_report_is_empty(document)


def test_a_trial_that_runs_is_no_result(empty_study):
    OptunaSearch(empty_study, "host:1").ask()
    document = build_document(empty_study)
    assert document.answer[0].text == "No trial is complete yet (1 running), so there is no best one."
    test_nothing_in_a_report_is_empty(document)


def test_a_draft_gives_a_report_what_has_not_changed_since(empty_study):
    search = OptunaSearch(empty_study, "host:1")
    learned = Learned(0.5, 1, 0.5, {"parameters": 12}, 100.0, {"loss": [2.0]})
    search.ask().tell(Completed(learned, (0.5,), lambda path: None))
    draft = draft_report(empty_study)
    empty_study.record_test_score(0, 0.875, 0.5)
    scored = describe_study(ReportSource(empty_study, draft))
    assert "accuracy 0.8750" in read(scored)
    assert read(scored) == read(build_document(empty_study))
    drawn = scored.charts
    assert "history" in drawn
    assert all(drawn[name].figure is chart.figure for name, chart in describe_study(draft).charts.items())

    search.ask().tell(Completed(learned, (0.75,), lambda path: None))
    later = describe_study(ReportSource(empty_study, draft))
    assert read(later) == read(build_document(empty_study))
    assert not [name for name, chart in later.charts.items() if name in drawn and chart.figure is drawn[name].figure]


def test_one_trial_is_a_best_of_one(empty_study):
    trial = OptunaSearch(empty_study, "host:1").ask()
    trial.tell(Completed(Learned(0.75, 1, 0.75, {}, 100.0, {"loss": [1.0]}), (0.75,), lambda path: None))
    document = build_document(empty_study)
    assert "the best of 1 complete trial:" in document.answer[0].text
    test_nothing_in_a_report_is_empty(document)


def test_importances_are_listed_with_their_intervals(study, document):
    rows = find_table(document, "How sure that is").rows
    assert [row[0] for row in rows] == [one.name for one in compute_importances(study).parameters]
    assert rows[0][0] == "learning_rate"
    assert rows[0][2].count("%") == 2


def test_costs_are_told_by_what_became_of_the_trials(document):
    rows = find_table(document, "What the trials took").rows
    assert [(row[0], row[1]) for row in rows] == [("complete", "30"), ("pruned", "1"), ("failed", "1")]


def test_a_study_that_is_paused_says_how_to_go_on(document):
    assert "The study is paused before its budget is used up" in read(document)


def test_several_objectives_have_a_front(two_objectives):
    document = build_document(two_objectives)
    assert "maximize val_accuracy and minimize parameters" in document.subtitle
    assert document.answer[0].text.startswith("3 of 40 complete trials are on the Pareto front")
    table = find_table(document, "The Pareto front, the best val_accuracy first")
    assert [row[0] for row in table.rows] == [str(best.number) for best in two_objectives.front]
    assert find_table(document, "ruled out").rows == (("1", "infeasible: parameters <= 1000", "40"),)
    charts = [block.name for block in list_blocks(document) if isinstance(block, Chart)]
    assert "pareto_front" in charts
    assert "history" not in charts
    test_nothing_in_a_report_is_empty(document)


def test_every_trial_of_the_front_is_in_the_table_however_many_have_a_better_first_value(two_objectives):
    front = [best.number for best in two_objectives.front]
    assert [best.values[1] for best in two_objectives.front] == [300.0, 200.0, 100.0]
    better = [trial for trial in two_objectives.trials() if trial.values and trial.values[1] > 100.0]
    assert len(better) >= 20, "else the best twenty by the first value have all depths anyway"
    table = find_table(build_document(two_objectives), "The best 20 of 41 trials")
    assert [row[0] for row in table.rows[:3]] == [str(number) for number in front]
    assert table.marked == {0, 1, 2}


@pytest.mark.parametrize(
    ("trials", "most"), [(1000, 10e6), pytest.param(10_000, 25e6, marks=pytest.mark.long)], ids=["1000", "10000"]
)
def test_a_page_of_many_trials_stays_small(tmp_path, trials, most):
    page = render(StudyRecord(make_large_study(tmp_path, trials)))
    assert f"{trials:,}" in page
    assert len(page.encode()) < most
