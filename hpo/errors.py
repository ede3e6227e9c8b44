"""Every error that hpo raises on purpose, in one tree.

    HpoError
    ├── UserError                what was asked cannot be done as asked; exit status 2
    │   ├── SpaceError           a space file, with every problem found in it
    │   ├── StudyNotFoundError   no study has that name here
    │   ├── StudyConflictError   the study exists, and holds something else
    │   ├── StudyBusyError       another process is working on the study
    │   ├── MissingExtraError    an optional package is needed and not installed
    │   └── UnusableEntryError   what another package registered cannot be imported (in `hpo.catalog`)
    └── WorkError                the work itself failed; exit status 1
        ├── StorageError         a study's database could not be read or written to; its trials are given back
        │   └── UnreachableStorageError   it does not answer for the moment: it is waited for
        ├── LeaseLostError       another worker has taken over the trial, so nothing more of it is written
        ├── DataError            a data set could not be read, or is not what it was
        ├── WeightsError         pre-trained weights could not be had
        ├── OwnCodeError         code of the user's own, named `module:function`, could not be imported
        ├── WorkerError          workers cannot start, or fail on every trial
        └── OutputLost           the standard output cannot be written to (in `hpo.cli.terminal.output`)

Messages follow one form, a `Fault`: *place, rule, received, remedy*. Errors of other libraries are translated where
they are called, once. A trial that fails is no error: it is an outcome, recorded with its cause
(`hpo.training.Failed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpo.shown import readable


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a file (or what plays its part), a line and a column, both counted from 1.

    What was given as values, from Python, has no place to show: its file is called "".
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return self.file if self.is_option else f"{self.file}:{self.line}:{self.column}"

    @property
    def is_option(self) -> bool:
        """Whether it is a change on the command line, `--set PATH`, which names its subject itself."""
        return self.file.startswith("--set ")


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake.

    Attributes:
        rule: what is broken.
        received: what there is instead; None where the rule says enough.
        remedy: what to do.
        place: where it stands in a file.
        subject: the option, key or study that it concerns.
        path: of a value of a config: the keys that lead to it from the section down.
        about_key: whether it is the key at the end of `path` that should not be there, whatever its value.
        writes_value: whether the remedy writes out what should stand there, which is of one config where parameters
            vary.
    """

    rule: str
    received: str | None = None
    remedy: str | None = None
    place: Place | None = None
    subject: str = ""
    path: tuple[str, ...] = ()
    about_key: bool = False
    writes_value: bool = False

    def __str__(self) -> str:
        if self.place is not None and self.place.is_option:
            where = f"{self.place}: "
        else:
            where = f"{self.place} " if self.place and self.place.file else ""
            where += f"{self.subject}: " if self.subject else ""
        received = f" Received {self.received}." if self.received is not None else ""
        remedy = f" {_sentence(self.remedy)}" if self.remedy else ""
        return f"{where}{self.rule}.{received}{remedy}"


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


class RuleError(ValueError):
    """A value breaks a rule; whoever knows where it stands makes a `SpaceError` of it."""

    def __init__(self, rule: str, received: str | None = None, remedy: str | None = None) -> None:
        self.fault = Fault(rule, received, remedy)
        super().__init__(str(self.fault))


class HpoError(Exception):
    """Base of all errors that hpo raises on purpose: faults, or what they would say."""

    exit_status = 1

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = tuple(fault for fault in faults if isinstance(fault, Fault))
        super().__init__("\n".join(map(str, faults)))

    def __str__(self) -> str:
        """The message in readable lines, whatever it names: files, keys, and what others say."""
        return readable(super().__str__(), lines=True)


class UserError(HpoError):
    """What was asked cannot be done as asked: the file, the command line or the call has to change."""

    exit_status = 2


class WorkError(HpoError):
    """The request was right, and the work failed."""


class SpaceError(UserError):
    """A space file that cannot be used; `faults` lists every mistake found, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__(*sorted(faults, key=lambda fault: (fault.place is None, fault.place or Place("", 0, 0))))


class StudyNotFoundError(UserError):
    """No study has that name here."""


class StudyConflictError(UserError):
    """The study exists, and holds something else than what it should continue."""


class StudyBusyError(UserError):
    """Another process is working on the study."""


class MissingExtraError(UserError):
    """An optional package is needed for what was asked, and is not installed."""


class StorageError(WorkError):
    """A study's database could not be read or written to; the trials that this interrupts are given back."""


class LeaseLostError(WorkError):
    """Another worker has taken over the trial, so nothing was written; whoever had it drops it without a word."""


class UnreachableStorageError(StorageError):
    """The database does not answer for the moment: another process has locked it, it starts, or the line is cut.

    The same call may succeed later.

    Attributes:
        event: what happened, in a few words.
    """

    def __init__(self, *faults: Fault | str, event: str = "") -> None:
        self.event = event
        super().__init__(*faults)


class DataError(WorkError):
    """A data set could not be read, or is not the data that the study began with."""


class WeightsError(WorkError):
    """Pre-trained weights could not be had, so no trial of the study can run."""


class OwnCodeError(WorkError):
    """Code of the user's own could not be imported, so nothing that calls it can run."""


class WorkerError(WorkError):
    """Workers cannot start, or fail on every trial."""
