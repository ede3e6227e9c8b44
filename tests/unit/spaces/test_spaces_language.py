"""The language: a training configuration in which any constant may be a parameter."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import Choice, Float, Int, StudySpec, bundled_spaces, load, parse_spec

HEAD = "data: digits\nmodel: simple_cnn\n"


def training(text: str) -> str:
    return f"{HEAD}training: {text}\n"


def parameter(spec: StudySpec, name: str) -> Int | Float | Choice:
    return {each.name: each for each in spec.space.parameters()}[name]


def names(spec: StudySpec) -> list[str]:
    return [each.name for each in spec.space.parameters()]


def test_a_file_without_parameters_is_one_configuration(read):
    spec = read(training("{epochs: 3, batch_size: 16}"))
    assert spec.space.parameters() == ()
    assert spec.space.size == 1
    config = spec.config({})
    assert (config.training.epochs, config.training.batch_size) == (3, 16)


def test_what_a_file_leaves_out_has_its_default(read):
    spec = read(HEAD)
    assert (spec.name, spec.engine, spec.seed) == ("r", "tensorflow", 0)
    assert (spec.objective.metric, spec.objective.direction) == ("val_accuracy", "maximize")
    assert spec.search.sampler.name == "auto"
    assert spec.config({}).training.optimizer.name == "adam"


def test_a_loss_is_minimized(read):
    assert read(f"{HEAD}objective: {{metric: val_loss}}").objective.direction == "minimize"


def test_an_int_has_bounds_a_step_and_a_scale(read):
    spec = read(training("{epochs: {int: [1, 10], step: 4}, batch_size: {int: [8, 256], log: true}}"))
    assert parameter(spec, "epochs") == Int("epochs", 1, 9, step=4)
    assert parameter(spec, "batch_size") == Int("batch_size", 8, 256, log=True)


def test_a_float_has_bounds_a_step_and_a_scale(read):
    spec = read(
        f"{HEAD}training: {{learning_rate: {{float: [1e-4, 1], log: true}}, "
        "optimizer: {sgd: {momentum: {float: [0, 0.9], step: 0.2}}}}"
    )
    assert parameter(spec, "learning_rate") == Float("learning_rate", 1e-4, 1.0, log=True)
    assert parameter(spec, "optimizer.sgd.momentum") == Float("optimizer.sgd.momentum", 0.0, 0.8, step=0.2)


def test_a_step_reaches_high_where_binary_numbers_would_just_miss_it(read):
    spec = read("data: digits\nmodel: {family: simple_cnn, dropout: {float: [0.8, 0.9], step: 0.1}}")
    dropout = parameter(spec, "dropout")
    assert [dropout.nth(index) for index in range(dropout.size)] == [0.8, 0.9]


def test_the_values_of_a_stepped_float_are_free_of_binary_rounding():
    dropout = Float("dropout", 0.1, 0.7, step=0.1)
    assert [dropout.nth(index) for index in range(dropout.size)] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("1E-4", 1e-4), (".5", 0.5), ("1_0.5", 10.5), ("2", 2), ("+3.0", 3.0)],
)
def test_numbers_are_written_as_people_write_them(read, text, value):
    assert read(training(f"{{learning_rate: {text}}}")).config({}).training.learning_rate == value


@pytest.mark.parametrize(("text", "value"), [("0x10", 16), ("0o17", 15), ("0b101", 5), ("1_000", 1000), ("010", 10)])
def test_whole_numbers_have_the_radices_of_yaml(read, text, value):
    assert read(training(f"{{epochs: {text}}}")).config({}).training.epochs == value


def test_a_choice_of_plain_values_keeps_the_order_of_the_file(read):
    spec = read(training("{batch_size: {choice: [64, 16, 32]}}"))
    assert parameter(spec, "batch_size").categories == (64, 16, 32)
    assert spec.config({"batch_size": 16}).training.batch_size == 16


def test_truth_values_can_be_chosen_from(read):
    spec = read("data: digits\nmodel: {family: simple_cnn, batch_normalization: {choice: [true, false]}}")
    assert [spec.config({"batch_normalization": each}).model.batch_normalization for each in (True, False)] == [
        True,
        False,
    ]


def test_a_list_in_a_choice_is_one_constant_known_by_its_json_text(read):
    spec = read("data: digits\nmodel: {family: simple_cnn, depth: 2, filters: {choice: [[8, 16], 4]}}")
    assert parameter(spec, "filters").categories == ("[8, 16]", 4)
    assert spec.config({"filters": "[8, 16]"}).model.filters == [8, 16]
    assert spec.config({"filters": 4}).model.filters == 4


def test_a_mapping_in_a_listed_choice_is_one_constant(read):
    spec = read(training("{early_stopping: {choice: [none, {patience: 3}]}}"))
    assert parameter(spec, "early_stopping").categories == ("none", '{"patience": 3}')
    assert spec.config({"early_stopping": "none"}).training.early_stopping is None
    assert spec.config({"early_stopping": '{"patience": 3}'}).training.early_stopping.patience == 3


def test_an_alternative_opens_parameters_that_exist_only_where_it_is_chosen(read):
    spec = read(training("{optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}, nesterov: true}}}}"))
    assert names(spec) == ["optimizer", "optimizer.sgd.momentum"]
    assert [each.name for each in spec.space.unconditional()] == ["optimizer"]
    assert spec.config({"optimizer": "adam"}).training.optimizer.name == "adam"
    sgd = spec.config({"optimizer": "sgd", "optimizer.sgd.momentum": 0.5}).training.optimizer
    assert (sgd.name, sgd.momentum, sgd.nesterov) == ("sgd", 0.5, True)
    with pytest.raises(KeyError, match="momentum"):
        spec.config({"optimizer": "sgd"})


@pytest.mark.parametrize("nothing", ["", " {}", " null", " ~"])
def test_an_alternative_may_open_nothing(read, nothing):
    spec = read(training(f"{{optimizer: {{choice: {{adam:{nothing} , sgd: }}}}}}"))
    assert spec.config({"optimizer": "adam"}).training.optimizer.name == "adam"


def test_choices_nest(read):
    spec = read(training("{optimizer: {choice: {adam: , sgd: {nesterov: {choice: [true, false]}, momentum: 0.9}}}}"))
    assert names(spec) == ["optimizer", "optimizer.sgd.nesterov"]
    assert spec.space.size == 3


def test_a_whole_section_can_be_a_choice(read):
    spec = read(
        "data: digits\n"
        "model: {choice: {simple_cnn: {depth: {int: [1, 2]}}, vgg16: {weights: none, dropout: {float: [0, 0.5]}}}}"
    )
    assert names(spec) == ["model", "simple_cnn.depth", "vgg16.dropout"]
    assert spec.config({"model": "simple_cnn", "simple_cnn.depth": 2}).model.depth == 2
    vgg16 = spec.config({"model": "vgg16", "vgg16.dropout": 0.25}).model
    assert (vgg16.family, vgg16.weights, vgg16.dropout) == ("vgg16", "none", 0.25)


def test_a_whole_section_can_be_a_choice_of_names(read):
    spec = read("data: {dataset: digits, image_size: 32}\nmodel: {choice: [simple_cnn, vgg16]}")
    assert [spec.config({"model": each}).model.family for each in ("simple_cnn", "vgg16")] == ["simple_cnn", "vgg16"]


def test_the_family_alone_can_be_a_choice(read):
    spec = read("data: digits\nmodel: {family: {choice: [simple_cnn, vgg16]}, dropout: 0.5}")
    assert spec.config({"family": "vgg16"}).model.dropout == 0.5


@pytest.mark.parametrize(
    "model",
    ["simple_cnn", "{family: simple_cnn}", "{simple_cnn: {}}", "{simple_cnn: }"],
)
def test_a_section_is_named_in_any_of_its_spellings(read, model):
    assert read(f"data: {{digits: {{test: 0.3}}}}\nmodel: {model}").config({}).model.family == "simple_cnn"


@pytest.mark.parametrize("key", ["image_size: {choice: [8, 16]}", "normalization: {choice: [unit, standardize]}"])
def test_what_trials_see_of_the_images_may_vary(read, key):
    spec = read(f"data: {{dataset: digits, {key}}}\nmodel: simple_cnn")
    assert names(spec) == [key.partition(":")[0]]
    for name, text in (("digits", f"{{digits: {{{key}}}}}"), ("scans", f"{{scans: {{dataset: digits, {key}}}}}")):
        assert names(read(f"data: {text}\nmodel: simple_cnn")) == [f"{name}.{key.partition(':')[0]}"]


@pytest.mark.parametrize(
    "data",
    [
        "{dataset: digits, test: {float: [0.1, 0.3]}}",
        "{digits: {test: {float: [0.1, 0.3]}}}",
        "{digits: {choice: [{image_size: 8}, {image_size: 16}]}}",
        "{choice: [digits, cifar10]}",
        "{dataset: {choice: [digits, cifar10]}}",
    ],
)
def test_what_trials_are_compared_on_may_not_vary(read, data):
    with pytest.raises(SpaceError, match="it is the same for all trials of a study, so that they can be compared"):
        read(f"data: {data}\nmodel: simple_cnn")


def test_augmentation_may_vary_in_every_part(read):
    spec = read(
        "data: {dataset: digits, augmentation: {shift: {float: [0, 0.2]}, flip: {choice: [none, horizontal]}}}\n"
        "model: simple_cnn"
    )
    assert names(spec) == ["augmentation.shift", "augmentation.flip"]


def test_a_name_is_the_path_without_the_section(read):
    spec = read("data: digits\nmodel: {family: simple_cnn, depth: 2, filters: [{int: [4, 8]}, {choice: [8, 16]}]}")
    assert names(spec) == ["filters.0", "filters.1"]
    assert spec.config({"filters.0": 5, "filters.1": 16}).model.filters == [5, 16]


def test_a_list_that_repeats_in_steps_has_no_items_beyond_its_last_length(read):
    blocks = "{repeat: {int: [1, 4], step: 2}, of: {filters: {int: [4, 8]}}}"
    spec = read(f"data: digits\nmodel: {{family: simple_cnn, blocks: {blocks}}}")
    assert names(spec) == ["blocks", "blocks.0.filters", "blocks.1.filters", "blocks.2.filters"]


def test_a_name_that_two_sections_share_keeps_the_section(read):
    text = (
        "data: {dataset: digits, augmentation: {shift: {float: [0, 0.2]}}}\n"
        "model: {family: simple_cnn, depth: {int: [1, 2]}}\n"
        "training: {depth: {int: [1, 3]}, epochs: {int: [1, 3]}}"
    )
    with pytest.raises(SpaceError) as caught:  # no two sections share a key today; problems carry the names
        read(text.replace("[1, 2]", "[2, 1]").replace("depth: {int: [1, 3]}", "depth: {int: [3, 1]}"))
    assert {problem.subject for problem in caught.value.faults} == {"model.depth", "training.depth"}


def test_numbers_keep_their_kind(read):
    spec = read(training("{learning_rate: 1, epochs: {int: [1, 2]}}"))
    assert isinstance(spec.config({"epochs": 1}).training.epochs, int)
    assert spec.config({"epochs": 1}).training.learning_rate == 1


def test_a_budget_of_time_is_written_in_units(read):
    spec = read(f"{HEAD}search: {{timeout: 1h30m}}")
    assert spec.search.timeout == 5400


def test_merges_and_aliases_are_written_out(read):
    spec = read(
        "data: digits\nmodel: simple_cnn\n"
        "training:\n  optimizer:\n    choice:\n"
        "      sgd: &rates {momentum: {float: [0.0, 0.9]}}\n"
        "      rmsprop: {<<: *rates, rho: 0.9}\n"
    )
    assert names(spec) == ["optimizer", "optimizer.sgd.momentum", "optimizer.rmsprop.momentum"]
    rmsprop = spec.config({"optimizer": "rmsprop", "optimizer.rmsprop.momentum": 0.1}).training.optimizer
    assert (rmsprop.momentum, rmsprop.rho) == (0.1, 0.9)


def test_an_anchor_may_be_set_anew(read):
    spec = read(training("{epochs: &n 3, batch_size: &n 4, optimizer: {sgd: {momentum: 0}}}"))
    assert spec.config({}).training.batch_size == 4


def test_windows_and_byte_order_marks_do_no_harm(read):
    content = "\ufeff" + training("{epochs: 3}").replace("\n", "\r\n")
    assert read(content.encode()).config({}).training.epochs == 3


def test_every_corner_of_a_file_is_checked_with_the_others_at_both_ends(read):
    """A rule about two parameters breaks where neither alone breaks it."""
    with pytest.raises(SpaceError, match="for each of the 3 blocks"):
        read("data: digits\nmodel: {family: simple_cnn, filters: {choice: [[8, 16, 32], [8]]}, depth: {int: [1, 3]}}")


@pytest.mark.parametrize("name", sorted(bundled_spaces()))
def test_every_space_that_ships_can_be_used(name):
    overrides = ["data.path=."] if name == "own_images.yaml" else []  # where the user's images are
    spec = load(name, overrides)
    for _, params in spec.space.corners():
        assert spec.config(params).tree == spec.space.tree(params)
    assert load(name.removesuffix(".yaml"), overrides) == spec


def test_a_space_for_own_images_asks_where_they_are():
    with pytest.raises(SpaceError, match=r"own_images.yaml:12:3 path: it is required"):
        load("own_images.yaml")


def test_the_quickstart_ships():
    assert "quickstart.yaml" in bundled_spaces()


def test_a_stored_spec_is_the_spec(read):
    spec = read(training("{optimizer: {choice: {adam: , sgd: {momentum: {float: [0, 0.9], step: 0.3}}}}, epochs: 2}"))
    stored = parse_spec(spec.to_json(), "study r")
    assert stored.document == {
        **spec.document,
        "search": {"sampler": "auto", "pruner": "auto"},
    }  # whatever the default becomes
    assert stored == spec
    assert stored.to_json() == spec.to_json()


def test_a_stored_spec_keeps_every_character_of_a_path(here, read):
    folder = here / "bilder 🙂 \x7f é"
    folder.mkdir()
    spec = read('data: {dataset: folder, path: "bilder 🙂 \\x7f é"}\nmodel: simple_cnn\n')
    stored = parse_spec(spec.to_json(), "study r")
    assert stored == spec
    assert stored.config({}).data.path == folder


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "null", "[" * 20000])
def test_a_stored_spec_that_is_none_is_refused(text):
    with pytest.raises(SpaceError, match="study r:1:1 a stored space is"):
        parse_spec(text, "study r")


def test_a_stored_spec_that_breaks_a_rule_says_which(read):
    stored = read(training("{epochs: 2}")).to_json().replace('"epochs": 2', '"epochs": 0')
    with pytest.raises(SpaceError, match=r"study r:1:1 epochs: it is at least 1. Received 0"):
        parse_spec(stored, "study r")


def test_a_section_may_be_a_choice_of_two_variants_of_one_family(read):
    small = "{family: simple_cnn, depth: 1}"
    large = "{family: simple_cnn, depth: {int: [2, 3]}, filters: 64}"
    spec = read(f"data: digits\nmodel: {{choice: {{small: {small}, large: {large}}}}}\n")
    assert names(spec) == ["model", "large.depth"]
    assert spec.config({"model": "small"}).model.depth == 1
    assert spec.config({"model": "large", "large.depth": 3}).model.filters == 64


def test_a_mistake_in_a_named_variant_has_its_place(read):
    with pytest.raises(SpaceError) as caught:
        read("data: digits\nmodel: {choice: {small: {family: simple_cnn, depht: 1}, vgg16: {weights: none}}}\n")
    assert str(caught.value).startswith("r.yaml:2:46 small.depht: the keys of simple_cnn are")
