"""What file is given, what its text looks like, and what is refused."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError, UserError
from hpo.foreign.conversion import convert
from hpo.foreign.conversion.option_names import WHY_NOT, explain_mismatch, find_options, options
from hpo.vocabulary import OPTIONS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Received an empty file."),
        ("# nothing", "a file to convert is a Weights & Biases sweep"),
        ("just words", "Received 'just words'."),
        ("- a\n- b", "Received a list of 2."),
        ("[1, 2]", "a file to convert is a Weights & Biases sweep"),
        ("{}", "a file to convert is a Weights & Biases sweep"),
        ('{"a": 1, "b": 2}', "Received an object with [a, b]."),
        ("lr: {min: 0, max: 1}", "Received a mapping with lr."),
        ("data: {dataset: digits}\nmodel: {}", "It is a space file already: hpo run --space FILE."),
        ("parameters: {a: {value: 1}", "f.yaml:1:"),
        ("parameters: !!python/object:os.system {}", "tags are not part of the language"),
        ("a: 1\na: 2", "a key stands once in a mapping"),
        ("[" * 5000, "Received thousands of levels."),
        ('{"space": [' + "9" * 5000 + "]}", "Received a number of thousands of digits."),
    ],
)
def test_a_file_that_is_neither_is_refused(tmp_path, content, said):
    (tmp_path / "f.yaml").write_text(content)
    with pytest.raises(SpaceError) as refused:
        convert(tmp_path / "f.yaml")
    assert said in str(refused.value)
    assert "space file is" not in str(refused.value)


def test_broken_json_is_placed_where_it_breaks(tmp_path):
    (tmp_path / "f.json").write_text('{"space": [\n  {,}\n]}')
    with pytest.raises(SpaceError, match=r"f\.json:2:4 it is JSON"):
        convert(tmp_path / "f.json")


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff\xfe\x00", "it is not UTF-8 text"), (b" " * 1_000_001, "at most 1,000,000 bytes")]
)
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path, content, said):
    (tmp_path / "f.json").write_bytes(content)
    with pytest.raises(UserError, match=said):
        convert(tmp_path / "f.json")


@pytest.mark.parametrize("name", ["none.yaml", "", ".", "a\0b", "x" * 5000, "~nobody-at-all/f"])
def test_a_path_without_a_file_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="a file to convert is a text file that can be read"):
        convert(name)


def test_an_alias_means_its_option():
    for target, aliases in OPTIONS.items():
        for alias in aliases.split() if "." not in target and find_options(target) else ():
            assert find_options(alias) == find_options(target), alias


def test_a_well_known_name_without_a_counterpart_has_none():
    for names in WHY_NOT.values():
        assert not any(map(find_options, names.split()))


def test_an_option_is_known_by_its_full_path():
    for option in options():
        assert option in find_options(str(option))


def test_names_are_known_in_any_spelling():
    for name in ("learningRate", "Learning Rate", "LEARNING_RATE", "training/learning-rate", "learning_rate_1"):
        assert [str(option) for option in find_options(name)] == ["training.learning_rate"], name


def test_a_short_name_that_may_mean_something_else_is_not_taken():
    assert find_options("rotation") == find_options("factor") == ()
    assert [str(option) for option in find_options("augmentation.rotation")] == ["data.augmentation.rotation"]


def test_a_well_known_name_without_a_counterpart_has_its_own_reason():
    assert "under `data:`" in explain_mismatch("dataset_name")
    assert explain_mismatch("momentum_schedule") == "hpo has no such option"


def test_the_text_tells_its_origin_and_how_to_run_it(tmp_path):
    (tmp_path / "mine.yaml").write_text("parameters: {lr: {value: 0.1}, x: {value: 1}}")
    text = convert(tmp_path / "mine.yaml", "made.yaml").text
    assert text.startswith("# Converted by `hpo convert` from mine.yaml, a Weights & Biases sweep.\n")
    assert "#     hpo check made.yaml\n#     hpo run --space made.yaml\n" in text
    assert "# 1 hyperparameter converted; 1 without a counterpart, told at the end.\n" in text


def test_no_line_is_longer_than_a_hundred_columns(sweep):
    space = sweep(
        {
            "batch_size": f"{{values: {list(range(1, 200))}}}",
            "lr": "{distribution: normal, mu: 0.123456789, sigma: 0.0123456789}",
            "optimizer": "{values: [adam, sgd, lion, adamax, ftrl, nadam, adagrad]}",
            "a" * 300: f"{{values: {['word ' * 30] * 30}}}",
        },
        f"description: {'long ' * 200}",
    )
    assert max(map(len, space.conversion.text.splitlines())) <= 100
    assert space["training.batch_size"] == {"choice": list(range(1, 200))}


def test_nothing_in_a_name_can_leave_its_comment(make):
    space = make('"parameters": {"a\\nseed: 9": {value: "b\\u2028data: x"}, "\\u0085lr": {value: 0.1}}')
    assert "seed" not in space.spec.document
    assert space["training.learning_rate"] == 0.1


@pytest.mark.parametrize("name", ["true", "1e5", "null", "007", "yes", "12:30:45", "1_000"])
def test_a_name_that_yaml_could_take_for_something_else_stays_a_name(sweep, name):
    assert sweep({"epochs": "{value: 1}"}, f'name: "{name}"').spec.name == name.replace(":", "-")


def test_a_text_without_end_is_cut_short(make):
    parameters = "\n".join(f"  unknown_{i}x: {{values: [{'9, ' * 8}]}}" for i in range(400))
    space = make(f"parameters:\n{parameters}")
    assert len(space.conversion.unmatched) == 400
    assert "#   and 300 more" in space.conversion.text
