"""Broken files, each with the line, the column and a part of every message that it has to get."""

from __future__ import annotations

from broken_language import LISTS, WHOLE
from broken_parameters import PARAMETERS

HEAD = "data: digits\nmodel: simple_cnn\n"

Expected = list[tuple[int, int, str]]


def training(text: str) -> str:
    return f"{HEAD}training: {text}\n"


def model(text: str) -> str:
    return f"data: digits\nmodel: {text}\n"


FORM: dict[str, tuple[str, Expected]] = {
    "empty": ("", [(1, 1, "a space file is a mapping of sections. Received an empty file")]),
    "only a comment": ("# nothing\n", [(1, 1, "an empty file. Begin with `data:`")]),
    "only a marker": ("---\n", [(1, 1, "an empty file")]),
    "a list": ("- a\n- b\n", [(1, 1, "Received a list of 2")]),
    "a word": ("just words\n", [(1, 1, "Received 'just words'")]),
    "two documents": (f"{HEAD}---\na: 1\n", [(3, 1, "one document. Received a second one after `---`")]),
    "a tab": (f"{HEAD}training:\n\tepochs: 3\n", [(4, 1, "made of spaces. Received a tab. Replace it by spaces.")]),
    "an open brace": (training("{epochs: 3"), [(3, 11, "`{` is closed by `}`")]),
    "an open bracket": (model("{family: simple_cnn, filters: [8, 16}"), [(2, 44, "`[` is closed by `]`")]),
    "a brace that closes later": (f"{HEAD}training: {{epochs: 3\nseed: 4\n", [(3, 11, "`{` is closed by `}`")]),
    "an open quote": (f"{HEAD}study: 'a\nseed: 3\n", [(3, 8, "a quote is closed. Received the end of the file.")]),
    "uneven columns": (
        f"{HEAD}training:\n  epochs: 3\n batch_size: 4\n",
        [(5, 2, "begins in the same column")],
    ),
    "a list among keys": (f"{HEAD}- a\n", [(3, 1, "all keys or all list items")]),
    "a colon too many": (f"{HEAD}study: a: b\n", [(3, 9, "a key begins a line")]),
    "a colon too few": (f"{HEAD}study a\nseed: 3\n", [(3, 1, "a key is followed by `: `")]),
    "two commas": (training("{epochs: 3,, batch_size: 4}"), [(3, 22, "a value stands here. Received `,`.")]),
    "a stray bracket": (f"{HEAD}seed: ]\n", [(3, 7, "a value stands here. Received `]`.")]),
    "a reserved character": (f"{HEAD}study: @home\n", [(3, 8, "no value begins with `@`. Put the text in quotes.")]),
    "an unknown escape": (f'{HEAD}study: "\\q"\n', [(3, 10, "a space file is YAML (found unknown escape")]),
    "a control character": (f"{HEAD}study: a\x00b\n", [(3, 9, "no control characters. Received U+0000")]),
    "a key twice": (
        f"{HEAD}seed: 1\ntraining: {{epochs: 3, epochs: 4}}\nseed: 2\n",
        [
            (4, 23, "epochs: a key stands once in a mapping. Received it again; it is first on line 4"),
            (5, 1, "seed: a key stands once in a mapping. Received it again; it is first on line 3"),
        ],
    ),
    "a key that is a list": (f"{HEAD}? [a, b]\n: 3\n", [(3, 3, "a key is a word. Received a list or a mapping")]),
    "a merge of a number": (f"{HEAD}<<: 3\n", [(3, 1, "a merge takes a mapping. Received 3")]),
    "a tag on a text": (training("{epochs: !foo 3}"), [(3, 20, "tags are not part of the language. Received !foo")]),
    "a tag on a mapping": (training("!foo {epochs: 3}"), [(3, 11, "tags are not part")]),
    "python's tags": (
        training("{optimizer: !!python/object/apply:os.system [ls]}"),
        [(3, 23, "Received !!python/object/apply:os.system. Write the plain value.")],
    ),
    "a tag that lies": (training("{epochs: !!int ten}"), [(3, 20, "a number is written in digits")]),
    "digits that are none": (training("{epochs: +_}"), [(3, 20, "Received '+_'")]),
    "a number too large": (training("{epochs: 0x10000000000000000}"), [(3, 20, "fits in 64 bits")]),
    "another version of YAML": (f"%YAML 1.1\n---\n{HEAD}", [(3, 1, "YAML 1.2. Remove the line %YAML.")]),
    "an unknown alias": (training("{epochs: *n}"), [(3, 20, "an alias follows its anchor. Received `*n`")]),
    "a self reference": (training("&a {epochs: *a}"), [(3, 11, "an alias does not refer to what it is a part of")]),
    "a list that holds itself": (training("{epochs: &a [1, [*a]]}"), [(3, 20, "what it is a part of")]),
    "an alias bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
        [(1, 34, "at most 5,000 values, aliases written out")],
    ),
    "values without end": (
        training(f"{{epochs: [{', '.join('1' for _ in range(6_000))}]}}"),
        [(3, 15006, "at most 5,000 values, aliases written out")],
    ),
    "a deep list": (training(f"{{epochs: {'[' * 100}{']' * 100}}}"), [(3, 59, "at most 40 levels deep")]),
    "deep nesting without an end": ("[" * 20_000, [(1, 42, "at most 40 levels deep")]),
    "a chain of aliases": (
        "".join(f"a{n}: &a{n} {{b: {f'*a{n - 1}' if n else '1'}}}\n" for n in range(60)),
        [(1, 13, "at most 40 levels deep")],
    ),
    "over-large": (f"# {'x' * 1_000_000}\n", [(1, 1, "at most 200,000 bytes. Received 1,000,003")]),
}

