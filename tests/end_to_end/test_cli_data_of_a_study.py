"""What was read of the data stays with the result, and every image's part can be listed."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

from e2e_command import FinishedStudy

FIGURES = {"train": 1149, "validation": 288, "test": 360}
TEXT = "digits: 1,797 images of 10 classes: 1,149 train, 288 validation, 360 test"


def test_a_run_tells_first_what_was_read_and_keeps_it_with_the_result(finished: FinishedStudy):
    assert finished.run.stderr.splitlines()[0] == f"data: {TEXT}"
    assert f"# data               {TEXT}" in finished.run.stdout
    assert f"data {TEXT}" in " ".join(finished.hpo("show", "e2e").stdout.split())
    data = json.loads(finished.hpo("show", "e2e", "--json").stdout)["data"]
    assert (data["images"], data["classes"], data["notes"]) == (FIGURES, 10, [])
    assert TEXT in (finished.folder / "studies/e2e/reports/report.html").read_text()


def test_every_image_is_listed_with_its_part_once(finished: FinishedStudy):
    rows = list(csv.DictReader(io.StringIO(finished.hpo("datasets", "split", "e2e", "--csv").stdout)))
    assert Counter(row["part"] for row in rows) == FIGURES
    assert len({row["image"] for row in rows}) == 1797
    assert json.loads(finished.hpo("datasets", "split", "e2e", "--json").stdout) == rows


def test_the_split_is_counted_by_class(finished: FinishedStudy):
    lines = finished.hpo("datasets", "split", "e2e").stdout.splitlines()
    assert lines[0].split() == ["class", "train", "validation", "test"]
    assert lines[-1].split() == ["all", "1,149", "288", "360"]
    assert len(lines) == 12
