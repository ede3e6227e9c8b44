"""What a file says of a sweep is checked, with its place; another backend's options are left aside when asked for."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError, UserError
from hpo.search import check_ready
from hpo.spaces import load
from hpo.spaces.file.backend_choice import choose_backend
from hpo.spaces.remarks.remarks import remarks

SPACE = """\
data: digits
model: {simple_cnn: {depth: {int: [1, 3]}, dropout: {float: [0.0, 0.8]}}}
training:
  epochs: 3
  optimizer: {choice: {adam: , sgd: {momentum: {choice: [0.0, 0.9]}}}}
search: {backend: wandb, method: random, trials: 4}
"""


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "space.yaml"

    def read(*changes, text=SPACE, choose=None):
        path.write_text(text)
        return load(path, changes, choose=choose)

    return read


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["search.method=grid"], r"space.yaml:2:53 simple_cnn.dropout: a grid needs finitely many values"),
        (["search.method=bayes", "objective=[val_loss, parameters]"], "bayes of W&B searches for one objective"),
        (["search.method=tpe"], r"search.method: it is one of bayes, random, grid, hpo\. Received 'tpe'"),
        (
            ["search.early_terminate={min_iter: 1, max_iter: 3, s: 2}"],
            "begin at min_iter, or are counted down from max_iter",
        ),
        (["search.early_terminate={max_iter: 3}"], "it needs min_iter, or max_iter with s"),
        (["search.early_terminate={min_iter: 1, eta: 1}"], "it is above 1"),
        (["search.method=hpo", "search.pruner=promotion"], "a run of a sweep ends once"),
        (["search.sweep=me/project"], "it is ENTITY/PROJECT/ID, or the address of the sweep's page"),
        (["search.sweep=me/project/x1", "search.project=other"], "Drop project and entity"),
        (["search.project=a/b"], "it has 1 to 128 characters, and none of"),
        (["tracking.wandb=a/b"], "it has 1 to 128 characters, and none of"),
        (
            ["search.oracle=random"],
            "the keys here are backend, cost, early_terminate, entity, epochs, gpu_hours, method, project, pruner, sa",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_place(read, changes, told):
    with pytest.raises(SpaceError, match=told):
        read(*changes)


@pytest.mark.parametrize(
    ("backend", "option"),
    [("keras_tuner", "sampler: tpe"), ("keras_tuner", "pruner: hyperband"), ("keras_tuner", "method: bayes")],
)
def test_an_option_of_another_backend_is_not_sent_to_where_it_stands(read, backend, option):
    with pytest.raises(SpaceError, match="the keys here are backend") as raised:
        read(text=SPACE.replace("{backend: wandb, method: random, trials: 4}", f"{{backend: {backend}, {option}}}"))
    assert "search" not in str(raised.value).partition("Received")[2], str(raised.value)


def test_a_sweep_whose_runs_would_not_reach_the_server_is_refused_before_there_is_a_study(read, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    for mode in ("offline", "disabled"):
        with pytest.raises(UserError, match=f"tracking.wandb.mode: a sweep learns .* Received {mode}. Leave mode out"):
            check_ready(read(f"tracking.wandb.mode={mode}"))
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setattr("hpo.tracking.wandb.credentials.has_credentials", lambda mode: False)
    with pytest.raises(UserError, match=r"search.backend: wandb has no API key: .*, or run `wandb login`$"):
        check_ready(read())


def test_a_sweep_without_a_parameter_is_refused(read):
    with pytest.raises(SpaceError, match="a sweep has a parameter"):
        read(text="data: digits\nmodel: simple_cnn\nsearch: {backend: wandb}\n")


@pytest.mark.parametrize("host", ["https://wandb.ai/me/project", "https://a.example/wandb/me/project"])
def test_the_address_of_a_page_is_taken_for_its_path(read, host):
    assert read(f"search.sweep={host}/sweeps/x1?nw=me").search.sweep == "me/project/x1"


def test_what_never_acts_and_a_grid_of_repeats_are_remarked(read):
    spec = read("search.early_terminate={min_iter: 3}")
    assert "search.early_terminate: it can never act: runs are first compared after 3 epochs" in "".join(remarks(spec))
    spec = read("search.sweep=me/project/x1", "search.sampler=tpe")
    assert "search.sampler: it can never act: W&B decides, by the method of the sweep" in "".join(remarks(spec))
    spec = read("search.early_terminate={max_iter: 9, s: 2}")
    assert "early_terminate" not in "".join(remarks(spec))
    spec = read("search.method=grid", "dropout={choice: [0.0, 0.5]}")
    assert "its grid has 24 points, of 18 configs" in "".join(remarks(spec))


OTHER = SPACE.replace("{backend: wandb, method: random, trials: 4}", "{sampler: random, pruner: none, trials: 4}")


def test_sampler_and_pruner_act_where_hpo_decides_and_are_remarked_elsewhere(read):
    texts = "".join(remarks(read("search.sampler=random", "search.pruner=none")))
    assert "search.sampler: it can never act: W&B decides, by `method: random`" in texts
    assert "search.pruner: it can never act" in texts
    spec = read("search.method=hpo", "search.sampler=random")
    assert "never act" not in "".join(remarks(spec))
    assert spec.search.choices == {"backend": "wandb", "method": "hpo", "sampler": "random", "pruner": "auto"}


def test_another_backend_leaves_the_options_aside_that_it_does_not_have_and_says_so(read):
    notes = []
    spec = read(
        "search.method=grid", "dropout=0.5", text=OTHER, choose=lambda root: choose_backend(root, "wandb", notes.append)
    )
    assert (spec.search.backend, spec.search.trials, spec.search.method) == ("wandb", 4, "grid")
    assert (spec.search.sampler.name, notes) == ("random", [])
    keras_tuner = read(text=OTHER, choose=lambda root: choose_backend(root, "keras_tuner", notes.append))
    assert keras_tuner.search.backend == "keras_tuner"
    assert notes == [
        "search.sampler, search.pruner: left aside, since the search backend keras_tuner has other options."
    ]


def test_the_backend_that_a_file_has_changes_nothing(read):
    spec = read(text=OTHER, choose=lambda root: choose_backend(root, "optuna", pytest.fail))
    assert spec.search.sampler.name == "random"
    assert read(choose=lambda root: choose_backend(root, "wandb", pytest.fail)).search.method == "random"


def test_a_backend_that_there_is_not_is_refused_by_its_name(read):
    with pytest.raises(SpaceError, match=r"a search backend is one of .*optuna.*wandb\. Received 'wanda'"):
        read(text=OTHER, choose=lambda root: choose_backend(root, "wanda", [].append))


def test_a_file_without_a_section_takes_a_backend(read):
    text = OTHER.partition("search:")[0]
    assert read(text=text, choose=lambda root: choose_backend(root, "wandb", pytest.fail)).search.method == "bayes"
