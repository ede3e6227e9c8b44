"""A model goes to the Hugging Face Hub: the folder that it expects, and the upload by its own client."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hpo
from hpo.errors import Fault, HpoError, MissingExtraError, UserError, WorkError
from hpo.shipping.card.chapters.model import describe_use
from hpo.shipping.card.content import make_card
from hpo.shipping.card.source import CardSource
from hpo.shipping.card.writing import NAME as CARD
from hpo.shipping.folders import fill_folder
from hpo.shipping.kept_model import MEMBER, KeptModel
from hpo.shipping.privacy import copy_model, describe_for_others

_REPOSITORY = re.compile(r"hf:([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)", re.ASCII)
_MODEL, _DESCRIPTION, _CLASSES = "model.keras", "model.json", "classes.txt"
_UNAUTHORIZED, _FORBIDDEN, _FAILURES = 401, 403, 500
"""HTTP statuses: no valid token, none for this repository, and from where on the server has failed."""


@dataclass(frozen=True, slots=True)
class HubFolder:
    """A folder as the Hub expects that of a Keras model.

    Attributes:
        path: of the folder.
        keeps_card: whether its card is that of an earlier call, which its owner may have filled in.
        open_blocks: how many blocks of the card are to be filled in by the owner.
    """

    path: Path
    keeps_card: bool
    open_blocks: int


def read_repository(target: str) -> str:
    """Read the `OWNER/NAME` of `hf:OWNER/NAME`.

    Raises:
        UserError: it is none.
    """
    match = _REPOSITORY.fullmatch(target)
    if match is None:
        rule, remedy = "it is hf:OWNER/NAME, a model repository of the Hugging Face Hub", "write it so"
        raise UserError(Fault(rule, target, remedy, subject="--to"))
    return match[1]


def choose_hub_folder(kept: KeptModel) -> Path:
    """Choose the folder where none is named: among the exports of the study, or beside the file."""
    if kept.study is None:
        return Path(str(kept.path.parent)) / f"{kept.path.stem}-hub"
    return kept.study.files.path / "exports" / f"trial-{kept.trial}-hub"


def write_hub_folder(kept: KeptModel, folder: Path, repository: str | None) -> HubFolder:
    """Write what the Hub expects of a Keras model, and what its owner needs.

    `README.md`, the card, which is kept where the folder has one: its owner may have filled it in. `model.keras`, the
    model as one file. `config.json`, `metadata.json` and `model.weights.h5`, the same unpacked: what
    `keras.saving.load_model("hf://OWNER/NAME")` reads. `model.json`, what the model takes and gives, and `classes.txt`,
    a class a line. Of paths on this machine, the last names alone are in them.

    Args:
        kept: the model.
        folder: a new one, an empty one, or one that was written for this model before.
        repository: `OWNER/NAME`, for the card; None where it goes to no repository yet.

    Raises:
        UserError: the folder holds something else, or cannot be written to.
        StorageError: the server that keeps the study does not answer.
    """
    about = {
        **describe_for_others(kept.about),
        "format": "keras",
        "model": _MODEL,
        "study": None if kept.study is None else kept.study.name,
        "trial": kept.trial,
    }
    _require_own(folder, about)
    card = folder / CARD
    keeps_card = card.is_file()
    if not keeps_card:
        usage = describe_use(CardSource(kept), repository)
        text = make_card(kept, usage=usage)
    with fill_folder(folder) as partial:
        (partial / _DESCRIPTION).write_text(json.dumps(about, indent=2, ensure_ascii=False), encoding="utf-8")
        (partial / _CLASSES).write_text("".join(f"{name}\n" for name in kept.classes), encoding="utf-8")
        with kept.open_local() as local:
            _unpack(local, partial)
        if keeps_card:
            text = card.read_text(encoding="utf-8")
        else:
            (partial / CARD).write_text(text, encoding="utf-8")
    return HubFolder(folder, keeps_card, text.count("To be filled in by the owner"))


def find_token() -> str | None:
    """Find the token for the Hub: that of `HF_TOKEN`, or of `hf auth login`; None where there is none.

    Raises:
        MissingExtraError: `HF_TOKEN` is set, and the Hub's client is not installed.
    """
    if find_spec("huggingface_hub") is None:
        if not os.environ.get("HF_TOKEN"):
            return None
        raise MissingExtraError(
            "publish: the Hub is reached by the package huggingface_hub. Received an installation without it. Install "
            'it: pip install "hpo[hub]"'
        )
    from huggingface_hub import get_token

    return get_token()


def upload_folder(folder: Path, repository: str, token: str, *, private: bool, shows_progress: bool) -> str:
    """Upload a folder to a model repository of the Hub, which is made where there is none, as one commit.

    Args:
        folder: see `write_hub_folder`; hidden files in it stay.
        repository: `OWNER/NAME`.
        token: for the Hub; it is in no message.
        private: whether others must not see it; a repository that they see is refused then.
        shows_progress: whether its client draws bars.

    Returns:
        The URL of the repository.

    Raises:
        UserError: the token does not allow it, the Hub refuses the card, or the repository is public.
        WorkError: the Hub does not answer.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not shows_progress:
        disable_progress_bars()
    api = HfApi(token=token, library_name="hpo", library_version=hpo.__version__)
    try:
        url = str(api.create_repo(repository, private=True if private else None, exist_ok=True))
        if private and not api.model_info(repository).private:
            remedy = "make it private in its settings, or name another one"
            raise UserError(Fault("others do not see it", "a repository that is public", remedy, subject=repository))
        message = f"Publish the model by hpo {hpo.__version__}"
        api.upload_folder(
            repo_id=repository, folder_path=folder, commit_message=message, ignore_patterns=[".*", "*/.*"]
        )
    except HpoError:
        raise
    except HfHubHTTPError as error:
        raise _explain(error, repository, token) from None  # whose traceback may show the token
    except Exception as error:  # no network, a card that the Hub does not take, whatever its client raises
        words = f"{type(error).__name__}: {error}".replace(token, "***").splitlines()
        rule, remedy = f"{repository} is uploaded to the Hub", "try again later; the folder stays"
        raise WorkError(Fault(rule, " ".join(words).rstrip("."), remedy, subject="publish")) from None
    return url


