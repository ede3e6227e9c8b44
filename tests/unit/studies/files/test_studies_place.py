"""A place that is no folder: its database lies outside, its models in another file system, its locks in memory."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from upath import UPath

from hpo.analysis import write_report
from hpo.errors import StudyBusyError, StudyConflictError, StudyNotFoundError
from hpo.search import NoTrial, claim
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import (
    ActiveStudy,
    StudyAddress,
    StudyFiles,
    StudyPlace,
    StudyRecord,
    adopt_spec,
    create_study,
    open_place,
)
from hpo.studies.files.place import PLACES
from hpo.studies.store.sqlite.reading import StudyReader
from hpo.studies.store.sqlite.storage import create_storage, open_storage
from hpo.training import Paused

LOCKS: dict[object, threading.Lock] = {}


@dataclass(frozen=True)
class Server:
    """Studies in `server://NAME`, as a database server would have them; their files are all in memory but the pages."""

    address: StudyAddress

    @property
    def _folder(self) -> Path:
        return Path(self.address.storage.removeprefix("server://")).parent

    @property
    def _database(self) -> StudyAddress:
        file = self._folder / f"{self.address.name}.sqlite"
        return StudyAddress(f"sqlite:///{file}", self.address.files, self.address.name)

    @property
    def files(self) -> StudyFiles:
        return StudyFiles(self._folder / "pages" / self.address.name, UPath(self.address.files))

    @property
    def studies(self) -> str:
        return "the server"

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.sqlite"))

    def beside(self, name: str) -> StudyAddress:
        return StudyAddress(f"server://{self._folder / name}", f"memory:/{self._folder / name}", name)

    def exists(self) -> bool:
        return self.address.name in self.names()

    def identity(self) -> object:
        return self.exists()

    def confirm_place(self, identity: object) -> None:
        assert self.identity() == identity

    @contextmanager
    def _hold(self, *key: object, timeout: float = -1):
        lock = LOCKS.setdefault((self.address, *key), threading.Lock())
        if not lock.acquire(timeout=timeout):
            raise StudyBusyError("busy")
        try:
            yield
        finally:
            lock.release()

    def lock(self):
        return self._hold("study", timeout=0.1)

    def is_locked(self) -> bool:
        return LOCKS.setdefault((self.address, "study"), threading.Lock()).locked() or self.is_joined()

    @contextmanager
    def join(self):
        with self._hold("joined"):
            yield 1000

    def is_joined(self) -> bool:
        return LOCKS.setdefault((self.address, "joined"), threading.Lock()).locked()

    def lock_worker(self, worker: int):
        return self._hold("worker", worker)

    def await_workers(self) -> None:
        pass

    def reader(self):
        return StudyReader(self._database).read

    def open_storage(self):
        return open_storage(self._database, 60.0)

    def create_storage(self):
        return create_storage(self._database, 60.0)

    remark = None

    def size(self) -> int:
        return self._database.database.stat().st_size

    def remove(self) -> list[str]:
        self._database.database.unlink()
        return []


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyPlace:
    """The place of study `small` on a server."""
    opener: Callable[[StudyAddress], StudyPlace] = Server
    monkeypatch.setitem(PLACES, "server", opener)
    return open_place(StudyAddress(f"server://{tmp_path}/small", f"memory:/{tmp_path}/small", "small"))


@pytest.fixture(params=["server", "postgres", "folder"])
def place(request, studies):
    """A place that is none of ours, and those that are: on a database server, and on this machine."""
    if request.param == "server":
        return request.getfixturevalue("server")
    if request.param == "postgres":
        files = f"memory:/{studies}"
        return open_place(StudyAddress.named("small", studies, request.getfixturevalue("postgres_url"), files))
    return open_place(StudyAddress.in_folder(studies / "small"))


def test_a_study_is_worked_on_from_its_creation_to_its_report_wherever_it_is_kept(place, spec, add_trials):
    with pytest.raises(StudyNotFoundError, match=re.escape(place.studies)):
        StudyRecord(place.address)
    with place.lock(), create_study(spec(), place.address) as study, study.session():
        assert study.place == place
        add_trials(study, 0.5)
        trial = claim(study, OptunaSearch(study, "host:1"), lambda: False)
        study.files.models.put(trial.number, lambda path: path.write_bytes(b"model"))
        assert [ended.number for ended in study.end_attempts_of("host:1", "worker_died: signal 9")] == [trial.number]
        assert study.state == "running"
        adopt_spec(study, spec("model.depth={int: [1, 3]}", "search.trials=3"))
    record = StudyRecord(place.address)
    assert record.counts()["complete"] == record.counts()["waiting"] == 1
    assert (record.best.value, record.budget.trials, record.state) == (0.5, 3, "paused")
    assert record.files.models.numbers() == [trial.number]
    assert str(record.files.models.find(trial.number)).startswith(place.address.files)
    assert record.summary()["storage"] == place.address.safe_storage
    assert write_report(record).read_text().startswith("<!doctype html>")


def test_a_study_starts_from_the_best_model_of_another_on_the_same_server(server, spec, add_trials):
    other = server.beside("other")
    with create_study(spec(), other) as study:
        add_trials(study, 0.5)
        study.files.models.put(0, lambda path: path.write_bytes(b"model"))
    with create_study(spec("model={family: simple_cnn, weights: 'study:other'}"), server.address) as study:
        assert study.files.weights_of("other").read_bytes() == b"model"
    assert server.names() == ["other", "small"]
    assert server.remove() == []
    assert not server.exists()
    with create_study(spec(), other) as study:  # nobody holds it
        assert claim(study, OptunaSearch(study, "host:1"), lambda: False) == NoTrial("paused")
    with server.lock(), pytest.raises(StudyBusyError), server.lock():
        pass


def test_a_study_that_others_have_joined_keeps_its_space_and_what_they_do(place, spec):
    with create_study(spec(), place.address) as study, place.join() as first:
        assert first >= 1000
        assert place.is_joined()
        assert place.is_locked()
        identity = place.identity()
        with pytest.raises(StudyBusyError, match=r"Pause them first: hpo pause .*small"):
            adopt_spec(study, spec("model.depth={int: [1, 3]}"))
        assert adopt_spec(study, spec("search.trials=3")) is None
        with create_study(spec(), place.address) as again:  # nothing was trained yet
            assert again.place.identity() == identity
    assert not place.is_joined()


def test_a_worker_whose_study_was_changed_meanwhile_claims_no_more(place, spec):
    with place.lock(), create_study(spec(), place.address) as study, ActiveStudy(place.address) as joined:
        search = OptunaSearch(joined, "host:1")
        assert adopt_spec(study, spec("search.trials=3")) is None
        trial = claim(joined, search, lambda: False)
        assert trial.number == 0
        trial.tell(Paused())
        adopt_spec(study, spec("search.trials=3", "model.depth={int: [1, 3]}"))
        with pytest.raises(StudyConflictError, match=r"one that another process has changed.*hpo worker .*small"):
            claim(joined, search, lambda: False)
