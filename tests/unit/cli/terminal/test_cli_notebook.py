"""What a run shows in a notebook."""

from __future__ import annotations

from hpo.cli.terminal.display import show_events
from hpo.cli.terminal.notebook import NotebookView
from hpo.fleet import EpochDone, Progress, TrialEnded, TrialStarted, WorkerReady
from hpo.spaces import Objective


def test_one_page_has_what_ended_and_what_runs_without_commands_of_a_terminal():
    objective = Objective(metric="val_accuracy", direction="maximize")
    pages = []

    def show(page):
        pages.append(page)
        return pages.append

    progress = Progress("<mri>", (objective,), objective, 4, {}, [])
    view = NotebookView(progress, show)
    take = show_events(progress, view)
    assert "&lt;mri&gt;: 0 of 4 trials" in pages[0]
    take(WorkerReady(1, "host:1", "cpu"))
    take(TrialStarted(1, 0, {"depth": 2}, 5))
    take(EpochDone(1, 0, 1, 5, 0.5, 1000.0))
    take(TrialEnded(1, 0, "complete", [0.75], None, 60.0))
    take(TrialStarted(1, 1, {"depth": 3}, 5))
    assert "trial    0  complete  val_accuracy 0.7500" in pages[-1]
    assert "depth=3" in pages[-1]
    view.end()
    assert "depth=3" not in pages[-1]
    assert "1 of 4 trials" in pages[-1]
    assert not any("\x1b" in page for page in pages)
