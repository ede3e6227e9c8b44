"""The API key of Weights & Biases: found as wandb finds it, and shown to nobody."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tracked_runs import make_ending, make_epochs, make_trial, tracking
from wandb_server import WandbServer

from hpo.errors import WorkError
from hpo.tracking.wandb.settings import WandbTracking

wandb = pytest.importorskip("wandb")

KEY = secrets.token_hex(20)


@pytest.fixture
def keyless(wandb_server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> WandbServer:
    """A server whose key nobody has."""
    monkeypatch.delenv("WANDB_API_KEY")
    wandb.teardown()  # it has read its settings and keys before
    wandb_server.forget()
    return wandb_server


def test_one_line_says_what_to_set_where_there_is_no_key(keyless: WandbServer, capfd):
    obstacle = WandbTracking().find_obstacle()
    assert obstacle == "no API key: set WANDB_API_KEY, run `wandb login`, or add --set tracking.wandb.mode=offline"
    assert capfd.readouterr() == ("", "")
    assert not keyless.counts, "nobody was asked"


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_no_key_is_needed_where_nothing_is_sent(keyless: WandbServer, monkeypatch, mode):
    assert WandbTracking(mode=mode).find_obstacle() is None
    monkeypatch.setenv("WANDB_MODE", mode)
    assert WandbTracking().find_obstacle() is None
    assert WandbTracking(mode="online").find_obstacle() is not None


def test_a_key_is_found_where_wandb_login_puts_it_and_in_wandbs_settings(keyless: WandbServer, monkeypatch):
    netrc = Path(os.environ["NETRC"])
    netrc.parent.mkdir(parents=True, exist_ok=True)
    netrc.write_text(f"machine 127.0.0.1:{keyless.port} login user password {KEY}\n")
    netrc.chmod(0o600)
    assert WandbTracking().find_obstacle() is None
    netrc.unlink()
    assert WandbTracking().find_obstacle() is not None
    settings = Path(os.environ["WANDB_CONFIG_DIR"]) / "settings"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"[default]\napi_key = {KEY}\n")
    wandb.teardown()
    assert WandbTracking().find_obstacle() is None


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ["online", "offline"])
def test_the_key_stands_in_no_file_no_argument_and_no_error(
    wandb_server: WandbServer, monkeypatch, tmp_path, capfd, mode
):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    wandb.teardown()
    with tracking(tmp_path / "small" / "wandb", patience=1.0, mode=mode) as tracker:
        if mode == "online":
            with wandb_server.fail(status=401), pytest.raises(WorkError) as caught:
                tracker.begin(make_trial(), 0)
            assert KEY not in repr(caught.value.__cause__) + str(caught.value)
        tracker.begin(make_trial(), 0)
        tracker.log(make_trial(), make_epochs(1))
        arguments = []
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # children of other tests may end meanwhile, or wait for their parent
                arguments.append(process.cmdline())
        assert any("wandb-core" in line[0] for line in arguments if line)
        assert KEY not in str(arguments)
        assert not find_key(tmp_path)
        tracker.end(make_trial(), make_ending())
    assert not find_key(tmp_path)
    assert KEY not in "".join(capfd.readouterr())
    assert KEY not in str(wandb_server.requests) + str(wandb_server.files) + str(wandb_server.runs)
    assert bool(wandb_server.keys) == (mode == "online")


def find_key(folder: Path) -> list[Path]:
    """Return the files that hold the key."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files
    return [path for path in files if KEY.encode() in path.read_bytes()]
