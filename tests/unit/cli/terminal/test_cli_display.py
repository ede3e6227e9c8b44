"""What a run shows, event by event, without running anything."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest
from rich.console import Console

from hpo.cli.terminal.display import Display
from hpo.cli.terminal.events import RunTable, describe_event, make_headline
from hpo.cli.terminal.output import guard_streams
from hpo.fleet import (
    EpochDone,
    Notice,
    Progress,
    ScoringStarted,
    Stopping,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerGrown,
    WorkerReady,
)
from hpo.spaces import Objective


def make_progress(*metrics):
    objectives = tuple(Objective(metric=metric) for metric in metrics)
    learned = next(objective for objective in objectives if objective.is_learned)
    return Progress("vgg16", objectives, learned, 10, {}, [])


@pytest.fixture
def progress():
    return make_progress("val_accuracy")


def play(progress):
    progress.take(WorkerReady(1, "host:1", "cpu"))
    progress.take(TrialStarted(1, 0, {"depth": 2}, 5))
    progress.take(EpochDone(1, 0, 1, 5, 0.5, 1000.0))
    progress.take(TrialEnded(1, 0, "complete", [0.75], None, 60.0))
    progress.take(TrialEnded(1, 1, "failed", None, "nan_loss: the loss was no finite number", 60.0))


def test_the_headline_counts_trials_and_names_the_best(progress):
    play(progress)
    line = make_headline(progress).plain
    assert line.startswith("vgg16: 2 of 10 trials, 1 failed, best 0.7500 (trial 0), ")
    assert line.endswith("3:28 to 18:28 left")


def test_an_ended_trial_leaves_a_line_with_value_and_time(progress):
    (line,) = describe_event(TrialEnded(1, 3, "complete", [0.75], None, 65.0), progress, is_best=True)
    assert line.plain == "trial    3  complete  val_accuracy 0.7500  1:05  best so far"


def test_a_failed_trial_leaves_its_cause(progress):
    lines = describe_event(
        TrialEnded(1, 3, "failed", None, "out_of_memory: too large\nmore", 1.0), progress, is_best=False
    )
    assert [line.plain.strip() for line in lines] == ["trial    3  failed     0:01", "out_of_memory: too large"]


def test_whatever_a_cause_holds_is_spelled_out_in_its_line(progress):
    failed = TrialEnded(1, 3, "failed", None, "error: a\x07b\x1b[2J\u202ec\rd", 1.0)
    told = [
        *describe_event(failed, progress, is_best=False)[1:],
        *describe_event(WorkerDied(1, "a\x07b\x1b[2J\u202ec"), progress, is_best=False),
        *describe_event(Notice(1, "a\x07b\x1b[2J\u202ec"), progress, is_best=False),
        *describe_event(TestScored(1, 3, None, None, "a\x07b\x1b[2J\u202ec"), progress, is_best=False),
    ]
    for line in told:
        assert "a\\x07b\\x1b[2J\\u202ec" in line.plain


def test_a_trial_that_ended_early_leaves_its_remark(progress):
    ended = TrialEnded(1, 3, "complete", [0.75], None, 65.0, "nan_loss: the loss was no finite number in epoch 4")
    lines = [line.plain.strip() for line in describe_event(ended, progress, is_best=False)]
    assert lines == [
        "trial    3  complete  val_accuracy 0.7500  1:05",
        "ended early, its best epoch counts: nan_loss: the loss was no finite number in epoch 4",
    ]


def test_a_dead_worker_leaves_a_line(progress):
    (line,) = describe_event(
        WorkerDied(2, "its process was ended by signal 9 (SIGKILL); more"), progress, is_best=False
    )
    assert line.plain.startswith("worker 2 ended: its process was ended by signal 9 (SIGKILL)")


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (None, "given back"),
        ("worker_died: why", "its worker died: it is tried again"),
        ("hang: why", "its worker hung: it is tried again"),
        ("timeout: why", "it did not end in time: it is tried again"),
        ("out_of_memory: why", "the memory did not suffice: it is tried again"),
    ],
)
def test_a_trial_that_waits_again_says_what_became_of_its_worker(progress, cause, text):
    (line,) = describe_event(TrialEnded(1, 3, "waiting", None, cause, 1.0), progress, is_best=False)
    assert line.plain == f"trial    3  waiting    0:01  {text}"


def test_a_worker_that_is_replaced_says_by_how_much_it_has_grown(progress):
    (line,) = describe_event(WorkerGrown(2, 1_234_000_000), progress, is_best=False)
    assert line.plain == "worker 2 is replaced: it takes 1.23 GB more than after its first trial"


def test_a_model_that_cannot_be_evaluated_leaves_a_line(progress):
    assert describe_event(TestScored(1, 3, 0.5, 0.7), progress, is_best=False) == []
    (line,) = describe_event(TestScored(1, 3, None, None, "it cannot be loaded: why"), progress, is_best=False)
    assert line.plain == "test part: the model of trial 3 was not evaluated: it cannot be loaded: why"


def test_stopping_says_what_is_waited_for_how_long_and_what_another_interrupt_does(progress):
    texts = {
        Stopping(1): [
            "pausing: 1 trial ends its step and is kept (60 s at most)",
            "Ctrl-C again ends them now: they go on from their last checkpoint",
        ],
        Stopping(0): ["pausing: the workers end (60 s at most)", "Ctrl-C again ends them now"],
        Stopping(2, 20, 60.0): [
            "still pausing: 2 trials end their step and are kept (20 of 60 s); Ctrl-C ends them now"
        ],
        Stopping(2, 20, 60.0, is_forced=True): ["ending the workers now: 2 trials go on from the last checkpoint"],
        Stopping(1, is_forced=True): ["ending the workers now: 1 trial goes on from the last checkpoint"],
        Stopping(0, is_forced=True): ["ending the workers now"],
    }
    for event, lines in texts.items():
        assert [line.plain for line in describe_event(event, progress, is_best=False)] == lines


def test_a_json_reader_that_goes_away_is_told_once_and_stops_nothing(study_like, monkeypatch, capsys):
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    with open(writing_end, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with guard_streams():
            display = Display(as_json=True, quiet=False)
            take = display.listen(study_like)
            for _ in range(3):
                take(Stopping(0))
    assert display.has_lost_output
    (line,) = capsys.readouterr().err.splitlines()
    show = f"hpo show {study_like.address.argument}"
    assert line == f"hpo: standard output: Broken pipe. The study goes on; `{show}` prints it."


def test_what_people_have_to_know_is_told_however_little_they_want_to_read():
    stream = io.StringIO()
    Display(as_json=False, quiet=True, stream=stream).warn("code runs")
    assert stream.getvalue() == "warning    code runs\n"


def test_what_is_found_in_the_data_leaves_a_line(progress):
    (line,) = describe_event(Notice(1, "images are there [more] than once"), progress, is_best=False)
    assert line.plain == "data: images are there [more] than once"
    (line,) = describe_event(Notice(1, "trial 3 resumes in epoch 7", ""), progress, is_best=False)
    assert line.plain == "trial 3 resumes in epoch 7"


def test_several_objectives_are_told_by_name_and_trials_of_the_front_are_counted():
    progress = make_progress("val_accuracy", "parameters", "latency_ms")
    ended = TrialEnded(1, 3, "complete", [0.75, 123456.0, 1.2345], None, 65.0)
    progress.take(ended)
    (line,) = describe_event(ended, progress, is_best=True)
    assert line.plain == (
        "trial    3  complete  val_accuracy 0.7500, parameters 123,456, latency_ms 1.23  1:05  on the front so far"
    )
    assert make_headline(progress).plain.startswith("vgg16: 1 of 10 trials, 1 on the front, ")


def test_a_pruned_trial_tells_the_learned_objective_alone():
    progress = make_progress("parameters", "val_loss")
    (line,) = describe_event(TrialEnded(1, 3, "pruned", [0.25], None, 5.0), progress, is_best=False)
    assert line.plain == "trial    3  pruned    val_loss 0.2500  0:05"


def test_an_infeasible_trial_leaves_one_line_with_what_it_breaks(progress):
    ended = TrialEnded(1, 3, "infeasible", None, "infeasible: parameters <= 1000", 0.01)
    progress.take(ended)
    (line,) = describe_event(ended, progress, is_best=False)
    assert line.plain == "trial    3  infeasible: parameters <= 1000"
    assert make_headline(progress).plain.startswith("vgg16: 0 of 10 trials, 1 infeasible, ")


def test_json_lines_hold_every_event(capsys, study_like):
    listener = Display(as_json=True, quiet=False).listen(study_like)
    listener(TrialEnded(1, 0, "complete", [0.75], None, 60.0))
    printed = json.loads(capsys.readouterr().out)
    assert printed["type"] == "TrialEnded"
    assert printed["values"] == [0.75]


def test_quiet_prints_nothing(capsys, study_like):
    listener = Display(as_json=False, quiet=True).listen(study_like)
    listener(TrialEnded(1, 0, "complete", [0.75], None, 60.0))
    assert capsys.readouterr() == ("", "")


def test_the_live_table_fits_80_columns_with_long_parameters(progress):
    progress.take(WorkerReady(1, "host:1", "cpu"))
    progress.take(TrialStarted(1, 123, {f"a_long_parameter_name_{index}": 0.123456 for index in range(9)}, 100))
    progress.take(EpochDone(1, 123, 99, 100, 0.5, 123456.0))
    stream = io.StringIO()
    Console(file=stream, width=80).print(RunTable(progress))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["trial", "epoch", "val_accuracy", "images/s", "parameters"]
    assert lines[2].split()[:4] == ["123", "99/100", "0.5000", "123,456"]


@pytest.fixture
def study_like(small_space, studies):
    from hpo.spaces import load
    from hpo.studies import create_study

    return create_study(load(small_space), studies)


def test_what_people_should_know_of_a_file_is_for_people_alone():
    for silent in ({"as_json": True, "quiet": False}, {"as_json": False, "quiet": True}, {}):
        stream = io.StringIO()
        Display(**{"as_json": False, "quiet": False, **silent}, stream=stream).note("a[1].py:build may have more")
        assert stream.getvalue() == ("" if silent else "note       a[1].py:build may have more\n")


def test_that_a_model_is_evaluated_is_shown_while_it_is_and_not_at_every_end_of_a_run(progress):
    def shown() -> str:
        stream = io.StringIO()
        Console(file=stream, width=80).print(RunTable(progress))
        return stream.getvalue().splitlines()[-1]

    assert shown() == "starting workers: loading the engine and the data"
    play(progress)
    progress.trials = 2  # all of them
    assert shown() == "between trials"
    progress.take(ScoringStarted(1, 0))
    assert shown() == "evaluating what is best on the test part"
    progress.take(TestScored(1, 0, 0.5, 0.7))
    assert shown() == "between trials"
    progress.take(ScoringStarted(1, 0))
    progress.take(WorkerDied(1, "its process died"))
    assert shown() == "between trials"
