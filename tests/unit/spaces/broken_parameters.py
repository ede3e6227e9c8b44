"""Broken files about parameters: ranges, choices, and where none can be."""

from __future__ import annotations

HEAD = "data: digits\nmodel: simple_cnn\n"

Expected = list[tuple[int, int, str]]


def training(text: str) -> str:
    return f"{HEAD}training: {text}\n"


def model(text: str) -> str:
    return f"data: digits\nmodel: {text}\n"


PARAMETERS: dict[str, tuple[str, Expected]] = {
    "log from zero": (
        training("{learning_rate: {float: [0, 1], log: true}}"),
        [(3, 27, "learning_rate: a log scale needs low > 0. Received low=0.0. Raise low or drop log.")],
    ),
    "log with a step": (
        training("{learning_rate: {float: [1, 2], log: true, step: 0.5}}"),
        [(3, 27, "a log scale has no step. Received step=0.5. Drop step or log.")],
    ),
    "log that is no truth value": (
        training("{epochs: {int: [1, 4], log: yes}}"),
        [(3, 20, "log is true or false. Received 'yes'")],
    ),
    "bounds exchanged": (training("{epochs: {int: [4, 1]}}"), [(3, 20, "low < high. Received low=4, high=1. Swap")]),
    "bounds equal": (training("{epochs: {int: [4, 4]}}"), [(3, 20, "Write the constant itself.")]),
    "one bound": (training("{learning_rate: {float: [0.1]}}"), [(3, 27, "float takes [low, high], two numbers")]),
    "no list": (training("{epochs: {int: 3}}"), [(3, 20, "int takes [low, high], two numbers. Received 3.")]),
    "no numbers": (training("{epochs: {int: [a, b]}}"), [(3, 20, "two numbers. Received a list of 2.")]),
    "a bound without end": (training("{learning_rate: {float: [1, .inf]}}"), [(3, 27, "a range has finite bounds")]),
    "a range without end": (training("{learning_rate: {float: [-1e308, 1e308]}}"), [(3, 27, "finite bounds")]),
    "an int of fractions": (
        training("{epochs: {int: [1, 2.5]}}"),
        [(3, 20, "whole numbers. Received 2.5. Use float.")],
    ),
    "a step of zero": (training("{epochs: {int: [1, 4], step: 0}}"), [(3, 20, "a step is above 0")]),
    "a step of a fraction": (training("{epochs: {int: [1, 4], step: 0.5}}"), [(3, 20, "whole numbers. Received 0.5")]),
    "a step too large": (
        training("{epochs: {int: [1, 4], step: 9}}"),
        [(3, 20, "fits between low and high. Received step=9 in [1, 4].")],
    ),
    "a step too small": (
        training("{learning_rate: {float: [1, 1e300], step: 1e-300}}"),
        [(3, 27, "its multiples to be different numbers. Received step=1e-300 in [1.0, 1e+300]. Drop step.")],
    ),
    "a prior beyond the range": (
        training("{learning_rate: {float: [0.001, 0.1], prior: 1}}"),
        [(3, 27, "prior is a value in [0.001, 0.1], a guess of a good one. Received 1. Change prior, or the range.")],
    ),
    "a prior between steps": (
        training("{epochs: {int: [2, 8], step: 2, prior: 5}}"),
        [(3, 20, "prior is a value in [2, 8] in steps of 2, a guess of a good one. Received 5.")],
    ),
    "a prior that is a scale": (
        training("{learning_rate: {float: [0.001, 0.1], prior: log-uniform}}"),
        [(3, 27, "Received 'log-uniform'. Write log: true for a logarithmic scale.")],
    ),
    "a prior in quotes": (
        training("{learning_rate: {float: [0.001, 0.1], log: true, prior: '1e-2'}}"),
        [(3, 27, "Received '1e-2'. Write 1e-2 without quotes.")],
    ),
    "a scale as the prior of one that has it": (
        training("{learning_rate: {float: [0.001, 0.1], log: true, prior: log}}"),
        [(3, 27, "Received 'log'. Change prior, or the range.")],
    ),
    "an alternative in quotes as prior": (
        training("{batch_size: {choice: [16, 32], prior: '16'}}"),
        [(3, 24, "Received '16'. Write 16 without quotes.")],
    ),
    "a prior that is no alternative": (
        training("{optimizer: {choice: [adam, sgd], prior: sdg}}"),
        [(3, 23, "prior is an alternative of the choice, a guess of a good one. Received 'sdg'. Did you mean 'sgd'?")],
    ),
    "misspelled options": (
        training("{learning_rate: {float: [0.1, 1], stp: 0.1, lag: 2}}"),
        [(3, 45, "Received 'stp'. Did you mean 'step'?"), (3, 55, "Received 'lag'. Did you mean 'log'?")],
    ),
    "a misspelled kind": (
        training("{learning_rate: {flaot: [0.1, 1]}}"),
        [(3, 27, "it is a number. Received a mapping with flaot. Did you mean 'float'?")],
    ),
    "a misspelled choice of names": (
        training("{optimizer: {choise: [adam, sgd]}, schedule: {chioce: {constant: , reduce_on_plateau: }}}"),
        [(3, 23, "Did you mean 'choice'?"), (3, 56, "Received 'chioce'. Did you mean 'choice'?")],
    ),
    "a misspelled choice of families": (
        model("{choise: {simple_cnn: {}, vgg16: {}}}"),
        [(2, 8, "vgg16_small. Received 'choise'. Did you mean 'choice'?")],
    ),
    "two kinds": (training("{epochs: {float: [1, 2], int: [1, 2]}}"), [(3, 20, "of one kind. Received float and int")]),
    "a choice of none": (training("{epochs: {choice: []}}"), [(3, 20, "two alternatives or more. Received none.")]),
    "a choice of one": (training("{epochs: {choice: [1]}}"), [(3, 20, "Received one. Write the constant itself.")]),
    "a choice that is none": (training("{epochs: {choice: 5}}"), [(3, 20, "a list, or a mapping of alternatives")]),
    "a choice of a thousand and one": (
        training(f"{{batch_size: {{choice: [{', '.join(str(n) for n in range(1, 1002))}]}}}}"),
        [(3, 24, "a space has at most 1,000 alternatives, all its choices taken together. Received more.")],
    ),
    "the same twice": (training("{epochs: {choice: [1, 1.0]}}"), [(3, 20, "Received 1 and 1.0. Remove one.")]),
    "the same list twice": (
        model("{family: simple_cnn, filters: {choice: [[8], [8]]}}"),
        [(2, 38, "Received '[8]' and '[8]'. Remove one.")],
    ),
    "no number": (training("{epochs: {choice: [.nan, 1]}}"), [(3, 20, "equals itself. Received nan.")]),
    "a parameter in a list of alternatives": (
        training("{epochs: {choice: [{int: [1, 2]}, 4]}}"),
        [(3, 20, "an alternative in a list is a constant. Received a parameter. Write the alternatives as a mapping")],
    ),
    "an alternative that opens a constant": (
        training("{batch_size: {choice: {small: 8, large: 64}}}"),
        [(3, 24, "the alternative 'small' is followed by nothing, or by a mapping of what it opens. Received 8.")],
    ),
    "an alternative that is a parameter": (
        training("{optimizer: {choice: {adam: , sgd: {int: [1, 2]}}}}"),
        [
            (
                3,
                23,
                "the alternative 'sgd' is followed by nothing, or by a mapping of what it opens. Received a parameter",
            )
        ],
    ),
    "two broken parameters in a broken place": (
        training("{optimizer: {choice: {adam: {beta_1: {float: [1, 0]}}, sgd: {momentum: {float: [0, 0]}}}}}"),
        [(3, 48, "optimizer.adam.beta_1: a range needs"), (3, 82, "optimizer.sgd.momentum: a range needs")],
    ),
    "a grid of numbers without end": (
        f"{HEAD}training: {{learning_rate: {{float: [0.1, 1]}}}}\nsearch: {{sampler: grid}}\n",
        [(3, 27, "learning_rate: a grid needs finitely many values. Received a float without a step. Add a step")],
    ),
    "what is the same for all trials": (
        "data: {dataset: {choice: [digits, cifar10]}, validation: {float: [0.1, 0.2]}}\nmodel: simple_cnn\n"
        "engine: {choice: [jax, torch]}\nseed: {int: [1, 2]}\nobjective: {metric: {choice: [val_loss, x]}}\n"
        "search: {trials: {int: [1, 5]}}\nstudy: {choice: [a, b]}\n",
        [
            (
                1,
                17,
                "dataset: it is the same for all trials of a study, so that they can be compared. Received a param",
            ),
            (1, 58, "validation: it is the same for all trials of a study, so that they can be compared"),
            (3, 9, "engine: it is the same for all trials of a study. Received a parameter. Write a constant."),
            (4, 7, "seed: it is the same for all trials"),
            (5, 21, "metric: it is the same for all trials"),
            (6, 18, "trials: it is the same for all trials"),
            (7, 8, "study: it is the same for all trials"),
        ],
    ),
    "whole sections that are the same for all trials": (
        "data: {choice: [digits, cifar10]}\nmodel: simple_cnn\nsearch: {choice: [{trials: 3}, {trials: 4}]}\n",
        [(1, 7, "data: it is the same for all trials"), (3, 9, "search: it is the same for all trials")],
    ),
}
