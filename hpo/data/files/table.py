"""The files that a CSV table of files and labels lists; nothing is decoded."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hpo.data.files.listing import SPELLINGS, ListedPart, Listing, is_image
from hpo.data.parts.class_counts import check_trained
from hpo.data.pixels.findings import Finding
from hpo.data.pixels.images import PARTS
from hpo.errors import DataError

_FILE, _LABEL, _PART = (
    frozenset({"file", "filename", "file_name", "filepath", "image", "image_path", "path"}),
    frozenset({"category", "class", "class_name", "label", "target"}),
    frozenset({"part", "set", "split", "subset"}),
)
"""What columns may be called, in any case; a table without a header has them in this order."""
_DELIMITERS = ",;\t"
_SHOWN, _VALUES = 10, 4


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    name: str
    label: str
    part: str | None


def list_table(path: Path) -> Listing:
    """List the files that a table lists: a line `FILE,LABEL` or `FILE,LABEL,PART` for each, with or without a header.

    Files are relative to the table. Fields are separated by commas, semicolons or tabs; parts are train, validation and
    test (or val). The text is UTF-8, with or without a byte-order mark. Columns of other names are passed over.

    Returns:
        Files in the order of the table. Classes in that of their names, or of their values where all are whole numbers.

    Raises:
        DataError: the table cannot be read, or says what cannot be; every such line is named.
    """
    problems: list[str] = []
    rows = list(_read_rows(path, problems))
    if all(_is_whole_number(row.label) for row in rows):
        rows = [replace(row, label=_to_whole_number(row.label)) for row in rows]
    is_divided = any(row.part is not None for row in rows)
    first_rows: dict[str, _Row] = {}
    for row in rows:
        first = first_rows.setdefault(os.path.normpath(row.name), row)
        if first is not row:
            also = f"which is in line {first.line} too"
            problems.append(f"{path}:{row.line}: a file stands in one line. Received {row.name}, {also}")
    labels = {row.label for row in rows}
    trained = {row.label for row in rows if row.part in (None, "train")}
    if not problems and rows and labels != trained:
        check_trained(
            {part: Counter(row.label for row in rows if (row.part or "train") == part) for part in PARTS}, path
        )
    if not problems and len(labels) < 2:  # noqa: PLR2004 - nothing to tell apart
        problems.append(f"{path}: a table lists images of two classes or more. Received {len(labels)}")
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise DataError("\n".join([*problems[:_SHOWN], *more]))
    classes = tuple(sorted(labels, key=int if all(map(_is_whole_number, labels)) else None))
    indices = {name: index for index, name in enumerate(classes)}
    parts, findings = {}, []
    for part in PARTS if is_divided else (None,):
        files = {row: _locate(path.parent, row.name) for row in rows if row.part == part}
        present = {row: file for row, file in files.items() if file.is_file()}
        findings += [
            Finding("missing", file, f"line {row.line} of {path.name}: there is no such file")
            for row, file in files.items()
            if row not in present
        ]
        if present:
            below = "" if part is None else f"{part}/"
            parts[part or "train"] = ListedPart(
                tuple(present.values()),
                np.asarray([indices[row.label] for row in present], np.int32),
                tuple(f"{below}{row.label}/{row.name}" for row in present),
            )
    if "train" not in parts:
        raise DataError(f"{path}: a table lists files that are there. Received none of them:\n{findings[0]}")
    return Listing(path, classes, parts, is_divided, tuple(findings))


def read_column(path: Path) -> list[tuple[Path, str | None]]:
    """Read the files that a table names, and their labels where it has a column of them, whether they are there or not.

    Files stand in the column that is called so, or in the first; labels in a column that is called so, or in the second
    of a table without a header.

    Raises:
        DataError: the table cannot be read, or names no file.
    """
    lines = _read_lines(path)
    if not lines:
        raise DataError(f"{path}: a table lists files. Received an empty one.")
    names = [field.lower() for field in lines[0][1]]
    file, label = (
        next((index for index, name in enumerate(names) if name in words), None) for words in (_FILE, _LABEL)
    )
    if file is not None or label is not None or not any(map(is_image, map(Path, names))):  # a header
        lines, file = lines[1:], file or 0
    else:
        file, label = 0, 1
    rows = [
        (_locate(path.parent, fields[file]), fields[label] if label is not None and len(fields) > label else None)
        for _, fields in lines
        if len(fields) > file and fields[file]
    ]
    if not rows:
        raise DataError(f"{path}: a table lists files. Received none below its header {','.join(names)}.")
    return [(file, label or None) for file, label in rows]


def _read_rows(path: Path, problems: list[str]) -> Iterator[_Row]:
    """Read what the lines say; what they say wrongly goes into `problems`."""
    lines = _read_lines(path)
    if not lines:
        raise DataError(f"{path}: a table lists files and their labels. Received an empty one.")
    columns = _find_columns(lines[0][1])
    header = None if columns is None else lines[0][1]
    lines = lines if columns is None else lines[1:]
    file, label, part = columns or (0, 1, 2 if len(lines[0][1]) > 2 else None)  # noqa: PLR2004 - file, label, part
    if part is not None:
        problem = _explain_no_part(header, part, [fields[part] for _, fields in lines if len(fields) > part])
        if problem is not None:
            problems.append(f"{path}:1: {problem}")
            return
    unknown: dict[str, int] = Counter()
    for line, fields in lines:
        if len(fields) <= max(file, label, part or 0):
            problems.append(f"{path}:{line}: a line has a file, a label{', a part' if part else ''}. Received {fields}")
            continue
        name, its_label = fields[file], fields[label]
        its_part = None if part is None else SPELLINGS.get(fields[part].lower())
        if not name or not its_label:
            problems.append(f"{path}:{line}: a line has a file and a label. Received {fields}")
        elif part is not None and its_part is None:
            unknown[fields[part]] += 1
            if unknown[fields[part]] == 1:
                problems.append(f"{path}:{line}: a part is train, validation or test. Received {fields[part]!r}")
        else:
            yield _Row(line, name, its_label, its_part)


def _explain_no_part(header: Sequence[str] | None, column: int, values: Sequence[str]) -> str | None:
    """Explain what is wrong with a column of parts in which not one part stands; None where one does."""
    if not values or any(value.lower() in SPELLINGS for value in values):
        return None
    distinct = list(dict.fromkeys(values))
    received = ", ".join(distinct[:_VALUES]) + (", ..." if len(distinct) > _VALUES else "")
    if header is None:
        remedy = "Begin with a header, file,label, in which it has another name: it is passed over then"
        return f"the third column says the part: train, validation or test. Received {received}. {remedy}"
    if header[column].lower() in _PART:
        return f"the column {header[column]} says the part: train, validation or test. Received {received}"
    return (
        f"a third column of no known name says the part: train, validation or test. Received the header "
        f"{','.join(header)}, and {received} below {header[column]}. Call the first two file and label: the third is "
        "passed over then"
    )


def _read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Read the fields of each line that has any, with its number."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next((line for line in file if line.strip()), "")
            file.seek(0)
            reader = csv.reader(file, delimiter=max(_DELIMITERS, key=first.count), skipinitialspace=True)
            lines = [(reader.line_num, [field.strip() for field in fields]) for fields in reader]
    except (OSError, UnicodeError, csv.Error) as error:
        raise DataError(
            f"{path}: a table of files and labels is CSV text in UTF-8. Received: {error}. Save it as that."
        ) from error
    return [(line, fields) for line, fields in lines if any(fields)]


def _find_columns(fields: Sequence[str]) -> tuple[int, int, int | None] | None:
    """Find where file, label and part stand, by a header; None where the first line is none."""
    if not fields or is_image(Path(fields[0])):
        return None
    names = [field.lower() for field in fields]
    file, label, part = (
        next((index for index, name in enumerate(names) if name in words), None) for words in (_FILE, _LABEL, _PART)
    )
    if file is None or label is None:  # columns of other names, in the usual order
        return (0, 1, 2 if len(names) > 2 else None) if not any(map(is_image, map(Path, names))) else None  # noqa: PLR2004
    return file, label, part


def _locate(folder: Path, name: str) -> Path:
    file = folder / name
    if "\\" in name and not file.exists():  # written on Windows
        return folder / name.replace("\\", "/")
    return file


def _is_whole_number(label: str) -> bool:
    try:
        return label.isascii() and "_" not in label and float(label).is_integer()
    except ValueError:
        return False


def _to_whole_number(label: str) -> str:
    """`1.0`, as pandas writes a column of whole numbers in which one was missing, as `1`; digits alone stay."""
    return label if label.removeprefix("-").isdecimal() else str(int(float(label)))
