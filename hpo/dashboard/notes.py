"""What hpo writes into the notes of studies and trials, below what people have written there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress

from hpo.analysis import format_counts, format_value
from hpo.analysis.confirmation.computation import summarize_confirmation
from hpo.analysis.diagnosis import Advice, Setting, conclude, diagnose_trial, measure_certainty
from hpo.errors import UserError
from hpo.shown import readable
from hpo.spaces import to_yaml
from hpo.studies import StudyRecord, TrialLedger, TrialRecord
from hpo.studies.store.ledger import is_candidate
from hpo.studies.store.stored import StoredTrial, StudyNote

_LINE = "###### Written by hpo. Your own text stands above this line."
"""What is below it is made anew each time."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&-])")
LONGEST = 100_000
"""Characters of what people write in one note."""


class NoteWriter:
    """Puts hpo's text below that of people, and takes it away again from what they give back."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def join(self, note: StudyNote, generated: str) -> StudyNote:
        """Give the note that is shown."""
        self._digests.add(_digest(generated))
        above = f"{note.text}\n\n" if note.text else ""
        return StudyNote(note.version, f"{above}{_LINE}\n\n{generated}")

    def extract(self, body: str) -> str:
        """Give what people have written of a note that they give back.

        Raises:
            UserError: they have changed what stands below the line, or it is too long.
        """
        text, _, below = body.replace("\r\n", "\n").partition(_LINE)
        if below.strip() and _digest(below) not in self._digests:
            raise UserError("note: your text stands above the line of hpo. Received a change below it. Move it up.")
        text = text.strip()
        if len(text) > LONGEST:
            raise UserError(f"note: it has at most {LONGEST:,} characters. Received {len(text):,}. Shorten it.")
        return text


def describe_trial_note(record: StudyRecord, setting: Setting, stored: StoredTrial, described: TrialRecord) -> str:
    """Write what became of a trial and why, and with what config, in Markdown."""
    diagnosis = diagnose_trial(stored, record.spec, setting)
    ledger = TrialLedger(stored.user_attrs)
    lines = [f"**{_escape(diagnosis.words)}**", ""]
    lines += [f"- {_escape(sentence)}" for sentence in diagnosis.evidence]
    if ledger.best_epoch and described.values:
        values = ", ".join(
            f"{objective.metric} {format_value(objective.metric, value)}"
            for objective, value in zip(record.spec.objectives, described.values, strict=False)
        )
        where = f"the values of its best epoch, {ledger.best_epoch} of {described.epochs}"
        if described.repeats is not None:
            where = f"the means of {described.repeats.count} repeats, each at its best epoch"
        lines.append(f"- {_escape(values)}: {where}.")
    lines += [f"- {_escape(text)}" for text in (described.cause, described.remark) if text]
    with suppress(KeyError):  # a trial that waits may lack parameters yet
        lines += ["", *_fence(to_yaml(record.spec.space.tree(described.params)), "yaml")]
    return "\n".join(lines)


def describe_study_note(record: StudyRecord, advice: Iterable[Advice] = ()) -> str:
    """Write what became of a study, how sure that is, what to try next, and what is not shown of it, in Markdown."""
    conclusion = conclude(record)
    lines = [f"**{_escape(conclusion.words)}**", "", *_list(conclusion.evidence)]
    certainty = measure_certainty(record)
    lines += _list(certainty.in_words() if certainty is not None else [])
    confirmation = summarize_confirmation(record)
    lines += _list(confirmation.in_words() if confirmation is not None else [])
    hidden = sum(not is_candidate(trial.user_attrs) for trial in record.frozen_trials())
    if hidden:
        lines.append(f"- Not shown here, since they are not compared: {hidden} trials. `hpo trials` lists all.")
    counts = format_counts(record.counts()) or "no trial yet"
    budget = record.budget
    lines.append(f"- {budget.used:,} of {budget.trials:,} trials used: {counts}.")
    for number, piece in enumerate(advice):
        lines += [*([] if number else ["", "**What to try next**", ""]), _format_advice(piece)]
    argument = record.address.argument
    lines += ["", f"{_code(f'hpo show {argument}')} has its best config, {_code(f'hpo report {argument}')} the rest."]
    return "\n".join(lines)


def _format_advice(advice: Advice) -> str:
    """Write a piece of advice; what its remedy has as code stays code."""
    parts = enumerate(re.split(r"(`[^`]+`)", readable(advice.remedy)))
    remedy = "".join(part if index % 2 else _SPECIAL.sub(r"\\\1", part) for index, part in parts)
    return f"- {_escape(' '.join([advice.words, *advice.evidence]))} {remedy}"


def _list(sentences: Iterable[str]) -> list[str]:
    return [f"- {_escape(sentence)}" for sentence in sentences]


def _code(text: str) -> str:
    mark = "`" * (1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{mark}{readable(text)}{mark}"


def _fence(text: str, language: str) -> Sequence[str]:
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}{language}", readable(text.rstrip(), lines=True), mark


def _escape(text: object) -> str:
    """Write text on one line, so that nothing in it means anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", readable(" ".join(str(text).split())))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.strip().encode()).digest()
