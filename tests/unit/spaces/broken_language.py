"""Broken files about lists that repeat, objectives, constraints, configs to start from, and bases."""

from __future__ import annotations

HEAD = "data: digits\nmodel: simple_cnn\n"

Expected = list[tuple[int, int, str]]


def model(text: str) -> str:
    return f"data: digits\nmodel: {text}\n"


PARTS = (
    "data: digits\nmodel: {family: simple_cnn, depth: {int: [1, 3]}}\ntraining:\n  batch_size: 32\n"
    "  learning_rate: {float: [1e-4, 1e-1], log: true}\n"
    "  optimizer: {choice: {adam: , sgd: {momentum: {float: [0, 0.9]}}}}\n"
)


def blocks(text: str) -> str:
    return model(f"{{family: simple_cnn, blocks: {text}}}")


LISTS: dict[str, tuple[str, Expected]] = {
    "a repeat of a word": (blocks("{repeat: many, of: {}}"), [(2, 37, "takes a whole number, {int: [low, high]}, or")]),
    "a repeat of nothing": (
        blocks("{repeat: 3}"),
        [(2, 37, "a repeat says what it repeats. Write {repeat: COUNT, of:")],
    ),
    "a repeat below none": (blocks("{repeat: -1, of: {}}"), [(2, 37, "repeated 0 to 64 times. Received -1")]),
    "a repeat too often": (blocks("{repeat: {int: [1, 65]}, of: {}}"), [(2, 37, "0 to 64 times. Received 65")]),
    "a repeat that often is half": (blocks("{repeat: {float: [1, 2]}, of: {}}"), [(2, 37, "with float")]),
    "a repeat of one of some words": (blocks("{repeat: {choice: [1, a]}, of: {}}"), [(2, 37, "Received 'a'")]),
    "a repeat with another key": (
        blocks("{repeat: {int: [1, 4], off: 3}, off: {}, of: {filters: {choice: [1]}}}"),
        [
            (2, 60, "blocks: a parameter of kind int has the keys int, step, log, prior. Received 'off'."),
            (2, 69, "blocks: a parameter of kind repeat has the keys repeat, of. Received 'off'. Did you mean 'of'?"),
            (2, 92, "blocks.0.filters: a choice needs two alternatives or more."),
        ],
    ),
    "mistakes in what is repeated are told once": (
        blocks("{repeat: 3, of: {filter: 8, dropout: 2.0}}"),
        [(2, 54, "blocks.0.filter: the keys here are dropout, filters"), (2, 74, "blocks.0.dropout: it is below 1.")],
    ),
    "a list that is too long at some lengths": (
        blocks("{repeat: {int: [15, 20]}, of: {filters: {int: [8, 9]}}}"),
        [(2, 37, "blocks: it has at most 16 items. Received a list of 20.")],
    ),
    "a list that is too short at some depths": (
        model("{family: simple_cnn, depth: 5, filters: {repeat: {int: [1, 3]}, of: {choice: [8, 16]}}}"),
        [(2, 8, "model: filters is one number, or a list with a number for each of the 5 blocks.")],
    ),
    "two mistakes of one value": (
        model("{family: simple_cnn, depth: 2, filters: {repeat: {int: [0, 2]}, of: {choice: [0, 16]}}}"),
        [
            (2, 8, "model: filters is one number, or a list with a number for each of the 2 blocks."),
            (2, 48, "filters: it has at least 1 item. Received []."),
            (2, 86, "filters.0: it is at least 1. Received 0."),
        ],
    ),
    "a list that may be too short": (
        blocks("{repeat: {int: [0, 3]}, of: {}}"),
        [(2, 37, "at least 1 item. Received [].")],
    ),
    "thousands of values": (
        blocks("{repeat: 64, of: {filters: {repeat: 64, of: {repeat: 64, of: 1}}}}"),
        [(2, 64, "at most 5,000 values, lists that repeat written out. Received 12,416.")],
    ),
    "hundreds of parameters": (
        blocks(f"{{repeat: 64, of: {{{', '.join(f'{key}: {{int: [1, 2]}}' for key in 'abcde')}}}}}"),
        [(2, 130, "model.blocks.59.e: a space has at most 300 parameters. Received more.")],
    ),
    "names that collide": (
        model(
            "{choice: {'a.b': {family: simple_cnn, depth: {int: [1, 2]}}, "
            "a: {family: simple_cnn, 'b.depth': {int: [1, 2]}}}}"
        ),
        [(2, 104, "model.a.b.depth: the names of parameters differ.")],
    ),
}

