"""Settings that can never act, and values whose unit is likely mistaken."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces.remarks.remarks import remarks

STOP = "training: {{epochs: 8, early_stopping: {{patience: {}}}}}"
PHASES = "training: {{phases: [{{epochs: 3}}, {{epochs: 6}}], {}}}"
VIT = "model: {{family: vgg16, weights: none, {}}}"


def space(text: str) -> str:
    """A space file that says this besides data set and model."""
    lines = [line for line in text.splitlines() if line]
    keys = {line.partition(":")[0] for line in lines}
    rest = [line for line in ("data: digits", "model: simple_cnn") if line.partition(":")[0] not in keys]
    return "\n".join([*rest, *lines]) + "\n"


IDLE = {
    STOP.format(7): "training.early_stopping: it can never act: with a patience of 7 it stops after epoch 8 at the",
    STOP.format("{int: [7, 30]}"): "training.early_stopping: it can never act: with a patience of",
    "training: {epochs: {int: [2, 6]}, early_stopping: {patience: 5}}": "and the training has 6.",
    PHASES.format("early_stopping: {patience: 5}"): "training.early_stopping: it can never act: with a patience of 5",
    "training: {phases: [{epochs: 3, early_stopping: {patience: 2}}, {epochs: 6}]}": "training.phases.0.early_stoppin",
    "training: {epochs: 5, schedule: {step: {every: 5}}}": "training.schedule.step: it can never act: it first changes",
    "training: {epochs: 9, schedule: {step: {every: 5, warmup_epochs: 4}}}": "after 9 epochs, and the training has 9.",
    "training: {epochs: 5, schedule: {cosine: {warmup_epochs: 5}}}": "the warm-up of 5 epochs is as long as the train",
    "training: {epochs: 5, schedule: {constant: {warmup_epochs: 500}}}": "It counts epochs, and no steps.",
    "training: {epochs: 5, schedule: {reduce_on_plateau: {patience: 4}}}": "it lowers the learning rate after epoch 5",
    "training: {schedule: {reduce_on_plateau: {min_learning_rate: 0.01}}}": "min_learning_rate is not below the learn",
    "training: {early_stopping: {patience: 5, min_delta: 0.001}, schedule: reduce_on_plateau}\nobjective: val_loss": (
        "early_stopping, with a patience of 5, ends the training before"
    ),
    "training: {epochs: 5, schedule: {choice: {step: {every: 9}, cosine: }}}": "training.schedule.step: it can never",
    "training: {optimizer: schedule_free_adamw, schedule: cosine}": "schedule_free_adamw has a schedule of its own",
    "training: {optimizer: adafactor, schedule: cosine}": "relative_step, which Keras leaves out beside another one",
    "training: {optimizer: {sgd: {nesterov: true}}}": "training.optimizer.sgd.nesterov: it can never act",
    "training: {epochs: 1, average_last_epochs: 2}": "average_last_epochs: it can never act: the training has",
    "training: {phases: [{epochs: 9}, {epochs: 3}], average_last_epochs: 4}": "the last phase has 3 epochs: all of",
    "training: {class_weights: {cat: 1.0}}": "training.class_weights: it can never act: all weights are 1",
    "training: {learning_rate: 0.1, phases: [{epochs: 3, learning_rate: 0.2}]}": "training.learning_rate: it can never",
    VIT.format("frozen_layers: all") + "\ntraining: {learning_rates: {base: 0.01, head: 0.1}}": (
        "training.learning_rates.base: it can never act: all base layers are frozen."
    ),
    "training: {phases: [{epochs: 3, frozen_layers: all, learning_rates: {base: 0.01, head: 0.1}}, {epochs: 2}]}": (
        "training.phases.0.learning_rates.base: it can never act"
    ),
    "training: {learning_rate: 0.1, phases: [{epochs: 3, learning_rates: {base: 0.1, head: 0.2}}]}": (
        "training.learning_rate: it can never"
    ),
    VIT.format("frozen_layers: 3")
    + "\ntraining: {phases: [{epochs: 3, frozen_layers: 0}]}": "model.frozen_layers: it can",
    "data: {dataset: digits, resize: crop}": "data.resize: it can never act: images are not resized without image_size",
    "data: {dataset: digits, image_size: 32, augmentation: {cutout: 32}}": "32 pixels are no less than image_size, 32",
    "data: {dataset: digits, image_size: {choice: [16, 32]}, augmentation: {crop: 40}}": "data.augmentation.crop: 40",
    "data: {dataset: cifar10, cache_augmented: 2}": "data.cache_augmented: it can never act: without augmentation",
    "data: {dataset: cifar10, color: grey, augmentation: {hue: 20}}": "data.augmentation.hue: it can never act: color",
    "data: {dataset: digits, augmentation: {mixup: {}}}\ntraining: {batch_size: 1}": "and batch_size is 1",
    "search: {pruner: {median: {n_warmup_steps: 20}}}": "no trial is stopped in its first 20 epochs, and no trial has",
    "search: {pruner: {percentile: {percentile: 100}}}": "search.pruner.percentile.percentile: it can never act: all",
    "search: {pruner: {hyperband: {min_resource: 20}}}": "search.pruner.hyperband.min_resource: it can never act: tri",
    "search: {pruner: {successive_halving: {min_early_stopping_rate: 3}}}": "first compared after 128 epochs",
    "search: {trials: 5, pruner: {median: {n_startup_trials: 5}}}": "n_startup_trials: it can never act: it begins af",
    "training: {epochs: 1}\nsearch: {pruner: median}": "search.pruner.median: it can never act: a trial of one epoch",
    "search: {pruner: {promotion: {min_resource: 14}}}": "promotion.min_resource: it can never act: no trial is stopp",
    "training: {epochs: 2}\nsearch: {pruner: auto}": "search.pruner.auto: it can never act: trials are first compared",
    "search: {trials: 10, sampler: {tpe: {n_startup_trials: 10}}}": "and the budget is 10; all are drawn at random",
    "search: {trials: 20, sampler: {nsga2: {population_size: 20}}}": "search.sampler.nsga2.population_size: it can ne",
    "training: {batch_size: {choice: [32, 64]}}\nsearch: {sampler: cmaes}": "search.sampler.cmaes: it can never act",
    "training: {batch_size: {int: [32, 64]}}\nstart_from: [{}, {batch_size: 33}]\nsearch: {trials: 1}": "start_from:",
}
ASKED = {
    VIT.format(
        "frozen_layers: all"
    ): "model.frozen_layers: weights is none, so the frozen layers keep the random weights",
    "training: {phases: [{epochs: 3, frozen_layers: 2}, {epochs: 3}]}": "keep the random weights that they begin with.",
    "data: {dataset: digits, augmentation: {rotation: 0.1}}": "0.1 is less than a degree. Was 36 meant?",
    "data: {dataset: digits, augmentation: {randaugment: {magnitude: 0.3}}}": "Keras' factor from 0 to 1: was 9 meant?",
    "data: {dataset: digits, augmentation: {randaugment: {magnitude: 0}}}": "at 0, autocontrast and equalize act all",
    "data: {dataset: digits, augmentation: {rotation: {float: [0, 0.2]}}}": "0.2 is less than a degree. Was 72 meant?",
    "data: {dataset: cifar10, augmentation: {hue: 0.1}}": "data.augmentation.hue: 0.1 is less than a degree. Was 18 m",
    "data: {dataset: digits, augmentation: {shift: 1}}": "It is a share of the side, and no pixels.",
    "data: {dataset: digits, validation: 0.8}": "data.validation: 0.8 of the images are set apart for the validation.",
    "data: {dataset: digits, test: 0.9}": "data.test: 0.9 of the images",
    VIT.format("gaussian_noise: 25"): "model.gaussian_noise: 25 drowns the images",
    "training: {epochs: 20, schedule: {cosine: {warmup_epochs: 0.1}}}": "Was that share of the training meant, 2 epoc",
    "training: {schedule: {exponential: {decay: 0.05}}}": "Was 0.95 meant?",
    "training: {early_stopping: {min_delta: 0.5}}": "0.5 is 50 points of a hundred; val_accuracy runs from 0 to 1.",
    "search: {pruner: {percentile: {percentile: 0.25}}}": "0.25 % of the trials go on. Was 25 meant?",
    "search: {timeout: 8}": "it is 8 seconds. Minutes, hours and days are written 30m, 8h, 2d.",
    "constraints: ['memory <= 8']": "memory is in bytes: 8e9 are 8 GB.",
    "constraints: ['parameters < 20 and flops < 1e12']": "parameters is in numbers of the network: 20e6 are 20 millio",
}
SOUND = [
    "",
    STOP.format(6),
    STOP.format("{int: [3, 30]}"),
    "training: {epochs: {int: [2, 8]}, early_stopping: {patience: 6}}",
    PHASES.format("early_stopping: {patience: 4}"),
    "training: {epochs: 5, schedule: {step: {every: 4}}}",
    "training: {epochs: 5, schedule: {cosine: {warmup_epochs: 4}}}",
    "training: {epochs: 5, schedule: {reduce_on_plateau: {patience: 3}}}",
    "training: {early_stopping: {patience: 5}, schedule: reduce_on_plateau}",
    "training: {optimizer: {choice: [adafactor, adam]}, schedule: cosine}",
    "training: {optimizer: {adafactor: {relative_step: false}}, schedule: cosine}",
    "training: {learning_rate: 0.1, phases: [{epochs: 3, learning_rate: 0.2}, {epochs: 1}]}",
    "model: vgg16\ntraining: {learning_rates: {base: 1, head: 2},"
    " phases: [{epochs: 3, frozen_layers: all}, {epochs: 1}]}",
    "data: {dataset: digits, resize: crop, image_size: 32, augmentation: {cutout: 31, rotation: {float: [0.0, 15]}}}",
    "data: {dataset: digits, augmentation: {rotation: 0, shift: 0.5}, validation: 0.5}",
    "data: {dataset: digits, augmentation: {randaugment: {magnitude: {choice: [1, 9]}}}}",
    "search: {pruner: {median: {n_warmup_steps: 19}}}",
    "search: {pruner: {hyperband: {min_resource: 19}}, timeout: 90}",
    "training: {epochs: 3}\nsearch: {pruner: auto}",
    "search: {pruner: {promotion: {min_resource: 13}}}",
    "training: {epochs: 1}",
    "search: {trials: 3}",
    "search: {trials: 11, sampler: {tpe: {n_startup_trials: 10}}}",
    "training: {batch_size: {int: [32, 64]}}\nsearch: {sampler: cmaes}",
    "constraints: ['memory <= 8e9', 'parameters <= 20_000']",
    VIT.format("frozen_layers: {int: [0, 18]}"),
    "model: {family: vgg16, weights: {choice: [imagenet, none]}, frozen_layers: 3}",
    "model: {family: vgg16, frozen_layers: all}",
    VIT.format("frozen_layers: 0") + "\ntraining: {phases: [{epochs: 3}, {epochs: 3, frozen_layers: all}]}",
]


@pytest.mark.parametrize("text", IDLE)
def test_a_setting_that_can_never_act_is_told(read, text):
    assert any(IDLE[text] in remark for remark in remarks(read(space(text)))), remarks(read(space(text)))


@pytest.mark.parametrize("text", ASKED)
def test_a_value_whose_unit_is_likely_mistaken_is_asked_about(read, text):
    assert any(ASKED[text] in remark for remark in remarks(read(space(text)))), remarks(read(space(text)))


@pytest.mark.parametrize("text", SOUND)
def test_nothing_is_told_of_what_acts_somewhere_in_the_space(read, text):
    assert remarks(read(space(text))) == ()


@pytest.mark.parametrize("text", [*IDLE, *ASKED])
def test_a_remark_is_one_text_of_whole_sentences(read, text):
    for remark in remarks(read(space(text))):
        assert remark.endswith((".", "?"))
        assert not remark.endswith(("?.", ".."))


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("data: {dataset: digits, validation: 20}", "Received 20. Write 0.2 for 20 %."),
        ("data: {dataset: digits, augmentation: {shift: 4}}", "Received 4. It is a share of the image's side: 4 of 32"),
        ("data: {dataset: digits, augmentation: {zoom: 1.2}}", "Received 1.2. Write 0.2 to enlarge up to 1.2 times."),
        ("data: {dataset: digits, augmentation: {brightness: 10}}", "Received 10. Write 0.1 for 10 %."),
        ("model: {family: simple_cnn, dropout: 50}", "dropout: it is below 1. Received 50. Write 0.5 for 50 %."),
        ("model: {family: simple_cnn, dropout: {float: [0, 50]}}", "Received 50.0. Write 0.5 for 50 %."),
        ("training: {label_smoothing: 10}", "Received 10. Write 0.1 for 10 %."),
        ("training: {schedule: {step: {factor: 10}}}", "Received 10. Write 0.1 to divide by 10."),
        ("training: {optimizer: {sgd: {momentum: 90}}}", "Received 90. Write 0.9 for 90 %."),
    ],
)
def test_a_value_that_is_no_share_is_refused_with_the_share_that_was_meant(read, text, remedy):
    with pytest.raises(SpaceError) as refused:
        read(space(text))
    assert remedy in str(refused.value)


def test_the_spaces_that_ship_have_nothing_to_be_told():
    from hpo.spaces import bundled_spaces, load

    skipped = "own_images.yaml"  # whose path is for its reader to fill in
    assert {name: remarks(load(name)) for name in bundled_spaces() if name != skipped} == {
        name: () for name in bundled_spaces() if name != skipped
    }
