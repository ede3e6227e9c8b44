"""`hpo publish`: the folder that the Hub expects, and its upload by the Hub's own client to a server on loopback."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo, run_hpo
from hub_server import TOKEN, Hub, serve_hub
from huggingface_hub import constants

pytestmark = pytest.mark.engine
FILES = ["README.md", "classes.txt", "config.json", "metadata.json", "model.json", "model.keras", "model.weights.h5"]


@pytest.fixture(autouse=True)
def _own_studies(finished: FinishedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the study to publish, and nobody signed in."""
    shutil.copytree(finished.folder / "studies", tmp_path / "studies")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf" / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A server in the Hub's place, for this process and for commands."""
    with serve_hub() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        yield hub


def read_folder(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_model_is_uploaded_by_the_hubs_client_as_its_folder_is(hub: Hub, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    result = run_hpo("publish", "e2e", "--to", "hf:anna/digits", "--private", "--save", "hub", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-1] == f"It is uploaded: {hub.url}/anna/digits"
    assert hub.files["anna/digits"] == read_folder(tmp_path / "hub")
    assert sorted(hub.files["anna/digits"]) == FILES
    assert hub.private["anna/digits"]
    assert 'load_model("hf://anna/digits")' in (tmp_path / "hub" / "README.md").read_text()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert TOKEN not in result.stderr
    assert TOKEN.encode() not in written


def test_keras_loads_the_folder_as_it_is_on_the_hub(hpo: Hpo, tmp_path: Path):
    import keras
    import numpy as np

    hpo("publish", "e2e", "--save", "hub")
    model = keras.saving.load_model(tmp_path / "hub")  # what `hf://OWNER/NAME` does, once it is downloaded
    whole = keras.saving.load_model(tmp_path / "hub" / "model.keras")
    images = np.random.default_rng(0).integers(0, 256, (3, 9, 7, 1), np.uint8)
    assert np.array_equal(model.predict(images, verbose=0), whole.predict(images, verbose=0))
    about = json.loads((tmp_path / "hub" / "model.json").read_text())
    with zipfile.ZipFile(tmp_path / "hub" / "model.keras") as archive:
        inside = json.loads(archive.read("hpo.json"))
    assert inside.items() <= about.items()
    assert (about["format"], about["model"], about["study"]) == ("keras", "model.keras", "e2e")
    assert (tmp_path / "hub" / "classes.txt").read_text().split() == about["classes"]


def test_without_a_token_the_folder_is_written_and_what_its_owner_writes_is_kept(hpo: Hpo, hub: Hub, tmp_path: Path):
    first = hpo("publish", "e2e", "--to", "hf:anna/digits")
    assert first.returncode == 1
    (folder,) = (tmp_path / "studies" / "e2e" / "exports").iterdir()
    assert "2 blocks of its README.md and a licence are yours to fill in" in first.stderr
    assert "`hf auth login` (or set HF_TOKEN)" in first.stderr
    assert sorted(read_folder(folder)) == FILES
    assert not hub.files
    card = folder / "README.md"
    card.write_text(card.read_text().replace("To be filled in by the owner: what it is for", "Sorts forms; not for"))
    again = hpo("publish", "e2e", "--to", "hf:anna/digits", "--json")
    assert "; its card is the one that was there." in again.stderr
    assert json.loads(again.stdout)["url"] is None
    assert "Sorts forms" in card.read_text()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "diary.txt").write_text("mine")
    refused = hpo("publish", "e2e", "--save", "own")
    assert refused.stderr == (
        "hpo: own: it is a new folder, or one of this model. Received something else. Name another folder by --save.\n"
    )


def test_what_the_hub_refuses_is_told_without_the_token(hpo: Hpo, hub: Hub, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.private["anna/open"] = False
    for repository, status, exit_status, message in (
        ("others/digits", None, 2, "hf:others/digits: the Hub takes what it is given. Received 403 You don't have the"),
        ("anna/open", None, 2, "anna/open: others do not see it. Received a repository that is public."),
        ("anna/digits", 401, 2, "Received 401 refused for Bearer ***. Make a token in the settings of your account"),
        ("anna/digits", 503, 1, "Try again later; the folder stays."),
    ):
        hub.status = status
        result = hpo("publish", "e2e", "--to", f"hf:{repository}", "--private", "--save", "hub")
        assert message in result.stderr
        assert (result.returncode, TOKEN in result.stderr) == (exit_status, False)
    assert not hub.files
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    nobody = hpo("publish", "e2e", "--to", "hf:anna/digits", "--save", "hub", "--debug")
    assert nobody.returncode == 1
    assert "publish: anna/digits is uploaded to the Hub. Received ConnectError" in nobody.stderr
    assert TOKEN not in nobody.stderr
    wrong = hpo("publish", "e2e", "--to", "anna/digits")
    assert (
        "--to: it is hf:OWNER/NAME, a model repository of the Hugging Face Hub. Received anna/digits." in wrong.stderr
    )
