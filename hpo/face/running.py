"""Load, run and resume from Python, with progress as the command line shows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from hpo import spaces, tuning
from hpo.face.observation import Listen, name_arguments, show_run
from hpo.face.study import Study
from hpo.spaces import Engine, StudySpec
from hpo.studies import StudyAddress
from hpo.studies.address import DEFAULT_STUDIES
from hpo.tuning import MessageCallback, RunOptions, Space, check_option


def load(
    source: Space,
    overrides: Iterable[str] = (),
    complete: Callable[[Any], Any] | None = None,
) -> StudySpec:
    """Read a space file, or what one would say.

    Args:
        source: a path, the name of a space that ships with hpo (`vgg16.yaml`), or plain values: their paths are
            relative to the working directory, and their study is called `study` where they do not say.
        overrides: changes `path=value`, made in their order before anything is checked.
        complete: adds what a file leaves to be found out (see `hpo.foreign.discovery`). Changes whose path the file
            does not have are made after it.

    Raises:
        SpaceError: with every mistake of the file at once, each with its place.
        UserError: there is no such file, it cannot be read, or an argument is of another kind.
    """
    check_option("space", source)
    with name_arguments():
        return spaces.load(source, RunOptions(overrides=overrides).overrides, complete)


def run(
    space: Space,
    *,
    trials: int | None = None,
    timeout: float | str | None = None,
    epochs: int | None = None,
    gpu_hours: float | None = None,
    cost: float | None = None,
    workers: int | None = None,
    resources: Mapping[str, object] | None = None,
    launcher: str = "local",
    engine: Engine | None = None,
    backend: str | None = None,
    sweep: str | None = None,
    overrides: Iterable[str] = (),
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
    wandb: str | None = None,
    quiet: bool = False,
    listen: Listen | None = None,
    note: MessageCallback | None = None,
    warn: MessageCallback | None = None,
) -> Study:
    """Create or continue the study of a space, and work until its budget is used up.

    Progress is shown in a terminal and in a notebook, and as lines elsewhere.

    Args:
        space: a path, the name of a space that ships with hpo (`vgg16.yaml`), or what a file would say, as a dict.
        trials: the study's budget in trials; the file's by default. A total: running twice does not run more.
        timeout: its budget in working time, in seconds or as `8h`; the file's by default. A total as well.
        epochs: its budget in epochs of all trials together.
        gpu_hours: its budget in hours of GPUs.
        cost: its budget in money, by the file's `cost.per_gpu_hour`.
        workers: how many trials run at once, each in a process of its own; by default 1, or as many as `resources`
            leave room for.
        resources: what each trial gets of the machine, in place of what the file says: `{"gpus": 1}`, `{"gpus": 0.5}`,
            `{"cpus": 2, "memory": "8GB"}`.
        launcher: what starts the workers: `local`, or a name that a package registers under `hpo.launchers`.
        engine: what Keras runs on; the file's by default.
        backend: who decides what to try, as `optuna` or `wandb`; the file's by default, whose options of another
            backend are left aside.
        sweep: a sweep of Weights & Biases to join, `ENTITY/PROJECT/ID`.
        overrides: changes to the file, `path=value`.
        studies: the folder of studies.
        storage: the URL of a database server that keeps the study, as `postgresql+psycopg://USER@HOST/DATABASE`; the
            environment variable HPO_STORAGE by default, and without it a file in the study's folder.
        files: the URL under which models and checkpoints are kept, as `s3://BUCKET/FOLDER`, or the path of a folder;
            the environment variable HPO_FILES by default, and without it `studies`.
        wandb: a project of Weights & Biases in which the trials are shown as well.
        quiet: show no progress.
        listen: called with every event of the run (`hpo.fleet.messages` has them), in the calling thread,
            beside the progress that is shown. A function whose parameter is called `study` is called with the study
            instead, gives what is called with its events, and takes the place of the progress.
        note: called with what should be known of the file before it is worked on; shown by default.
        warn: called with what has to be known before code runs that came with a study from another machine; a warning
            of Python's by default.

    Returns:
        The study, finished.

    Raises:
        UserError: the file or the request is wrong, the study is busy, exists with another space, or starts from
            a study without weights.
        WorkError: the data cannot be read, or no trial can run. What was done is kept.
        KeyboardInterrupt: interrupted, or paused by `hpo pause`; the next call continues the study.
    """
    options = RunOptions(
        overrides=overrides,
        trials=trials,
        timeout=timeout,
        epochs=epochs,
        gpu_hours=gpu_hours,
        cost=cost,
        workers=workers,
        resources=resources,
        launcher=launcher,
        engine=engine,
        backend=backend,
        sweep=sweep,
        studies=studies,
        storage=storage,
        files=files,
        wandb=wandb,
    )
    with show_run(quiet, listen, note, warn) as observer:
        return Study(tuning.run(space, options, observer).address)


def resume(
    study: str | Path | StudyAddress | None = None,
    *,
    space: Space | None = None,
    overrides: Iterable[str] = (),
    trials: int | None = None,
    timeout: float | str | None = None,
    epochs: int | None = None,
    gpu_hours: float | None = None,
    cost: float | None = None,
    workers: int | None = None,
    resources: Mapping[str, object] | None = None,
    launcher: str = "local",
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
    quiet: bool = False,
    listen: Listen | None = None,
    note: MessageCallback | None = None,
    warn: MessageCallback | None = None,
) -> Study:
    """Continue a study to the end of its budget, or of a raised one; in another space, if asked to.

    Args:
        study: its name, its address, or the path of its folder; the name of the space by default.
        space: what to go on with, as for `run`; the study's own space by default. The trials that lie in it are kept,
            the others put aside. Its budget counts where it is larger than the study's.
        overrides: changes to that space, `path=value`, such as `data.path=/new/place` where the data was moved.
        trials: raises the budget to so many trials in all.
        timeout: raises the budget to so much working time in all, in seconds or as `8h`.
        epochs: raises the budget to so many epochs in all.
        gpu_hours: raises the budget to so many GPU-hours in all.
        cost: raises the budget to so much money in all.
        workers: as for `run`.
        resources: as for `run`; the study keeps them.
        launcher: as for `run`.
        studies: the folder of studies.
        storage: as for `run`.
        files: as for `run`.
        quiet: as for `run`.
        listen: as for `run`.
        note: as for `run`.
        warn: as for `run`.

    Returns:
        The study, finished.

    Raises:
        StudyNotFoundError: there is none of that name.
        StudyConflictError: the space differs in what all trials of a study have in common.
        UserError: the study is busy, the space is wrong, or it starts from a study without weights.
        WorkError: the data cannot be read or has changed, or no trial can run.
        KeyboardInterrupt: interrupted, or paused by `hpo pause`.
    """
    options = RunOptions(
        overrides=overrides,
        trials=trials,
        timeout=timeout,
        epochs=epochs,
        gpu_hours=gpu_hours,
        cost=cost,
        workers=workers,
        resources=resources,
        launcher=launcher,
        studies=studies,
        storage=storage,
        files=files,
    )
    with show_run(quiet, listen, note, warn) as observer:
        return Study(tuning.resume(study, space=space, options=options, observer=observer).address)


def retry(
    study: str | Path | StudyAddress,
    causes: Collection[str] | None = None,
    *,
    workers: int = 1,
    launcher: str = "local",
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
    quiet: bool = False,
    listen: Listen | None = None,
) -> Study:
    """Run the failed trials of a study again, and no others; each goes on from its last checkpoint.

    Args:
        study: its name, its address, or the path of its folder.
        causes: only those that failed for one of these kinds of causes, such as `out_of_memory`; all by default.
        workers: as for `run`.
        launcher: as for `run`.
        studies: the folder of studies.
        storage: as for `run`.
        files: as for `run`.
        quiet: as for `run`.
        listen: as for `run`.

    Returns:
        The study.

    Raises:
        StudyNotFoundError: there is none of that name.
        UserError: it has no such trial, or is busy.
        WorkError: the data cannot be read or has changed, or no trial can run.
        KeyboardInterrupt: interrupted, or paused by `hpo pause`.
    """
    options = RunOptions(workers=workers, launcher=launcher, studies=studies, storage=storage, files=files)
    with show_run(quiet, listen, None, None) as observer:
        return Study(tuning.retry(study, causes, options=options, observer=observer).address)


def confirm(
    study: str | Path | StudyAddress,
    top: int = 3,
    seeds: int | None = None,
    folds: int | None = None,
    *,
    workers: int | None = None,
    launcher: str = "local",
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
    quiet: bool = False,
    listen: Listen | None = None,
) -> Study:
    """Train the best configs of a study again with fresh seeds; `confirmation` of the study says what they come to.

    The test part is read once in the life of a study, for the config with the best mean. An interrupted confirmation
    goes on where this is called again, or `resume`; more seeds are added to those there are.

    Args:
        study: its name, its address, or the path of its folder.
        top: how many of the best configs.
        seeds: how often each is trained: by default 5 times, in folds once each.
        folds: so many folds of the training and validation images are validated on in turn; by default the study's own
            split stays.
        workers: as for `run`.
        launcher: as for `run`.
        studies: the folder of studies.
        storage: as for `run`.
        files: as for `run`.
        quiet: as for `run`.
        listen: as for `run`.

    Returns:
        The study.

    Raises:
        StudyNotFoundError: there is none of that name.
        UserError: it has no complete trial, or is busy, or an argument is wrong.
        WorkError: the data cannot be read or has changed, or no trial can run.
        KeyboardInterrupt: interrupted, or paused by `hpo pause`.
    """
    options = RunOptions(workers=workers, launcher=launcher, studies=studies, storage=storage, files=files)
    with show_run(quiet, listen, None, None) as observer:
        return Study(tuning.confirm(study, top, seeds, folds, options=options, observer=observer).address)


def worker(
    study: str | Path | StudyAddress,
    *,
    overrides: Iterable[str] = (),
    workers: int | None = None,
    resources: Mapping[str, object] | None = None,
    launcher: str = "local",
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
    quiet: bool = False,
    listen: Listen | None = None,
    note: MessageCallback | None = None,
    warn: MessageCallback | None = None,
) -> Study:
    """Work on the trials of a study beside others, on this or on other machines, until its budget is used up.

    It joins and leaves at any time, and changes neither the space of the study nor its budget.

    Args:
        study: its name, its address, or the path of its folder.
        overrides: what is otherwise on this machine, `path=value`: `data.path`, where its data lies, and `resources`.
        workers: as for `run`.
        resources: what each trial gets of this machine, in place of what the study says; other machines keep theirs.
        launcher: as for `run`.
        studies: the folder of studies.
        storage: as for `run`.
        files: as for `run`.
        quiet: as for `run`.
        listen: as for `run`.
        note: as for `run`.
        warn: as for `run`.

    Returns:
        The study, finished.

    Raises:
        StudyNotFoundError: there is none of that name.
        UserError: what the study needs is not installed.
        WorkError: the data cannot be read or is not what the study began with, or no trial can run.
        KeyboardInterrupt: interrupted; its trials were given back.
    """
    options = RunOptions(
        overrides=overrides,
        workers=workers,
        resources=resources,
        launcher=launcher,
        studies=studies,
        storage=storage,
        files=files,
    )
    with show_run(quiet, listen, note, warn) as observer:
        return Study(tuning.worker(study, options=options, observer=observer).address)


def open_study(
    study: str | Path | StudyAddress,
    studies: str | Path = DEFAULT_STUDIES,
    *,
    storage: str | None = None,
    files: str | Path | None = None,
) -> Study:
    """Open a study to look at.

    Args:
        study: its name, its address, or the path of its folder.
        studies: the folder of studies.
        storage: as for `run`.
        files: as for `run`.

    Raises:
        StudyNotFoundError: there is none of that name.
    """
    return Study(tuning.open_study(study, studies, storage, files).address)