def _explain(error: Any, repository: str, token: str) -> HpoError:  # noqa: ANN401 - of a package that may be missing
    """Say why the Hub has refused, without the token."""
    status, reason = error.response.status_code, (error.server_message or error.response.reason_phrase or "")
    reason = f"{status} {reason}".strip().replace(token, "***")
    if status >= _FAILURES:
        fault = Fault(f"{repository} is uploaded to the Hub", reason, "try again later; the folder stays")
        return WorkError(fault)
    remedy = {
        _UNAUTHORIZED: "make a token in the settings of your account, and type: hf auth login",
        _FORBIDDEN: f"take a token that may write to {repository}, or name a repository of yours",
    }.get(status)
    return UserError(Fault("the Hub takes what it is given", reason, remedy, subject=f"hf:{repository}"))


def _require_own(folder: Path, about: Mapping[str, Any]) -> None:
    """Check that nothing but an earlier folder of the same model is written over."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    rule, remedy = "it is a new folder, or one of this model", "name another folder by --save"
    try:
        earlier = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        is_own = all(earlier[key] == about[key] for key in ("format", "study", "trial", "classes"))
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(Fault(rule, "something else", remedy, subject=str(folder))) from None
    if not is_own:
        raise UserError(Fault(rule, "one of another model", remedy, subject=str(folder)))


def _unpack(model: Path, folder: Path) -> None:
    """Write the model as one file, with paths hidden in what it says of itself, and its other members beside it."""
    copy_model(model, folder / _MODEL)
    with zipfile.ZipFile(model) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name != MEMBER])
