"""What a report takes, done in threads while a study is worked on, so that little is left to do at its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from hpo.analysis.report.source import ReportSource
from hpo.analysis.report.writing import draft_report, prepare_report, write_report
from hpo.studies import StudyAddress, StudyRecord


class ReportPreparation:
    """Prepares the report of one run, in two steps, each of which is taken once: imports, and a draft."""

    def __init__(self) -> None:
        """Prepare nothing yet."""
        self._threads: dict[str, Thread] = {}
        self._draft: ReportSource | None = None

    def import_libraries(self) -> None:
        """Import what every report takes."""
        self._start("report", prepare_report)

    def draft(self, address: StudyAddress) -> None:
        """Make the report as far as it is known, when nothing but scores on the test part is to come."""
        imports = list(self._threads.values())

        def work() -> None:
            for thread in imports:
                thread.join()
            self._draft = draft_report(StudyRecord(address))

        self._start("report draft", work)

    def write(self, study: StudyRecord) -> Path:
        """Write the report with what is prepared; see `write_report`."""
        for thread in self._threads.values():
            thread.join()
        return write_report(study, draft=self._draft)

    def _start(self, name: str, work: Callable[[], object]) -> None:
        def run() -> None:
            with suppress(Exception):  # the report itself meets it again, and is told why
                work()

        if name not in self._threads:
            self._threads[name] = Thread(target=run, name=name)  # no daemon: an import does not end halfway
            self._threads[name].start()
