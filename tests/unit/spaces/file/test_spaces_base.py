"""`base: FILE`: what a file takes over from another, and what it replaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.errors import SpaceError
from hpo.spaces import StudySpec, load, parse_spec

BASE = """\
study: base
seed: 5
data: {dataset: digits, validation: 0.3, augmentation: {shift: 0.1, rotation: 5}}
model: {family: simple_cnn, depth: {int: [1, 3]}, dense_units: 32}
training:
  epochs: 9
  learning_rate: {float: [1e-4, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: 0.5}}}
  early_stopping: {patience: 4}
objective: val_loss
constraints: [depth < 3]
search: {trials: 7, sampler: random}
start_from: [{depth: 1}]
"""


@pytest.fixture
def derived(here: Path, read):
    """`derived(text, *overrides)` loads a file that holds the text and starts from `BASE`."""

    def load_text(text: str, *overrides: str) -> StudySpec:
        (here / "base.yaml").write_text(BASE)
        return read(f"base: base.yaml\n{text}", *overrides)

    return load_text


def parameters(spec: StudySpec) -> list[str]:
    return [each.name for each in spec.space.parameters()]


def test_a_file_takes_over_all_that_it_does_not_say(derived):
    spec = derived("")
    assert (spec.seed, spec.objective.metric, spec.search.trials) == (5, "val_loss", 7)
    assert parameters(spec) == ["depth", "learning_rate", "optimizer"]
    assert [each.text for each in spec.constraints] == ["depth < 3"]
    assert spec.start_from == ({"depth": 1},)


def test_every_file_is_its_own_study_whatever_its_base_calls_itself(derived):
    assert derived("").name == "r"
    assert derived("study: mine\n").name == "mine"


def test_sections_are_taken_over_key_by_key(derived):
    spec = derived("training: {epochs: 2}\nsearch: {sampler: tpe}\ndata: {validation: 0.1}\n")
    assert parameters(spec) == ["depth", "learning_rate", "optimizer"]
    config = spec.config({"depth": 1, "learning_rate": 0.01, "optimizer": "sgd"})
    assert (config.training.epochs, config.training.early_stopping.patience) == (2, 4)
    assert (config.data.validation, config.data.augmentation.shift) == (0.1, 0.1)
    assert (spec.search.sampler.name, spec.search.trials) == ("tpe", 7)


def test_a_key_replaces_all_that_stands_below_it_in_the_base(derived):
    spec = derived("data: {augmentation: {shift: 0.2}}\ntraining: {optimizer: {choice: {adam: , rmsprop: }}}\n")
    config = spec.config({"depth": 1, "learning_rate": 0.01, "optimizer": "rmsprop"})
    assert (config.data.augmentation.shift, config.data.augmentation.rotation) == (0.2, 0.0)
    assert spec.space.parameters()[-1].categories == ("adam", "rmsprop")


def test_a_parameter_may_become_a_constant_and_a_constant_a_parameter(derived):
    spec = derived("model: {depth: 1, dense_units: {int: [8, 64]}}\nstart_from:\n")
    assert parameters(spec) == ["dense_units", "learning_rate", "optimizer"]


def test_a_key_with_nothing_after_it_drops_what_the_base_has(derived):
    spec = derived(
        "constraints:\nstart_from: ~\nobjective:\nseed:\ntraining:\n  early_stopping:\n  learning_rate: null\n"
    )
    assert (spec.constraints, spec.start_from, spec.objective.metric, spec.seed) == ((), (), "val_accuracy", 0)
    assert parameters(spec) == ["depth", "optimizer"]
    assert spec.config({"depth": 1, "optimizer": "adam"}).training.early_stopping is None


def test_a_section_with_nothing_after_it_drops_the_base_s(derived):
    assert derived("training:\n").config({"depth": 1}).training.epochs == 20
    with pytest.raises(SpaceError, match="a space file names its model family"):
        derived("model:\n")


@pytest.mark.parametrize(
    "model",
    [
        "{family: vgg16, weights: none}",
        "{vgg16: {weights: none}}",
        "vgg16",
        "{choice: {vgg16: {weights: none}, simple_cnn: }}",
    ],
)
def test_another_family_replaces_the_section_of_the_model(derived, model):
    spec = derived(f"model: {model}\nconstraints:\nstart_from:\ndata: {{image_size: 32}}\n")
    assert "depth" not in parameters(spec)
    assert spec.config({"model": "vgg16", "learning_rate": 0.01, "optimizer": "adam"}).model.family == "vgg16"


def test_the_same_family_keeps_the_section_of_the_model(derived):
    assert "depth" in parameters(derived("model: {family: simple_cnn, dropout: 0.5}\n"))


SIMPLE = ["{family: simple_cnn, dropout: 0.5}", "{simple_cnn: {dropout: 0.5}}", "{dropout: 0.5}"]


@pytest.mark.parametrize("own", [*SIMPLE, "{net: {family: simple_cnn, dropout: 0.5}}"])
@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("{family: simple_cnn, dense_units: {int: [8, 64]}}", "dense_units"),
        ("{simple_cnn: {dense_units: {int: [8, 64]}}}", "simple_cnn.dense_units"),
        ("{small: {family: simple_cnn, dense_units: {int: [8, 64]}}}", "small.dense_units"),
        ("simple_cnn", None),
        ("{simple_cnn: }", None),
    ],
)
def test_the_same_family_is_the_same_however_it_is_written_and_its_parameters_keep_their_names(
    read, here, own, base, name
):
    (here / "base.yaml").write_text(f"data: digits\nmodel: {base}\n")
    spec = read(f"base: base.yaml\nmodel: {own}\n")
    assert parameters(spec) == ([name] if name else [])
    model = spec.config({name: 9}).model
    assert (model.family, model.dropout) == ("simple_cnn", 0.5)
    assert not name or model.dense_units == 9


@pytest.mark.parametrize("own", ["simple_cnn", "{simple_cnn: }", "{family: simple_cnn}"])
def test_a_word_that_the_base_says_too_keeps_the_section(derived, own):
    assert "depth" in parameters(derived(f"model: {own}\n"))


@pytest.mark.parametrize("own", ["vgg16", "{vgg16: {weights: none}}", "{dense_units: 77}"])
def test_a_base_whose_family_is_a_parameter_is_replaced(read, here, own):
    (here / "base.yaml").write_text("data: {dataset: digits, image_size: 32}\nmodel: {choice: [simple_cnn, vgg16]}\n")
    if "vgg16" in own:
        assert parameters(read(f"base: base.yaml\nmodel: {own}\n")) == []
    else:
        with pytest.raises(SpaceError, match="a space file names its model family"):
            read(f"base: base.yaml\nmodel: {own}\n")


@pytest.mark.parametrize(
    "text",
    [
        *("model: {dropout: }", "model: {family: simple_cnn, dropout: }", "model: {simple_cnn: {dropout: }}"),
        *("training: {batch_size: , early_stopping: }", "search: {pruner: }", "engine:\nseed:\nsearch:\n"),
        *("data: {digits: {image_size: , validation: }}", "model: {family: {choice: [simple_cnn, vgg16]}, dropout: }"),
    ],
)
def test_nothing_after_a_key_is_the_default_whether_or_not_the_base_has_the_key(read, here, text):
    (here / "base.yaml").write_text("data: {dataset: digits, image_size: 32}\nmodel: {family: simple_cnn}\n")
    document = read(f"base: base.yaml\n{text}\n").document
    assert not [
        key for section in document.values() if isinstance(section, dict) for key in section if section[key] is None
    ]
    assert document["data"]["dataset"] == "digits"


def test_nothing_after_what_is_no_key_is_refused_all_the_same(derived):
    with pytest.raises(SpaceError) as caught:
        derived("model: {dropuot: }\ntraining: {epoch: }\nsearhc:\n")
    assert [problem.remedy for problem in caught.value.faults] == [
        *("did you mean 'dropout'?", "did you mean 'epochs'?", "did you mean 'search'?")
    ]


def test_a_section_of_another_family_is_rid_of_its_empty_keys_too(derived):
    spec = derived("model: {vgg16: {weights: none, dropout: }}\nconstraints:\nstart_from:\ndata: {image_size: 32}\n")
    assert spec.document["model"] == {"vgg16": {"weights": "none"}}


def test_another_data_set_replaces_the_section_of_the_data(derived):
    spec = derived("data: {dataset: cifar10}\n")
    assert spec.config({"depth": 1, "learning_rate": 0.01, "optimizer": "adam"}).data.augmentation is None


def test_lists_are_replaced_and_not_joined(derived):
    spec = derived("constraints: [depth < 4]\nstart_from: [{depth: 3}, {depth: 2}]\nobjective: [val_accuracy, flops]\n")
    assert [each.text for each in spec.constraints] == ["depth < 4"]
    assert spec.start_from == ({"depth": 3}, {"depth": 2})
    assert [each.metric for each in spec.objectives] == ["val_accuracy", "flops"]


def test_changes_of_the_command_line_come_after_the_base(derived):
    spec = derived("training: {epochs: 2}\n", "epochs=4", "depth=2", "early_stopping.patience=6", "start_from=")
    config = spec.config({"learning_rate": 0.01, "optimizer": "adam"})
    assert (config.training.epochs, config.model.depth, config.training.early_stopping.patience) == (4, 2, 6)


def test_what_is_stored_needs_no_base(derived, here):
    spec = derived("training: {epochs: 2}\n")
    (here / "base.yaml").unlink()
    assert "base" not in spec.document
    assert parse_spec(spec.to_json(), "study r") == spec


@pytest.mark.parametrize("name", ["quickstart.yaml", "quickstart"])
def test_a_space_that_ships_can_be_a_base(read, name):
    spec = read(f"base: {name}\ntraining: {{epochs: 1}}\n")
    assert parameters(spec)[:2] == ["depth", "filters"]
    assert spec.document["training"]["epochs"] == 1


def test_a_file_beside_it_comes_before_a_space_that_ships(read, here):
    (here / "quickstart.yaml").write_text("data: digits\nmodel: simple_cnn\n")
    assert parameters(read("base: quickstart.yaml\n")) == []


def test_a_chain_of_bases_is_followed_the_nearest_wins(read, here):
    (here / "one.yaml").write_text("data: digits\nmodel: simple_cnn\ntraining: {epochs: 1, batch_size: 1}\nseed: 1\n")
    (here / "two.yaml").write_text("base: one.yaml\ntraining: {epochs: 2}\nseed: 2\n")
    spec = read("base: two.yaml\nseed: 3\n")
    assert (spec.seed, spec.config({}).training.epochs, spec.config({}).training.batch_size) == (3, 2, 1)


def test_a_base_lies_relative_to_the_file_that_names_it(here, monkeypatch):
    for folder in ("a/b", "c"):
        (here / folder).mkdir(parents=True)
    (here / "a/b/r.yaml").write_text("base: ../../c/one.yaml\n")
    (here / "c/one.yaml").write_text("base: two.yaml\nseed: 4\n")
    (here / "c/two.yaml").write_text("data: digits\nmodel: simple_cnn\n")
    assert load("a/b/r.yaml").seed == 4
    monkeypatch.chdir(here / "c")
    assert load("../a/b/r.yaml").seed == 4
    assert load(here / "a/b/r.yaml").seed == 4


def test_a_base_may_be_an_absolute_path_or_in_the_home_folder(read, here, monkeypatch):
    (here / "home").mkdir()
    (here / "home" / "one.yaml").write_text("data: digits\nmodel: simple_cnn\n")
    monkeypatch.setenv("HOME", str(here / "home"))
    assert read(f"base: {here}/home/one.yaml\n") == read("base: ~/one.yaml\n")


def test_a_relative_path_of_a_base_is_relative_to_the_base(read, here):
    for folder in ("sub/images", "images"):
        (here / folder).mkdir(parents=True)
    (here / "sub/one.yaml").write_text("data: {dataset: folder, path: images}\nmodel: simple_cnn\n")
    assert read("base: sub/one.yaml\n").config({}).data.path == here / "sub" / "images"
    assert read("base: sub/one.yaml\ndata: {path: images}\n").config({}).data.path == here / "images"
    assert read("base: sub/one.yaml\n", "data.path=images").config({}).data.path == here / "images"


def test_files_of_one_name_in_several_folders_are_told_apart(here):
    (here / "sub/sub/images").mkdir(parents=True)
    (here / "sub/images").mkdir()
    (here / "r.yaml").write_text("base: sub/one.yaml\n")
    (here / "sub/one.yaml").write_text("base: sub/one.yaml\ndata: {path: images}\n")
    (here / "sub/sub/one.yaml").write_text("data: {dataset: folder, path: images}\nmodel: simple_cnn\n")
    assert load("r.yaml").config({}).data.path == here / "sub" / "images"


def test_a_mistake_is_placed_in_the_file_that_has_it(here):
    (here / "sub").mkdir()
    (here / "r.yaml").write_text("base: sub/one.yaml\ntraining: {epochs: 0}\nseed: 1\nseed: 2\n")
    (here / "sub/one.yaml").write_text("base: two.yaml\ndata: digits\ntraining: {batch_size: 0, batch_size: 1}\n")
    (here / "sub/two.yaml").write_text("model: {family: simple_cnn, dpth: 3}\n")
    with pytest.raises(SpaceError) as caught:
        load("r.yaml")
    assert [str(problem.place) for problem in caught.value.faults] == [
        "r.yaml:2:20",
        "r.yaml:4:1",
        "sub/one.yaml:3:24",
        "sub/one.yaml:3:27",
        "sub/two.yaml:1:29",
    ]


def test_two_files_that_start_from_each_other_are_refused_with_the_chain(here):
    (here / "r.yaml").write_text("base: one.yaml\n")
    (here / "one.yaml").write_text("seed: 3\nbase: r.yaml\n")
    with pytest.raises(SpaceError) as caught:
        load("r.yaml")
    assert str(caught.value) == (
        "one.yaml:2:7 base: a file does not start from itself. Received r.yaml -> one.yaml -> r.yaml. "
        "Remove one `base:`."
    )


def test_a_cycle_through_a_link_is_seen(here):
    (here / "r.yaml").write_text("base: link.yaml\n")
    (here / "link.yaml").symlink_to(here / "r.yaml")
    with pytest.raises(SpaceError, match="a file does not start from itself"):
        load("r.yaml")


def test_a_chain_has_twenty_bases_at_most(here):
    for number in range(1, 30):
        (here / f"{number}.yaml").write_text(f"base: {number + 1}.yaml\n")
    (here / "30.yaml").write_text("data: digits\nmodel: simple_cnn\nseed: 8\n")
    assert load("10.yaml").seed == 8
    with pytest.raises(SpaceError, match="a file starts from at most 20 others, in a row"):
        load("9.yaml")


@pytest.mark.parametrize("base", ["3", "[one.yaml]", "{a: b}", "", "true"])
def test_a_base_is_one_file(read, base):
    with pytest.raises(SpaceError, match=r"r\.yaml:1:\d+ base: base is a file to start from"):
        read(f"base: {base}\ndata: digits\nmodel: simple_cnn\n")


@pytest.mark.parametrize("base", ["nothing.yaml", "sub", "'a\0b'", "~nobody-has-this-name/x.yaml", "x" * 5000, "''"])
def test_a_base_that_cannot_be_read_is_refused_where_it_is_named(read, here, base):
    (here / "sub").mkdir()
    base = base.replace("'a\0b'", '"a\\0b"')
    with pytest.raises(SpaceError, match=r"r\.yaml:1:7 base: base is a file that can be read"):
        read(f"base: {base}\n")


def test_a_base_that_is_no_text_is_refused_where_it_is_named(read, here):
    (here / "one.yaml").write_bytes(b"\x89HDF\xff")
    with pytest.raises(SpaceError, match=r"r\.yaml:1:7 base: .* it is not UTF-8 text"):
        read("base: one.yaml\n")


def test_a_base_that_is_no_yaml_does_not_hide_what_is_wrong_with_the_file(read, here):
    (here / "one.yaml").write_text("data: digits\nmodel: {family: [\nseed: 3\n")
    with pytest.raises(SpaceError) as caught:
        read("base: one.yaml\nseed: 1\nseed: 2\n")
    assert [str(problem.place) for problem in caught.value.faults] == ["one.yaml:2:17", "r.yaml:3:1"]


def test_a_base_cannot_be_given_on_the_command_line(read):
    with pytest.raises(SpaceError, match="--set base: a path begins with"):
        read("data: digits\nmodel: simple_cnn\n", "base=quickstart.yaml")