VALUES: dict[str, tuple[str, Expected]] = {
    "nothing named": (
        "data: {}\nmodel:\n",
        [
            (1, 7, "data: a space file names its data set. Write `data: {dataset: cifar10}`."),
            (2, 1, "model: a space file names its model family. Write `model: {family: simple_cnn}`."),
        ],
    ),
    "sections missing": ("seed: 3\n", [(1, 1, "data: a space file names"), (1, 1, "model: a space file names")]),
    "sections of another kind": (
        "data: [digits]\nmodel: 3\ntraining: [1]\nobjective: 3\nsearch: tpe\n",
        [
            (1, 7, "names its data set. Received ['digits']. Write"),
            (2, 8, "names its model family. Received 3. Write"),
            (3, 11, "a section is a mapping. Received [1]."),
            (4, 12, "an objective is a metric, or a mapping with a metric. Received 3."),
            (5, 9, "a section is a mapping. Received 'tpe'."),
        ],
    ),
    "sections misspelled": (
        f"{HEAD}trainings: {{}}\nfoo: 3\n",
        [
            (3, 1, "trainings: a space file has the sections study,"),
            (4, 1, "start_from, base. Received 'foo'."),
        ],
    ),
    "a parameter for a file": (
        f"choice: {{a: {{}}, b: {{}}}}\n{HEAD}int: [1, 2]\n",
        [(1, 1, "choice: a space file has the sections"), (4, 1, "int: a space file has the sections")],
    ),
    "names misspelled": (
        "data: digit\nmodel: {family: vgg-16}\n",
        [(1, 7, "data: a data set is one of"), (2, 17, "family: a model family is one of application, deep_cnn, ")],
    ),
    "a name misspelled above what varies": (
        "data: {digit: {image_size: {choice: [8, 16]}}}\nmodel: simple_cnn\n",
        [
            (
                1,
                7,
                "Received 'digit'. Did you mean 'digits'?",
            )
        ],
    ),
    "names of another kind": (
        "data: {dataset: [digits]}\nmodel: {family: }\n",
        [(1, 17, "a data set is named by a word. Received ['digits']."), (2, 9, "Received nothing.")],
    ),
    "an option where a name is missing": (
        "data: {augmentation: {shift: 0.1}}\nmodel: simple_cnn\n",
        [(1, 7, "Received 'augmentation'. Write `data: {dataset: cifar10}`.")],
    ),
    "keys misspelled": (
        "data: {digits: {tset: 0.2}}\nmodel: {family: simple_cnn, dept: 3}\n"
        "training: {optimizer: {sgd: {momentun: 0.9}}, early_stopping: {patienc: 3}}\n",
        [
            (1, 17, "digits.tset: the keys of digits are "),
            (2, 29, "Received 'dept'. Did you mean 'depth'?"),
            (
                3,
                30,
                "optimizer.sgd.momentun: the keys of sgd are momentum, nesterov. Received 'momentun'. Did you mean",
            ),
            (3, 64, "early_stopping.patienc: the keys here are min_delta, patience. Received 'patienc'. Did you mean"),
        ],
    ),
    "keys of another family": (
        model("{family: {choice: [simple_cnn, vgg16]}, depth: 3}"),
        [(2, 48, "depth: the keys of vgg16 are batch_normalization, ")],
    ),
    "a family's options in an alternative": (
        model("{choice: {simple_cnn: {depth: 0, dpth: 3}, vgg17: {}, vgg16: {dropout: {float: [0, 1]}}}}"),
        [
            (2, 38, "simple_cnn.depth: it is at least 1. Received 0."),
            (2, 41, "simple_cnn.dpth: the keys of simple_cnn are"),
            (2, 51, "model: a model family is one of application, deep_cnn, "),
            (2, 79, "vgg16.dropout: it is below 1. Received 1.0."),
        ],
    ),
    "values of another kind": (
        training("{epochs: ten, batch_size: 1.5, learning_rate: fast, early_stopping: 5, optimizer: [adam]}"),
        [
            (3, 20, "epochs: it is a whole number. Received 'ten'."),
            (3, 37, "batch_size: it is a whole number. Received 1.5."),
            (3, 57, "learning_rate: it is a number. Received 'fast'."),
            (3, 79, "early_stopping: it is a mapping. Received 5."),
            (
                3,
                93,
                "optimizer: it is a name, or one name with its options (`NAME: {OPTION: ...}`). Received ['adam'].",
            ),
        ],
    ),
    "nothing where a value should be": (
        f"{HEAD}study:\nseed:\ntraining:\n  epochs:\n  optimizer:\n",
        [
            (3, 1, "study: it is a text. Received nothing."),
            (4, 1, "seed: it is a whole number. Received nothing."),
            (6, 3, "epochs: it is a whole number. Received nothing."),
            (7, 3, "optimizer: it is a name"),
        ],
    ),
    "truth values as YAML 1.1 had them": (
        model("{family: simple_cnn, max_pooling: no}"),
        [(2, 42, "max_pooling: it is true or false. Received 'no'.")],
    ),
    "values out of range": (
        "data: {dataset: digits, image_size: 2, augmentation: {shift: 3, flip: sideways}}\n"
        "model: {family: simple_cnn, dropout: 1}\ntraining: {epochs: 0, learning_rate: 0}\nseed: 4294967296\n",
        [
            (1, 37, "image_size: it is at least 4. Received 2."),
            (1, 62, "augmentation.shift: it is at most 1. Received 3."),
            (1, 71, "augmentation.flip: it is one of horizontal, vertical, both. Received 'sideways'."),
            (2, 38, "dropout: it is below 1. Received 1."),
            (3, 20, "epochs: it is at least 1. Received 0."),
            (3, 38, "learning_rate: it is above 0. Received 0."),
            (4, 7, "seed: it is below 4294967296. Received 4294967296."),
        ],
    ),
    "a value that is not finite": (training("{learning_rate: .inf}"), [(3, 27, "a finite number. Received inf.")]),
    "the items of a list": (
        model("{family: simple_cnn, depth: 3, filters: [8, 0, x]}"),
        [
            (2, 52, "filters.1: it is at least 1. Received 0."),
            (2, 55, "filters.2: it is a whole number. Received 'x'."),
        ],
    ),
    "an empty list": (model("{family: simple_cnn, filters: []}"), [(2, 38, "filters: it has at least 1 item.")]),
    "neither number nor list": (
        model("{family: simple_cnn, filters: many}"),
        [(2, 38, "filters: it is a whole number, or a list. Received 'many'.")],
    ),
    "neither word nor path": (
        model("{family: vgg16, weights: 3}"),
        [(2, 33, "weights: it is one of imagenet, none, or a path, or a text. Received 3.")],
    ),
    "a share or a word": (
        "data: {dataset: digits, validation: 2}\nmodel: simple_cnn\n",
        [(1, 37, "validation: it is below 1. Received 2.")],
    ),
    "another word": (
        "data: {dataset: digits, validation: test}\nmodel: simple_cnn\n",
        [
            (
                1,
                37,
                "it is a share between 0 and 1, or `validation` for the data set's own validation part. Received",
            )
        ],
    ),
    "an option that is required": ("data: folder\nmodel: simple_cnn\n", [(1, 7, "path: it is required.")]),
    "a folder that is not there": (
        "data: {dataset: folder, path: nowhere}\nmodel: simple_cnn\n",
        [(1, 31, "path: it is a path that exists. Received 'nowhere'.")],
    ),
    "the folder of nobody": (
        "data: {dataset: folder, path: ~nobody-has-this-name/x}\nmodel: simple_cnn\n",
        [(1, 31, "path: it is a path that exists. Received '~nobody-has-this-name/x'.")],
    ),
    "no path at all": (
        'data: {dataset: folder, path: "a\\0b"}\nmodel: simple_cnn\n',
        [(1, 31, "path: it is a path that exists.")],
    ),
    "a path that is too long": (
        f"data: {{dataset: folder, path: {'x' * 5000}}}\nmodel: simple_cnn\n",
        [(1, 31, "path: it is a path that exists. Received 'xxxx")],
    ),
    "a word that is nearly one": (
        model("{family: vgg16, weights: imagenett}"),
        [
            (
                2,
                33,
                "weights: it is imagenet, none, study:NAME, or a path that exists. Received 'imagenett'.",
            )
        ],
    ),
    "a rule about two options": (
        model("{family: simple_cnn, filters: [8], depth: 2}"),
        [(2, 8, "model: filters is one number, or a list with a number for each of the 2 blocks.")],
    ),
    "the bounds of a parameter": (
        training("{epochs: {int: [0, 5]}, optimizer: {choice: {adam: , sgd: {momentum: {float: [0, 1.5]}}}}}"),
        [
            (3, 20, "epochs: it is at least 1. Received 0."),
            (3, 80, "optimizer.sgd.momentum: it is below 1. Received 1.5"),
        ],
    ),
    "some alternatives of a list": (
        training("{epochs: {choice: [true, 5, x, null, 0]}}"),
        [
            (3, 30, "epochs: it is a whole number. Received true."),
            (3, 39, "epochs: it is a whole number. Received 'x'."),
            (3, 42, "epochs: it is a whole number. Received nothing."),
            (3, 48, "epochs: it is at least 1. Received 0."),
        ],
    ),
    "some alternatives of a mapping": (
        training("{optimizer: {choice: {adam: , sdg: {momentum: 0.9}, rmsprop: {rho: 2}}}}"),
        [
            (3, 41, "muon, schedule_free_adamw. Received 'sdg'. Did you mean 'sgd'?"),
            (3, 78, "rho: it is"),
        ],
    ),
    "inside a listed alternative": (
        training("{schedule: {choice: [constant, {reduce_on_plateau: {factor: 3}}]}}"),
        [(3, 71, "schedule.reduce_on_plateau.factor: it is below 1. Received 3.")],
    ),
    "inside a listed list": (
        model("{family: simple_cnn, filters: {choice: [[8, 8, 8], [8, 0, 8]]}}"),
        [(2, 63, "filters.1: it is at least 1. Received 0.")],
    ),
    "how it is searched": (
        f"{HEAD}objective: {{metric: val_acc}}\nengine: pytorch\nstudy: a b\n"
        "search: {sampler: tpee, pruner: {median: {n_startup_trials: -1}}, timeout: 8 hours, backend: ray, "
        "trials: 0}\n",
        [
            (3, 21, "latency_ms, duration_s. Received 'val_acc'. Did you mean 'val_accuracy'?"),
            (4, 9, "engine: it is one of tensorflow, jax, torch. Received 'pytorch'. Did you mean 'torch'?"),
            (5, 8, "study: a study's name has letters, digits, '.', '_' and '-'"),
            (
                6,
                19,
                "it is one of auto, tpe, random, grid, cmaes, gp, nsga2, qmc. Received 'tpee'. Did you mean 'tpe'",
            ),
            (6, 61, "pruner.median.n_startup_trials: it is at least 0. Received -1."),
            (
                6,
                76,
                "timeout: a duration is a number of seconds, or a text such as 90s, 30m, 8h, 2d or 1h30m. Received",
            ),
            (6, 94, "backend: a search backend is one of keras_tuner, optuna, wandb. Received 'ray'."),
            (6, 107, "trials: it is at least 1. Received 0."),
        ],
    ),
    "a name among the options": (
        training("{optimizer: {sgd: {name: adam}}}"),
        [(3, 23, "it is a name, or one name with its options")],
    ),
}

CORPUS = {**FORM, **PARAMETERS, **VALUES, **LISTS, **WHOLE}
