"""Splits are scikit-learn's, drawn once a machine and kept."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from hpo.data.parts.splitting import split
from hpo.data.pixels.images import make_blank_part

LABELS = np.random.default_rng(0).integers(0, 7, 501).astype(np.int32)


def rows(share: float, seed: int, labels: np.ndarray = LABELS) -> list[list[int]]:
    part = make_blank_part(labels)
    return [found.rows.tolist() for found in split(part, share, seed, "test")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HPO_CACHE", str(tmp_path))
    return tmp_path


def test_a_split_is_that_of_scikit_learn_and_the_same_when_it_was_kept(folder, monkeypatch):
    cases = [(0.1, 0), (0.2, 0), (0.2, 1), (0.5, 3)]
    drawn = [
        train_test_split(np.arange(len(LABELS)), test_size=share, random_state=seed, stratify=LABELS)
        for share, seed in cases
    ]
    expected = [[sorted(rest.tolist()), sorted(shared.tolist())] for rest, shared in drawn]
    assert [rows(*case) for case in cases] == expected
    monkeypatch.setitem(sys.modules, "sklearn.model_selection", None)
    assert [rows(*case) for case in cases] == expected
    with pytest.raises(ModuleNotFoundError):  # other labels have a split of their own
        rows(*cases[0], LABELS[::-1].copy())


def test_a_split_whose_file_is_damaged_or_cannot_be_written_is_drawn_again(folder):
    expected = rows(0.2, 0)
    (kept,) = (folder / "splits").iterdir()
    text = kept.read_text()
    for damaged in (text[:-2], text.replace("0", "1", 1), "", "é", text.partition(" ")[0]):
        kept.write_text(damaged)
        assert rows(0.2, 0) == expected
        assert kept.read_text() == text
    kept.unlink()
    (folder / "splits").rmdir()
    (folder / "splits").write_text("no folder")
    assert rows(0.2, 0) == expected
