"""A small space with constraints, and how far its configs are off."""

from __future__ import annotations

SPACE = """\
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 3]}, filters: {choice: [8, [8, 16, 32]]}}
training:
  epochs: 3
  learning_rate: {float: [1e-4, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0, 0.9]}, nesterov: true}}}
"""
PARAMS = {"depth": 2, "filters": 8, "learning_rate": 0.01, "optimizer": "adam"}
SGD = {**PARAMS, "optimizer": "sgd", "optimizer.sgd.momentum": 0.5}


def excess_in(read, constraint: str, params, measures=None) -> float:
    spec = read(f"{SPACE}constraints: ['{constraint.replace(chr(39), chr(39) * 2)}']\n")
    (found,) = spec.excesses(params, measures).values()
    return found