WHOLE: dict[str, tuple[str, Expected]] = {
    "objectives that repeat": (
        f"{HEAD}objective: [val_accuracy, {{metric: parameters}}, val_accuracy]\n",
        [(3, 49, "objective.2: the objectives differ. Received val_accuracy again.")],
    ),
    "nothing learned": (
        f"{HEAD}objective: parameters\n",
        [(3, 12, "one objective is learned, val_accuracy or another val_")],
    ),
    "a loss that is to grow": (
        f"{HEAD}objective: {{metric: val_loss, direction: maximize}}\n",
        [(3, 42, "direction: val_loss is better the smaller it is, so its direction is minimize. Received maximize.")],
    ),
    "directions that contradict their metrics": (
        f"{HEAD}objective: [{{direction: minimize}}, {{metric: flops, direction: maximize}}]\n",
        [(3, 25, "objective.0.direction: val_accuracy is better the larger"), (3, 63, "flops is better the smaller")],
    ),
    "no objective": (f"{HEAD}objective: []\n", [(3, 12, "one objective is learned")]),
    "objectives of another kind": (
        f"{HEAD}objective: [3, val_acc]\n",
        [(3, 13, "objective.0: an objective is a metric, or a mapping"), (3, 16, "Did you mean 'val_accuracy'?")],
    ),
    "two objectives for CMA-ES": (
        f"{HEAD}objective: [val_loss, latency_ms]\nsearch: {{sampler: cmaes}}\n",
        [(4, 19, "sampler: CMA-ES searches for one objective. Received 2 objectives. Use tpe")],
    ),
    "constraints that are none": (
        f"{PARTS}constraints: [3, depht < 3, depth, optimizer < 3, {{a: b}}, depth == sgd, depth <, depth ** 2 < 3]\n",
        [
            (7, 15, "constraints: a constraint is a text. Received 3. Write"),
            (7, 18, "Received 'depht'. Did you mean 'depth'?"),
            (7, 29, "a constraint is true or false. Received 'depth'. Write a comparison"),
            (
                7,
                36,
                "compares numbers with numbers and texts with texts. Received 'optimizer < 3' where optimizer = 'adam'",
            ),
            (7, 51, "a constraint is a text. Received a mapping with a."),
            (7, 59, "a constraint is about the file's own names, and parameters, flops, memory. Received 'sgd'."),
            (7, 73, "a constraint is an expression. Received 'depth <'."),
            (7, 82, "a constraint has comparisons, and, or, not, in, + - * / // %, numbers, quoted texts and names."),
        ],
    ),
    "more constraints than anybody has": (
        f"{PARTS}constraints: [{', '.join('depth < 4' for _ in range(51))}]\n",
        [(7, 14, "constraints: a space has at most 50 constraints. Received 51. Join some by `and`.")],
    ),
    "more to start from than anybody has": (
        f"{PARTS}start_from: [{', '.join('{}' for _ in range(201))}]\n",
        [(7, 13, "start_from: start_from has at most 200 configs. Received 201.")],
    ),
    "a start where nothing varies": (
        f"{HEAD}start_from: [{{depth: 2}}]\n",
        [(3, 15, "start_from names parameters of the file. Received 'depth'. It has none.")],
    ),
    "constraints that cannot be computed": (
        f"{PARTS}constraints: [\"optimizer + 'x' == 'adamx'\", depth / (depth - 3) > 0, \"'a' * 99 == 'b'\"]\n",
        [
            (7, 15, "'x' == 'adamx'\" where optimizer = 'adam'. It says: arithmetic is for numbers"),
            (7, 45, "'depth / (depth - 3) > 0' where depth = 3. It says: division by zero."),
            (7, 70, "It says: arithmetic is for numbers, and this is 'a' and 99."),
        ],
    ),
    "constraints in another alphabet": (
        f"{PARTS}constraints: [\u00e9 < 3, depth < \u00b5, depth < 2j, depth < 1e999, depth < 3or depth > 4]\n",
        [
            (7, 15, "a constraint has comparisons"),
            (7, 22, "a constraint has comparisons"),
            (7, 33, "a constraint has comparisons"),
            (7, 45, "a constraint has comparisons"),
            (7, 60, "a constraint is an expression. Received 'depth < 3or depth > 4'."),
        ],
    ),
    "constraints that are code": (
        f"{PARTS}constraints: ['().__class__ == 3', '[depth for _ in [1]] == 1', \"__import__('os').getpid() > 0\"]\n",
        [(7, 15, "a constraint"), (7, 36, "a constraint"), (7, 65, "; no functions. Received '__import__'.")],
    ),
    "constraints in Python's own words": (
        f"{PARTS}constraints: [depth < 3 if 1 else 2, depth is 3, abs(depth) < 3, 'lambda: depth < 3']\n",
        [
            (
                7,
                15,
                "a constraint has comparisons, and, or, not, in, + - * / // %, numbers, quoted texts and names. "
                "Received 'if'.",
            ),
            (7, 38, "numbers, quoted texts and names. Received 'is'."),
            (7, 50, "quoted texts and names; no functions. Received 'abs'."),
            (7, 66, "quoted texts and names. Received 'lambda'."),
        ],
    ),
    "constraints that could never bite": (
        f"{PARTS}constraints: [optimizer != 'sgdd', depth == '2', \"optimizer == ['sgd']\"]\n",
        [
            (7, 15, "constraints: optimizer is one of 'adam', 'sgd'. Received 'sgdd'. Write 'sgd'."),
            (7, 36, "constraints: depth is a number. Received '2'. Write it without quotes."),
            (7, 50, "constraints: optimizer is one of 'adam', 'sgd'. Received ['sgd']."),
        ],
    ),
    "configs to start from that cannot be": (
        f"{PARTS}start_from:\n- {{depth: 4, optimizer: sgdd, learning_rate: 1}}\n"
        "- {optimizer: adam, optimizer.sgd.momentum: 0.1}\n- {depht: 3}\n- {batch_size: 64}\n- 3\n- {depth: true}\n"
        "- {optimizer: {adam: , sgd: }}\n- {learning_rate: {float: [0, 1]}}\n",
        [
            (8, 11, "start_from depth: depth is a whole number in [1, 3]. Received 4."),
            (8, 25, "optimizer is one of 'adam', 'sgd'. Received 'sgdd'."),
            (8, 46, "learning_rate is a number in [0.0001, 0.1]. Received 1."),
            (9, 45, "exists only where optimizer is 'sgd'. Received optimizer = 'adam'."),
            (10, 4, "start_from names parameters of the file. Received 'depht'. Did you mean 'depth'?"),
            (11, 16, "what is none stays as the file has it. Received 64, where the file has 32."),
            (12, 3, "a config to start from is a mapping of parameters. Received 3."),
            (13, 11, "depth is a whole number in [1, 3]. Received true."),
            (14, 15, "Received a mapping with adam, sgd."),
            (15, 19, "it is the same for all trials of a study. Received a parameter."),
            (15, 19, "learning_rate is a number in [0.0001, 0.1]. Received a mapping with float."),
        ],
    ),
    "configs to start from that say two things": (
        f"{PARTS}start_from:\n- {{depth: 1, model: {{depth: 2}}}}\n"
        "- optimizer: sgd\n  training: {optimizer: adam}\n"
        "- {data: {dataset: cifar10}, model: {vgg16: {depth: 2}}}\n- {epochs: {}, batch_size: {}}\n",
        [
            (
                8,
                29,
                "start_from depth: depth has one value in a config. Received 2, and 1 on line 8. Remove one of the",
            ),
            (
                10,
                25,
                "start_from optimizer: optimizer has one value in a config. Received 'adam', and 'sgd' on line 9.",
            ),
            (11, 20, "start_from dataset: start_from fills parameters in; what is none stays as the file has it."),
            (11, 38, "start_from family: start_from fills parameters in; what is none stays as the file has it."),
            (12, 4, "start_from names parameters of the file. Received 'epochs'."),
            (12, 28, "stays as the file has it. Received an empty mapping, where the file has 32."),
        ],
    ),
    "a start of which a part is ruled out": (
        f"{PARTS}constraints: [learning_rate <= 1e-3, learning_rate < 0.01 and parameters < 1]\n"
        "start_from: [{learning_rate: 0.1}, {depth: 3}]\n",
        [
            (8, 14, "Received learning_rate <= 1e-3; learning_rate < 0.01 and parameters < 1. Change one of the two."),
        ],
    ),
    "a start that is no list": (
        f"{PARTS}start_from: {{depth: 2}}\n",
        [(7, 13, "start_from is a list of configs, or study:NAME.")],
    ),
    "a start that a constraint rules out": (
        f"{PARTS}constraints: [depth < 3]\nstart_from: [{{depth: 3, learning_rate: 0.01, optimizer: adam}}]\n",
        [(8, 14, "start_from: a config to start from meets the constraints. Received depth < 3.")],
    ),
    "a base that is missing": (
        f"base: nothing.yaml\n{HEAD}",
        [(1, 7, "Received nothing.yaml: a space is a file that exists.")],
    ),
    "a base that is the file": (
        f"base: r.yaml\n{HEAD}",
        [(1, 7, "does not start from itself. Received r.yaml -> r.yaml")],
    ),
    "a base that is a parameter": (
        f"base: {{choice: [a, b]}}\n{HEAD}",
        [(1, 7, "base: base is a file to start from. Received a mapping with choice.")],
    ),
    "how it is written, and what it says": (
        f"{HEAD}seed: 1\nseed: 2\ntraining: {{epochs: !foo 3, batch_size: a, batch_size: 3}}\n",
        [
            (4, 1, "seed: a key stands once in a mapping."),
            (5, 20, "tags are not part of the language."),
            (5, 40, "batch_size: it is a whole number. Received 'a'."),
            (5, 43, "batch_size: a key stands once in a mapping."),
        ],
    ),
    "epochs beside phases": (
        f"{HEAD}training: {{epochs: 9, phases: [{{epochs: 3}}]}}\n",
        [(3, 11, "training: each of the phases says how many epochs it has: remove epochs, or phases.")],
    ),
}
