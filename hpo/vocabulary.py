"""The field's words for what a space file says: what Keras, PyTorch, W&B, KerasTuner, Ray Tune and others call it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache

OPTIONS = {
    # data
    "augmentation": "aug augment augmentations augmenter data_aug data_augmentation transforms",
    "augmentation.brightness": "brightness_range random_brightness",
    "augmentation.contrast": "contrast_range random_contrast",
    "augmentation.crop": "random_crop",
    "augmentation.cutout": "random_erasing",
    "augmentation.flip": "fliplr hflip horizontal_flip random_flip random_horizontal_flip",
    "augmentation.rotation": "degrees random_rotation rotate rotation_range",
    "augmentation.shift": "height_shift_range random_translation translate translation width_shift_range",
    "augmentation.zoom": "random_zoom zoom_range",
    "color": "color_mode colour colour_mode",
    "dataset": "data_set dataset_name",
    "image_size": "image_dim img_dim img_size input_size resolution target_size",
    "normalization": "normalisation normalise normalize preprocessing rescale rescaling scaling",
    "path": "data_dir data_path dir directory image_dir img_dir root",
    "resize": "resize_mode resizing",
    "test": "test_share test_size test_split",
    "validation": "val val_size val_split valid_split validation_share validation_size validation_split",
    # model
    "activation": "act act_fn act_func activation_fn activation_function activations nonlinearity",
    "batch_normalization": "batch_norm batchnorm bn use_batch_norm use_batch_normalization use_batchnorm use_bn",
    "block_dropout": "conv_dropout conv_dropout_rate dropout_conv spatial_dropout",
    "dense_units": (
        "dense dense_layer_size dense_neurons dense_size dense_unit fc_layer_size fc_size fc_units hidden_dim "
        "hidden_layer_size hidden_size hidden_units n_hidden n_units neurons num_dense_units num_units unit units"
    ),
    "depth": (
        "conv_blocks conv_layers layers n_blocks n_conv_blocks n_conv_layers n_layers nb_layers num_blocks "
        "num_conv_blocks num_conv_layers num_layers"
    ),
    "dropout": "dense_dropout drop drop_rate dropout_fc dropout_p dropout_prob dropout_rate fc_dropout head_dropout",
    "family": "arch architecture backbone base_model model_name model_type network",
    "filters": "base_filters conv_filter conv_filters conv_units filter n_filters nb_filters num_filters",
    "frozen_layers": "freeze freeze_base freeze_layers freeze_until frozen n_frozen num_frozen_layers",
    "head_pooling": "global_pooling pool pooling",
    "kernel_l2": "kernel_regularizer l2 l2_lambda l2_reg l2_regularization",
    "kernel_size": "conv_kernel conv_kernel_size filter_size kernel kernel_sizes ksize",
    "max_pooling": "max_pool use_max_pooling",
    "weights": "init_weights initial_weights pretrained pretrained_weights",
    # training
    "average_last_epochs": "stochastic_weight_averaging swa swa_epochs",
    "batch_size": "batch batchsize bs mini_batch_size minibatch_size train_batch_size training_batch_size",
    "beta_1": "adam_b1 adam_beta1 b1 beta1",
    "beta_2": "adam_b2 adam_beta2 b2 beta2",
    "class_weights": "class_weight",
    "early_stopping": "early_stop earlystop",
    "early_stopping.min_delta": "early_stopping_min_delta es_min_delta min_improvement",
    "early_stopping.patience": "early_stop_patience early_stopping_patience es_patience patience",
    "ema": "exponential_moving_average moving_average use_ema weight_averaging",
    "ema.momentum": "ema_decay ema_momentum",
    "epochs": "epoch max_epochs n_epochs nb_epoch nb_epochs num_epochs num_train_epochs number_of_epochs",
    "epsilon": "adam_eps eps",
    "gradient_clipping": "clip clip_gradients clipping grad_clip grad_clipping gradient_clip",
    "gradient_clipping.global_norm": (
        "clip_grad_norm global_clipnorm grad_clip_norm gradient_clip_norm gradient_clip_val max_grad_norm"
    ),
    "gradient_clipping.norm": "clip_norm clipnorm",
    "gradient_clipping.value": "clip_grad_value clip_value clipvalue",
    "label_smoothing": "label_smooth smoothing",
    "learning_rate": "base_lr eta0 init_lr initial_learning_rate initial_lr learning_rate_init lr lr0 max_lr",
    "learning_rates.base": "backbone_lr base_learning_rate lr_backbone",
    "learning_rates.head": "classifier_lr head_learning_rate head_lr lr_head",
    "loss": "criterion loss_fn loss_function",
    "metrics": "metric",
    "nesterov": "use_nesterov",
    "optimizer": (
        "opt opt_name opt_type optim optim_name optim_type optimiser optimizer_class optimizer_name optimizer_type"
    ),
    "precision": "amp dtype dtype_policy mixed_precision precision_policy",
    "repeats": "executions_per_trial n_repeats num_repeats repetitions",
    "rho": "rms_alpha",
    "schedule": "learning_rate_schedule learning_rate_scheduler lr_policy lr_schedule lr_scheduler sched scheduler",
    "cosine.final_share": "alpha",
    "exponential.decay": "decay_rate gamma",
    "one_cycle.final_divisor": "final_div_factor",
    "one_cycle.start_divisor": "div_factor",
    "one_cycle.warmup_share": "pct_start",
    "reduce_on_plateau.min_learning_rate": "min_lr",
    "step.every": "drop_every epochs_drop step_size",
    "step.factor": "decay_rate drop gamma",
    "top_k": "topk",
    "warmup_epochs": "n_warmup_epochs num_warmup_epochs warmup",
    "weight_decay": "wd",
    # search
    "min_resource": "grace_period min_epochs min_iter min_t",
    "n_startup_trials": "n_init n_initial_points n_random_trials num_initial_points startup_trials",
    "n_warmup_steps": "grace_period n_warmup_epochs warmup warmup_epochs warmup_steps",
    "population_size": "pop_size population",
    "pruner": "early_terminate pruning scheduler stopper trial_scheduler",
    "reduction_factor": "eta factor",
    "sampler": "algo algorithm method search_alg search_algorithm search_method strategy tuner",
    "timeout": "max_duration max_time time_budget time_budget_s time_limit",
    "trials": "budget count max_evals max_trials n_iter n_trials num_samples num_trials number_of_trials run_cap",
    # what a trial gets of the machine
    "cpus": "cores cpu n_cpus num_cpus threads",
    "gpus": "devices gpu n_gpus num_gpus",
    # the head of a file
    "base": "defaults extends from include inherit inherits",
    "constraints": "constraint",
    "data": "dataset datasets",
    "direction": "goal mode optimization_direction",
    "engine": "backend framework keras_backend",
    "metric": "monitor name objective",
    "model": "arch architecture backbone models net network",
    "objective": "metric metrics monitor objectives target",
    "resources": "requirements resource resources_per_trial",
    "search": "hyperparameter_search optimization tuner tuning",
    "seed": "random_seed random_state rng_seed",
    "start_from": "enqueue enqueue_trials initial_params initial_points points_to_evaluate",
    "study": "experiment experiment_name name project project_name study_name",
    "training": "fit hyperparameters train trainer",
    # a parameter
    "choice": "categorical choices enum grid_search one_of options values",
    "float": "continuous double loguniform number real uniform",
    "int": "discrete int_uniform integer lograndint randint",
    "log": "log_scale logarithmic",
    "of": "block body item items",
    "repeat": "n_times times",
    "step": "increment q quantum",
}
"""By a key of a space file: what others call it. A dotted one means the key in that section alone."""

NAMES = {
    # samplers
    "cmaes": "cma cma_es",
    "gp": "bayesian_gp gaussian_process gp_sampler",
    "grid": "grid_search",
    "nsga2": "genetic nsga nsga_ii nsga_iii",
    "qmc": "halton quasi_monte_carlo sobol",
    "random": "random_sampler random_search randomized randomized_search",
    "tpe": "bayes bayes_opt bayesian bayesian_optimization bayesopt hyperopt optuna parzen tpe_sampler",
    # pruners
    "hyperband": "bohb hyper_band hyper_band_scheduler hyperband_pruner",
    "median": "median_pruner median_rule median_stopping median_stopping_rule",
    "percentile": "percentile_pruner quantile",
    "successive_halving": (
        "asha asha_scheduler async_hyper_band async_hyper_band_scheduler async_hyperband halving sha "
        "successive_halving_pruner"
    ),
    # optimizers
    "adam": "adam_optimizer",
    "adamw": "adam_with_weight_decay adam_w_optimizer",
    "rmsprop": "rms",
    "sgd": "gd gradient_descent sgd_momentum sgd_optimizer stochastic_gradient_descent",
    # schedules
    "constant": "constant_lr fixed no none off",
    "cosine": "cosine_annealing cosine_annealing_lr cosine_decay cosine_lr cosineannealing",
    "exponential": "exp exp_decay exponential_decay exponential_lr",
    "one_cycle": "1cycle one_cycle_lr",
    "reduce_on_plateau": "plateau reduce_lr reduce_lr_on_plateau",
    "step": "drop step_decay step_lr",
    # losses
    "categorical_hinge": "hinge hinge_loss multi_margin_loss",
    "crossentropy": (
        "bce bce_loss bce_with_logits_loss binary_crossentropy categorical_crossentropy ce ce_loss cross_entropy_loss "
        "crossentropy_loss log_loss negative_log_likelihood nll nll_loss softmax_crossentropy sparse_ce "
        "sparse_categorical_crossentropy sparse_crossentropy xent"
    ),
    "focal": (
        "binary_focal_crossentropy categorical_focal_crossentropy focal_crossentropy focal_loss sigmoid_focal_loss"
    ),
    "generalized_crossentropy": "categorical_generalized_crossentropy gce",
    "mean_squared_error": "brier l2_loss mse mse_loss",
    # precisions
    "float32": "32 f32 float fp32 full single",
    "mixed_bfloat16": "bf16 bf16_mixed bfloat16",
    "mixed_float16": "16 16_mixed amp f16 float16 fp16 half mixed mixed_precision",
    # words of an option
    "as_is": "keep original",
    "average": "avg gap global_average global_average_pooling mean",
    "balanced": "auto balance inverse",
    "both": "all horizontal_and_vertical",
    "crop": "center_crop centre_crop",
    "grey": "gray grayscale greyscale",
    "horizontal": "left_right",
    "imagenet": "image_net pretrained",
    "max": "global_max global_max_pooling",
    "none": "disabled false no nop off random scratch",
    "one_hot": "categorical",
    "pad": "letterbox",
    "silu": "swish",
    "sparse": "index integer",
    "standardize": "mean_std standard standardise z_score",
    "stretch": "distort squash warp",
    "unit": "min_max rescale",
    "vertical": "up_down",
    # objectives
    "duration_s": "duration runtime train_time training_time",
    "flops": "flop",
    "latency_ms": "inference_time latency",
    "maximize": "max maximise",
    "memory": "gpu_memory ram",
    "minimize": "min minimise",
    "model_mb": "file_size model_size size_mb",
    "parameters": "n_parameters n_params num_parameters num_params param_count parameter_count params size",
    "val_accuracy": (
        "acc accuracy eval_acc eval_accuracy val_acc val_categorical_accuracy val_sparse_categorical_accuracy "
        "valid_acc valid_accuracy validation_acc validation_accuracy"
    ),
    "val_loss": "eval_loss loss valid_loss validation_loss",
    "val_macro_f1": "f1 f1_macro f1_score macro_f1 val_f1 val_f1_score",
    "val_macro_precision": "macro_precision precision val_precision",
    "val_macro_recall": "balanced_accuracy macro_recall recall val_balanced_accuracy val_recall",
    "val_top_k_accuracy": "top5 top5_accuracy top_5_accuracy top_k top_k_accuracy val_top5_accuracy val_top_5_accuracy",
    "accuracy": "acc",
    "macro_f1": "f1 f1_score",
    "macro_precision": "precision",
    "macro_recall": "recall",
    # engines
    "jax": "flax",
    "tensorflow": "keras tf tf2",
    "torch": "pytorch",
    # data sets
    "cifar10": "cifar",
    "fashion_mnist": "fashion",
    "folder": (
        "csv directory files flow_from_directory image_dataset_from_directory image_directory image_folder images"
    ),
    "npz": "arrays npy numpy",
    # families and networks
    "application": "applications keras_application keras_applications",
    "convnext_tiny": "convnext",
    "densenet121": "densenet",
    "efficientnet_b0": "efficientnet",
    "efficientnet_v2_s": "efficientnet_v2",
    "inception_v3": "inception",
    "mobilenet_v3_small": "mobilenet_v3",
    "nasnet_mobile": "nasnet",
    "resnet50": "resnet resnet50_v1",
    "simple_cnn": "basic_cnn cnn conv_net convnet",
    "vgg16": "vgg",
}
"""By a name or word of a space file: what others call it."""

_OTHERS = (
    "adabelief adabound asgd cosine_annealing_warm_restarts cosine_decay_restarts cosine_restarts cosine_similarity "
    "cyclic cyclic_lr huber huber_loss inverse_time_decay kl_divergence kld l1 l1_loss lars lbfgs linear log_cosh mae "
    "madgrad mape mean_absolute_error mean_absolute_percentage_error multi_step_lr novograd pbt piecewise_constant "
    "poisson polynomial population_based_training radam rprop sophia sparse_adam triangular yogi"
)
"""Words of the field of which nothing here is meant: no misspelling of another."""

_CLOSE, _CLOSE_PARTS = 0.6, 0.8
"""How alike a misspelling is to what it means: word by word, and where it has another number of words."""


def find_synonym(word: str, names: Iterable[str], section: str = "") -> str | None:
    """Find the name that is the same in other letters (`TPE`, `earlyStopping`), or that another tool's word means.

    Args:
        word: what was written.
        names: what could have been written.
        section: in which it stands, whose own names go first.
    """
    names, form = list(names), _normalize(word)
    if not form:
        return None
    same = [name for name in names if _normalize(name) == form]
    ends = [name for name in names if "." in name and _normalize(name.rpartition(".")[2]) == form]
    if same or len(ends) == 1:
        return [*same, *ends][0]
    here = {f"{section}.{name}": name for name in names}
    targets = _meanings().get(form, ())
    meant = [here[target] for target in targets if target in here] + [target for target in targets if target in names]
    if not meant and "." in word:  # torch.optim.Adam
        return find_synonym(word.rpartition(".")[2], names, section)
    return meant[0] if meant else None


def find_dotted_keys(word: str) -> list[str]:
    """Find the dotted keys that a word means, such as `early_stopping.patience` for `patience`."""
    return [target for target in _meanings().get(_normalize(word), ()) if "." in target]


def find_meaning(word: str, names: Iterable[str], section: str = "") -> str | None:
    """Find the name that is meant: a synonym, or what a misspelling is closest to.

    Words of the field of which nothing here is meant are no misspellings.
    """
    names = list(names)
    synonym = find_synonym(word, names, section)
    if synonym is not None or _normalize(word) in map(_normalize, _OTHERS.split()):
        return synonym
    likeness = {name: _compare(word.lower(), name.lower()) for name in names}
    best = [name for name in names if likeness[name] and likeness[name] == max(likeness.values())]
    is_guess = len(best) > 1 and _numbers(best[0]) != _numbers(word)
    return best[0] if best and not is_guess else None


def suggest(word: str, names: Iterable[str], section: str = "") -> str | None:
    """Ask `did you mean ...?` where a name is meant; see `find_meaning`."""
    meant = find_meaning(word, names, section)
    return None if meant is None else f"did you mean {meant!r}?"


def _normalize(word: str) -> str:
    """Reduce a word to what all its spellings share; `1.0` is `1`, and not `10`."""
    number = re.sub(r"(?<=[0-9])\.0+(?![0-9])", "", word.lower())
    return re.sub(r"[^a-z0-9.]|\.(?![0-9])|(?<![0-9])\.", "", number)


@cache
def _meanings() -> dict[str, tuple[str, ...]]:
    """What each word of other tools means, by its normal form; the first is the likeliest."""
    targets: dict[str, tuple[str, ...]] = {}
    for target, words in (*OPTIONS.items(), *NAMES.items()):
        for form in map(_normalize, words.split()):
            targets[form] = (*targets.get(form, ()), target)
    return targets


def _numbers(word: str) -> list[str]:
    return re.findall(r"[0-9]+", word)


def _are_alike(number: str, other: str) -> bool:
    """Whether one is a misspelling of the other: of one digit each, exchanged (`61`, `16`), or typed twice (`1000`)."""
    short, long = sorted((number, other), key=len)
    if len(long) == 1 or sorted(short) == sorted(long):
        return True
    return long in {short[: index + 1] + short[index:] for index in range(len(short))}


def _compare(word: str, name: str) -> float:
    """Say how likely a word is a misspelling of a name, from 0 (it is none) to 1."""
    numbers, its_numbers = _numbers(word), _numbers(name)
    if len(numbers) != len(its_numbers) or not all(map(_are_alike, numbers, its_numbers)):
        return 0.0
    parts, others = ([re.sub(r"[0-9]", "", part) for part in re.split(r"[^a-z0-9]+", text)] for text in (word, name))
    whole = SequenceMatcher(None, word, name).ratio()
    if len(parts) != len(others):
        return whole if whole >= _CLOSE_PARTS else 0.0
    ratios = [SequenceMatcher(None, *pair).ratio() for pair in zip(parts, others, strict=True)]
    firsts = all(a[:1] == b[:1] or ratio >= _CLOSE_PARTS for a, b, ratio in zip(parts, others, ratios, strict=True))
    return whole if min(ratios) >= _CLOSE and firsts else 0.0
