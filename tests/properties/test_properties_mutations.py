"""Thousands of damaged copies of real files: each is read, or refused on purpose, in under a second."""

from __future__ import annotations

import random
import re
import time

import pytest
from read_or_refused import assert_read_or_refused

from hpo.spaces import bundled_spaces, load

EVERYTHING = """\
study: everything
engine: tensorflow
seed: 7
data: {dataset: digits, image_size: {choice: [8, 16]}, validation: 0.2, augmentation: {shift: {float: [0, 0.2]}}}
model:
  choice:
    even: &even {family: simple_cnn, depth: {int: [1, 3]}, filters: {choice: [8, 16, [8, 16, 32]]}}
    by_block:
      family: simple_cnn
      blocks:
        repeat: {int: [1, 4]}
        of: {filters: {int: [8, 64], log: true}, kernel_size: {choice: [3, 5]}, dropout: {float: [0, 0.5], step: 0.1}}
    fixed: {family: simple_cnn, blocks: {repeat: 2, of: {filters: 8}}}
    other: {<<: *even, dense_units: 0}
training:
  epochs: 3
  batch_size: {choice: [32, 64]}
  learning_rate: {float: [1e-4, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.95]}, nesterov: {choice: [true, false]}}}}
  schedule: {reduce_on_plateau: {factor: 0.5}}
objective: [val_accuracy, {metric: parameters, direction: minimize}, latency_ms]
constraints:
  - parameters <= 20e6 and memory < 4e9
  - learning_rate < 0.5 or optimizer == 'adam'
  - "not (batch_size in [32] and optimizer.sgd.momentum > 0.94)"
search: {sampler: {tpe: {n_startup_trials: 5}}, pruner: hyperband, trials: 12, timeout: 1h30m}
start_from:
  - {model: even, even.depth: 2, learning_rate: 0.01, optimizer: {sgd: {momentum: 0.9}}}
  - {model: {by_block: {blocks: [{filters: 8}, {filters: 16, dropout: 0.1}]}}, batch_size: 64}
"""
BASED = "base: quickstart.yaml\ntraining: {epochs: 2, early_stopping: {patience: 2}}\nmodel:\n  dropout:\n"
SPACES = {
    **{name: path.read_text().replace("# path: ./photos", "path: .") for name, path in bundled_spaces().items()},
    "all": EVERYTHING,
    "based": BASED,
}
TOKENS = {name: re.findall(r"\w+|[^\w\s]|\s+", text) for name, text in SPACES.items()}
VOCABULARY = sorted({token for tokens in TOKENS.values() for token in tokens if not token.isspace()})
STRANGE = [
    *"[]{},#|>?'\"%~0",
    *("---", "...", "&a", "*even", "<<:", "!!int", "!x", "1e999", "-1", ".nan", ".inf", "null", "{}", "[]"),
    *("\t", "\n", "\n  ", "\x00", "\u00e9", "\U0001f642", "\ufeff", "\u2028", "- ", ": ", "9" * 30),
    *("'a' * 99999", "depth % 0", "{repeat: 64, of: {repeat: 64, of: 1}}", "'depth < 3 and '"),
    *("!!python/object:os.system", "\x07", "\ud83d", "{int:[1,2]}", "{float:[0,1]}", "{choice:[a,b]}", "--", "`"),
    *("{repeat:{int:[0,9]},of:{filters:{int:[1,9]}}}", "base: quickstart.yaml", "start_from: [{depth: 1}]"),
    *("constraints: [depth < 3]", "objective: [val_accuracy, flops]"),
]
MOST_SECONDS = 1.0


def damaged_bytes(text: str, generator: random.Random) -> bytes:
    """A few bytes flipped, removed, doubled, or put in."""
    content = bytearray(text.encode())
    for _ in range(generator.randint(1, 6)):
        start = generator.randrange(len(content) + 1)
        stop = start + generator.choice([0, 1, 1, 1, 8, 200])
        match generator.randrange(4):
            case 0:
                content[start:stop] = generator.randbytes(generator.randint(0, 3))
            case 1:
                del content[start:stop]
            case 2:
                content[start:start] = content[start:stop]
            case _:
                content[start:start] = generator.choice(b" \n\t:-,{}[]&*!#'\"|>%@`0").to_bytes()
    return bytes(content)


def damaged_tokens(name: str, generator: random.Random) -> bytes:
    """A few words removed, doubled, exchanged, or replaced by words of any file, and by what is no word at all."""
    tokens = list(TOKENS[name])
    for _ in range(generator.randint(1, 6)):
        start = generator.randrange(len(tokens) + 1)
        stop = start + generator.choice([1, 1, 1, 2, 5, 30])
        match generator.randrange(5):
            case 0:
                del tokens[start:stop]
            case 1:
                tokens[start:start] = tokens[start:stop]
            case 2:
                tokens[start : start + 1] = [generator.choice(VOCABULARY)]
            case 3:
                tokens[start : start + 1] = [generator.choice(STRANGE)]
            case _:
                other = generator.randrange(len(tokens) + 1)
                tokens[start:stop], tokens[other:other] = [], tokens[start:stop]
    return "".join(tokens).encode("utf-8", "surrogatepass")


def damaged_files(count: int, seed: int):
    generator = random.Random(seed)
    for index in range(count):
        name = generator.choice(sorted(SPACES))
        yield damaged_bytes(SPACES[name], generator) if index % 2 else damaged_tokens(name, generator)


def read_all(folder, count: int, seed: int) -> tuple[int, float]:
    """How many of so many damaged files can be read, and the processor's seconds that the slowest took."""
    file, read, slowest = folder / "r.yaml", 0, 0.0
    for content in damaged_files(count, seed):
        begun = time.process_time()
        try:
            read += assert_read_or_refused(file, content)
        except BaseException as error:
            raise AssertionError(f"{type(error).__name__} from {content!r}") from error
        took = time.process_time() - begun
        assert took < MOST_SECONDS, f"{took:.2f} s for {content!r}"
        slowest = max(slowest, took)
    return read, slowest


@pytest.mark.parametrize("name", sorted(SPACES))
def test_what_is_damaged_here_can_be_read_as_it_was(tmp_path, name):
    (tmp_path / "r.yaml").write_text(SPACES[name])
    assert load(tmp_path / "r.yaml")


def test_three_hundred_damaged_spaces_are_read_or_refused_each_within_a_second(tmp_path):
    read, _ = read_all(tmp_path, 300, seed=1)
    assert 0 < read < 300


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_twenty_thousand_damaged_spaces_are_read_or_refused_each_within_a_second(tmp_path, record_property):
    read, slowest = read_all(tmp_path, 20_000, seed=2)
    assert 0 < read < 20_000
    record_property("read", read)
    record_property("slowest_s", slowest)
    print(f"{read} of 20,000 could be read; the slowest took {slowest:.2f} s")
