"""A Weights & Biases sweep as a space file."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{min: 0.001, max: 0.1}", {"float": [0.001, 0.1]}),
        ("{min: 1, max: 3}", {"int": [1, 3]}),
        ("{distribution: int_uniform, min: 1, max: 3}", {"int": [1, 3]}),
        ("{distribution: uniform, min: 1, max: 3}", {"float": [1.0, 3.0]}),
        ("{distribution: q_uniform, min: 0.1, max: 0.93, q: 0.1}", {"float": [0.1, 0.9], "step": 0.1}),
        ("{distribution: q_uniform, min: 9, max: 66, q: 16}", {"int": [16, 64], "step": 16}),
        ("{distribution: q_uniform, min: 2, max: 9}", {"int": [2, 9]}),
        ("{distribution: log_uniform, min: -9.2103, max: -2.302585}", {"float": [0.0001, 0.1], "log": True}),
        ("{distribution: log_uniform_values, min: 1e-4, max: 0.1}", {"float": [0.0001, 0.1], "log": True}),
        ("{distribution: inv_log_uniform, min: 2.302585, max: 9.2103}", {"float": [0.0001, 0.1], "log": True}),
        ("{distribution: inv_log_uniform_values, min: 1e-4, max: 0.1}", {"float": [0.0001, 0.1], "log": True}),
        ("{distribution: q_log_uniform, min: 0, max: 4.8520303, q: 1}", {"int": [1, 128], "log": True}),
        ("{distribution: q_log_uniform_values, min: 2, max: 99, q: 8}", {"int": [8, 96], "log": True}),
        ("{distribution: q_log_uniform_values, min: 0.1, max: 0.35, q: 0.1}", {"float": [0.1, 0.3], "log": True}),
        ("{distribution: q_uniform, min: 8, max: 104, q: 16}", {"int": [16, 96], "step": 16}),
        ("{values: [0.1, 0.2, 0.3], probabilities: [0.5, 0, 0.5]}", {"choice": [0.1, 0.3]}),
        ('{values: ["0.1", "1e-3"]}', {"choice": [0.1, 0.001]}),
        ("{distribution: normal, mu: 4, sigma: 1}", {"float": [1.0, 7.0]}),
        ("{distribution: q_normal, mu: 8, sigma: 2, q: 2}", {"int": [2, 14], "step": 2}),
        ("{distribution: log_normal, mu: 0, sigma: 1}", {"float": [0.04979, 20.09], "log": True}),
        ("{distribution: q_log_normal, mu: 2, sigma: 0.5, q: 1}", {"int": [2, 33], "log": True}),
        ("{distribution: q_beta, a: 1, b: 1, q: 0.25}", {"float": [0.25, 1.0], "step": 0.25}),
        ("{distribution: beta, a: 2, b: 2}", {"float": [0.001, 1.0]}),
        ("{distribution: constant, value: 0.01}", 0.01),
        ("{value: 0.01}", 0.01),
        ("{values: [0.01, 0.1]}", {"choice": [0.01, 0.1]}),
        ("{distribution: categorical, values: [0.01, 0.1]}", {"choice": [0.01, 0.1]}),
        ("{values: [0.1, 0.2], probabilities: [0.9, 0.1]}", {"choice": [0.1, 0.2]}),
        ("{min: 0.1, max: 0.1}", 0.1),
    ],
)
def test_a_distribution_becomes_what_draws_the_same_values(sweep, written, expected):
    assert sweep({"learning_rate": written})["training.learning_rate"] == expected


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{distribution: normal, mu: 4, sigma: 1}", "normal around 4, sigma 1: taken as 3 sigma to either side"),
        ("{distribution: log_uniform, min: -9, max: -2}", "e^-9 to e^-2"),
        ("{distribution: q_log_uniform_values, min: 8, max: 99, q: 8}", "multiples of 8 alone before"),
        ("{distribution: beta, a: 2, b: 5}", "beta(2, 5) from 0 to 1: taken as flat"),
        ("{values: [0.1, 0.2], probabilities: [0.9, 0.1]}", "probabilities [0.9, 0.1] left out"),
        ("{min: 0.0, max: 0.1}", "was 0.0 to 0.1: it is above 0"),
        ("{values: [0, 0.1]}", "left out 0: it is above 0"),
    ],
)
def test_what_is_not_the_same_is_said_beside_it(sweep, written, said):
    assert said in sweep({"learning_rate": written}).comment_of("learning_rate")


@pytest.mark.parametrize(("method", "sampler"), [("bayes", "tpe"), ("random", "random"), ("grid", "grid")])
def test_a_method_becomes_a_sampler(make, method, sampler):
    space = make(f"method: {method}\nparameters: {{epochs: {{values: [1, 2]}}}}")
    assert space.spec.search.sampler.name == sampler


def test_a_grid_without_a_cap_gets_the_budget_that_it_has(make):
    space = make("method: grid\nparameters: {epochs: {values: [1, 2, 4]}, batch_size: {min: 1, max: 5}}")
    assert space.spec.search.trials == 15


def test_a_grid_that_never_ends_becomes_random_and_says_so(make):
    space = make("method: grid\nparameters: {lr: {min: 0.1, max: 0.2}}")
    assert space.spec.search.sampler.name == "random"
    assert "was grid" in space.comment_of("sampler")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("{name: val_accuracy, goal: maximize}", ("val_accuracy", "maximize")),
        ("{name: val/acc, goal: maximize}", ("val_accuracy", "maximize")),
        ("{name: val_loss}", ("val_loss", "minimize")),
        ("{name: validation_loss, goal: minimize}", ("val_loss", "minimize")),
        ("{name: f1, goal: minimize}", ("val_accuracy", "maximize")),
        ("{name: val_f1, goal: minimize}", ("val_macro_f1", "maximize")),
        ("{name: val_top_k_accuracy}", ("val_top_k_accuracy", "maximize")),
        ("{name: epoch/val_accuracy, goal: minimize}", ("val_accuracy", "maximize")),
        ("{name: epoch/val_loss}", ("val_loss", "minimize")),
        ("{name: loss, goal: minimize}", ("val_loss", "minimize")),
        ("{name: val_acc}", ("val_accuracy", "maximize")),
    ],
)
def test_a_metric_becomes_the_objective(sweep, metric, expected):
    objective = sweep({"epochs": "{value: 1}"}, f"metric: {metric}").spec.objective
    assert (objective.metric, objective.direction) == expected


@pytest.mark.parametrize(
    ("metric", "direction", "said"),
    [
        ("{name: val_accuracy, goal: minimize}", "maximize", "the sweep's goal is minimize"),
        ("{name: val_acc, goal: minimize}", "maximize", "is minimize; val_accuracy is to be maximized"),
        ("{name: val_loss, goal: maximize}", "minimize", "the sweep's goal is maximize"),
        ("{name: validation_loss, goal: maximize}", "minimize", "the sweep's goal is maximize"),
        ("{name: test_f1, goal: minimize}", "maximize", "the sweep's goal is minimize"),
        ("{name: val_acc}", "maximize", "which W&B takes as minimize"),
        ("{name: val_loss, goal: minimize}", "minimize", ""),
        ("{name: val_accuracy, goal: maximize}", "maximize", ""),
    ],
)
def test_a_goal_that_contradicts_its_metric_is_not_kept_and_that_is_said(sweep, metric, direction, said):
    space = sweep({"epochs": "{value: 1}"}, f"metric: {metric}")
    assert space.spec.objective.direction == direction
    assert said in space.comment_of("direction")
    assert bool(said) is bool(space.comment_of("direction"))


@pytest.mark.parametrize(
    ("name", "written", "path", "expected"),
    [
        ("schedule", "{values: [cosine, none]}", "training.schedule", {"choice": ["cosine", "constant"]}),
        ("lr_schedule", "{values: [CosineAnnealing, null, StepLR]}", "training.schedule",
         {"choice": ["cosine", "constant", "step"]}),
        ("loss", "{values: [cross_entropy_loss, mean_squared_error]}", "training.loss",
         {"choice": ["crossentropy", "mean_squared_error"]}),
        ("criterion", "{values: [CrossEntropyLoss, FocalLoss, MSELoss]}", "training.loss",
         {"choice": ["crossentropy", "focal", "mean_squared_error"]}),
        ("batch_size", '{values: ["32", "64"]}', "training.batch_size", {"choice": [32, 64]}),
        ("precision", "{values: [fp32, fp16, bf16]}", "training.precision",
         {"choice": ["float32", "mixed_float16", "mixed_bfloat16"]}),
        ("optimizer", "{values: [Adam, AdamW, SGD, RMSprop]}", "training.optimizer",
         {"choice": ["adam", "adamw", "sgd", "rmsprop"]}),
        ("pooling", "{values: [avg, max]}", "model.head_pooling", {"choice": ["average", "max"]}),
        ("activation", "{values: [ReLU, swish, GELU]}", "model.activation", {"choice": ["relu", "silu", "gelu"]}),
    ],
)  # fmt: skip
def test_no_alternative_that_has_a_counterpart_is_lost(sweep, name, written, path, expected):
    space = sweep({name: written})
    assert space[path] == expected
    assert "left out" not in space.conversion.text


@pytest.mark.parametrize("name", ["dropout", "momentum"])
def test_a_share_from_0_to_1_is_more_than_the_whole_number_that_is_allowed(sweep, name):
    space = sweep({name: "{min: 0, max: 1}"})
    assert space["model.dropout" if name == "dropout" else "training.optimizer.sgd.momentum"] == {"float": [0.0, 0.99]}
    assert "whole numbers alone before" in space.comment_of(name)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{distribution: q_uniform, min: 1, max: 10, q: 3}", {"int": [1, 7], "step": 3}),
        ("{distribution: q_uniform, min: 1, max: 11, q: 3}", {"int": [1, 10], "step": 3}),
        ("{distribution: q_uniform, min: 1, max: 4}", {"int": [1, 3]}),
        ("{distribution: q_uniform, min: 1, max: 3, q: 2}", 1),
    ],
)
def test_a_grid_counts_from_min_and_leaves_max_out(make, written, expected):
    space = make(f"method: grid\nparameters: {{depth: {written}}}")
    assert space["model.depth"] == expected


def test_a_metric_that_hpo_does_not_have_is_named_in_a_comment(sweep):
    assert "was test_f1" in sweep({"epochs": "{value: 1}"}, "metric: {name: test_f1}").comment_of("metric")


@pytest.mark.parametrize(
    ("written", "resource", "factor"),
    [
        ("{type: hyperband, min_iter: 4, eta: 2}", 4, 2),
        ("{type: hyperband, min_iter: 4}", 4, 3),
        ("{type: hyperband, max_iter: 27, s: 2}", 3, 3),
        ("{type: hyperband, max_iter: 27, s: 9}", 1, 3),
        ("{type: hyperband, max_iter: 27}", 1, 3),
        ("{type: hyperband, max_iter: 27, min_iter: 4}", 4, 3),
        ("{type: hyperband, max_iter: 27, min_iter: 4, s: 1}", 9, 3),
        ("{type: hyperband, max_iter: 100, eta: 4}", 1, 4),
        ("{type: hyperband, max_iter: 100, s: 2, eta: 3}", 11, 3),
        ("{type: hyperband, min_iter: 1, eta: 1.5}", 1, 2),
    ],
)
def test_early_termination_becomes_the_one_bracket_that_it_is(sweep, written, resource, factor):
    pruner = sweep({"epochs": "{value: 1}"}, f"early_terminate: {written}").spec.search.pruner
    rungs = (pruner.name, pruner.min_resource, pruner.reduction_factor, pruner.n_min_trials)
    assert rungs == ("successive_halving", resource, factor, 1)


def test_a_sweep_without_early_termination_prunes_nothing(sweep):
    assert sweep({"epochs": "{value: 1}"}).spec.search.pruner.name == "none"


def test_a_cap_that_is_written_as_a_float_is_whole(sweep):
    assert sweep({"epochs": "{value: 3.0}", "batch_size": "{values: [16.0]}"}, "run_cap: 1e1").spec.search.trials == 10


def test_the_cap_and_the_name_become_budget_and_study(sweep):
    space = sweep({"epochs": "{value: 1}"}, "run_cap: 7", "name: My sweep (2)")
    assert space.spec.search.trials == 7
    assert space.spec.name == "My-sweep-2"
    assert "My sweep (2)" in space.comment_of("study")


def test_nested_parameters_are_known_by_their_last_name(sweep):
    space = sweep({"net": "{parameters: {dropout: {value: 0.5}, opt: {parameters: {name: {values: [sgd, adam]}}}}}"})
    assert space["model.dropout"] == 0.5
    assert space["training.optimizer"] == {"choice": ["sgd", "adam"]}
    assert "from net.dropout" in space.comment_of("dropout")


def test_options_of_an_optimizer_stand_under_each_that_has_them(sweep):
    space = sweep(
        {"optimizer": "{values: [adam, sgd, rmsprop]}", "momentum": "{min: 0.1, max: 0.9}", "rho": "{value: 0.9}"}
    )
    momentum = {"float": [0.1, 0.9]}
    expected = {"adam": None, "sgd": {"momentum": momentum}, "rmsprop": {"rho": 0.9, "momentum": momentum}}
    assert space["training.optimizer"] == {"choice": expected}


def test_options_of_an_optimizer_that_the_file_does_not_name_choose_it(sweep):
    assert sweep({"momentum": "{value: 0.9}"})["training.optimizer"] == {"sgd": {"momentum": 0.9}}
    assert sweep({"momentum": "{value: 0.9}", "rho": "{value: 0.8}"})["training.optimizer"] == {
        "rmsprop": {"rho": 0.8, "momentum": 0.9}
    }


def test_an_option_that_no_optimizer_of_the_file_has_is_told(sweep):
    space = sweep({"optimizer": "{value: adam}", "momentum": "{value: 0.9}"})
    assert space["training.optimizer"] == "adam"
    assert space.conversion.unmatched == ("momentum",)


def test_words_are_known_in_any_spelling_and_others_left_out(sweep):
    space = sweep({"optimizer": "{values: [Adam, SGD, Sophia]}", "activation": "{values: [swish, mish]}"})
    assert space["training.optimizer"] == {"choice": ["adam", "sgd"]}
    assert "left out Sophia: it is one of adam, rmsprop, sgd," in space.comment_of("optimizer")
    assert space["model.activation"] == "silu"


def test_words_that_older_yaml_reads_as_true_are_switches(sweep):
    assert sweep({"use_bn": "{values: [yes, no]}"})["model.batch_normalization"] == {"choice": [True, False]}


def test_a_range_is_cut_to_what_the_option_takes(sweep):
    space = sweep({"dropout": "{min: 0.0, max: 1.0}", "bs": "{min: 0, max: 64}", "kernel_size": "{min: 3, max: 31}"})
    assert space["model.dropout"] == {"float": [0.0, 0.99]}
    assert space["training.batch_size"] == {"int": [1, 64]}
    assert space["model.kernel_size"] == {"int": [3, 15]}
    space = sweep({"dropout": "{distribution: q_uniform, min: 0, max: 1, q: 0.25}"})
    assert space["model.dropout"] == {"float": [0.0, 0.75], "step": 0.25}


def test_a_parameter_outside_of_what_the_option_takes_is_told_with_the_rule(sweep):
    space = sweep({"dropout": "{min: 2.0, max: 3.0}", "batch_size": "{values: [many]}"})
    assert space.conversion.converted == ()
    assert space.conversion.unmatched == ("dropout", "batch_size")
    assert "takes none of its values: it is below 1" in space.conversion.text
    assert "takes none of its values: it is a whole number" in space.conversion.text


def test_numbers_for_an_option_of_whole_ones_are_made_whole(sweep):
    space = sweep({"units": "{min: 31.5, max: 128.5}", "batch_size": "{values: [32.0, 64]}"})
    assert space["model.dense_units"] == {"int": [32, 128]}
    assert "whole numbers only" in space.comment_of("dense_units")
    assert space["training.batch_size"] == {"choice": [32, 64]}


def test_an_option_goes_to_the_first_name_that_means_it(sweep):
    space = sweep({"lr": "{value: 0.1}", "base_lr": "{value: 0.2}"})
    assert space["training.learning_rate"] == 0.1
    assert "`training.learning_rate` is taken from lr" in space.conversion.text


def test_what_has_no_counterpart_is_told_as_it_was_and_why(sweep):
    space = sweep(
        {"hidden_activation_noise": "{min: 0.1, max: 0.2}", "dataset": "{value: imagenet}"}, "program: train.py"
    )
    lines = space.conversion.text.splitlines()
    assert "#   hidden_activation_noise: {min: 0.1, max: 0.2}" in lines
    assert "#       the data set is named under `data:`; see `hpo datasets`" in lines
    assert "#   program: train.py" in lines


@pytest.mark.parametrize("value", ["cifar10", "CIFAR-10", "cifar"])
def test_a_data_set_that_hpo_has_by_that_name_is_taken(sweep, value):
    space = sweep({"dataset": f"{{value: {value}}}", "depth": "{min: 1, max: 5}"})
    assert space["data"] == {"dataset": "cifar10"}
    assert space.conversion.converted == ("dataset", "depth")


@pytest.mark.parametrize("written", ["{value: imagenet}", "{values: [cifar10, mnist]}", "{value: folder}"])
def test_another_data_set_is_told(sweep, written):
    space = sweep({"dataset": written})
    assert (space["data.dataset"], space.conversion.unmatched) == ("digits", ("dataset",))


def test_what_must_be_the_same_in_all_trials_is_no_parameter(sweep):
    assert sweep({"val_split": "{value: 0.3}"})["data.validation"] == 0.3
    varied = sweep({"val_split": "{values: [0.1, 0.3]}"})
    assert varied.conversion.unmatched == ("val_split",)
    assert "`data.validation` is the same for all trials of a study" in varied.conversion.text


def test_images_get_pixels_for_the_deepest_network(sweep):
    assert "image_size" not in sweep({"depth": "{max: 3, min: 1}"})["data"]
    assert sweep({"depth": "{max: 5, min: 1}"})["data.image_size"] == 32
    assert sweep({"depth": "{values: [4]}", "image_size": "{value: 48}"})["data.image_size"] == 48


def test_a_sweep_in_json_is_a_sweep(make):
    space = make('{"method": "random", "parameters": {"lr": {"min": 0.1, "max": 1.0}}}', "sweep.json")
    assert space["training.learning_rate"] == {"float": [0.1, 1.0]}


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("method: bayes", "1:1", "a sweep has parameters. Received none. Write parameters:"),
        ("method: bayes\nparameters: {}", "2:1", "a sweep has parameters"),
        ("method: bayes\nparameters: [lr]", "2:13", "parameters is a mapping of names. Received a list of 1."),
        ("parameters:\n  lr: 0.1", "2:7", "lr: a parameter of a sweep is a mapping, such as {value: 3}"),
        ("parameters:\n  lr: {min: 2, max: 1}", "2:7", "lr: min is at most max. Received min=2, max=1. Swap the two."),
        ("parameters:\n  lr: {min: 2}", "2:7", "has value, values, min and max, or a distribution"),
        ("parameters:\n  lr: {min: .nan, max: 1.0}", "2:7", "min is a finite number. Received nan."),
        ("parameters:\n  lr: {min: 0.1, max: .inf}", "2:7", "max is a finite number. Received inf."),
        ("parameters:\n  lr: {min: a, max: b}", "2:7", "min is a finite number. Received 'a'."),
        ("parameters:\n  lr: {values: 3}", "2:7", "values is a list of one value or more. Received 3."),
        ("parameters:\n  lr: {values: []}", "2:7", "values is a list of one value or more"),
        ("parameters:\n  lr: {distribution: unifrom, min: 0, max: 1}", "2:7", "Did you mean 'uniform'?"),
        ("parameters:\n  lr: {distribution: uniform, min: 0}", "2:7", "uniform needs min and max. Received no max."),
        ("parameters:\n  lr: {min: 0.1, max: 0.2, q: 0.1}", "2:7", "Write distribution: q_uniform."),
        ("parameters:\n  lr: {distribution: q_uniform, min: 0, max: 1, q: 0}", "2:7", "q is above 0. Received 0."),
        ("parameters:\n  lr: {distribution: q_uniform, min: 0, max: 1, q: 1e-99}", "2:7", "Raise q."),
        ("parameters:\n  lr: {distribution: normal, sigma: -1}", "2:7", "sigma is at least 0. Received -1."),
        ("parameters:\n  lr: {distribution: log_uniform, min: 0, max: 9999}", "2:7", "exponents of e here"),
        ("parameters:\n  lr: {distribution: log_uniform_values, min: 0, max: 1}", "2:7", "a log scale needs min > 0"),
        ("parameters:\n  lr: {distribution: int_uniform, min: 0.5, max: 1}", "2:7", "takes whole numbers"),
        ("parameters:\n  lr: {values: [1, 2], probabilities: [1]}", "2:7", "one number for each of 2 values"),
        ("method: baye\nparameters: {lr: {value: 1}}", "1:9", "a method is one of bayes, random, grid"),
        ("run_cap: 0\nparameters: {lr: {value: 1}}", "1:10", "run_cap is a whole number, at least 1. Received 0."),
        ("metric: val_loss\nparameters: {lr: {value: 1}}", "1:9", "metric is a mapping. Received 'val_loss'."),
        ("metric: {name: a, goal: up}\nparameters: {lr: {value: 1}}", "1:25", "a goal is minimize or maximize"),
        ("early_terminate: {type: median}\nparameters: {lr: {value: 1}}", "1:25", "is of type hyperband"),
        ("early_terminate: {type: hyperband}\nparameters: {lr: {value: 1}}", "1:18", "min_iter, or max_iter and s"),
        (
            "early_terminate: {type: hyperband, min_iter: 1, eta: 1}\nparameters: {lr: {value: 1}}",
            "1:18",
            "eta is above",
        ),
    ],
)
def test_a_mistake_has_its_place_and_its_rule(make, text, place, said):
    with pytest.raises(SpaceError) as refused:
        make(text)
    (problem,) = refused.value.faults
    assert f"sweep.yaml:{place} " in str(problem)
    assert said in str(problem)


def test_all_mistakes_are_told_at_once(make):
    with pytest.raises(SpaceError) as refused:
        make("method: x\nparameters: {lr: 1, bs: {min: 2, max: 1}}\nrun_cap: many")
    assert len(refused.value.faults) == 4


@pytest.mark.parametrize("value", ["''", "old.keras", "imagenet"])
def test_a_path_is_left_to_whoever_knows_where_the_file_lies(sweep, value):
    spec = sweep({"weights": f"{{values: [{value}, none]}}"}).spec
    assert spec.config({}).model.weights == "none"
