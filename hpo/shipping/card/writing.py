"""The card of a model as a file."""

from __future__ import annotations

from pathlib import Path

from hpo.errors import Fault, UserError
from hpo.files import fresh_file
from hpo.shipping.card.content import make_card
from hpo.shipping.kept_model import KeptModel

NAME = "README.md"
"""What a card is called, so that it is shown where its folder is looked at."""


def write_card(kept: KeptModel, path: Path) -> Path:
    """Write the card of a model; it takes the place of an earlier one when it is whole.

    Args:
        kept: the model.
        path: a file; or a folder, of which it becomes the `README.md`: one that is there.

    Returns:
        The path of the card.

    Raises:
        UserError: the path cannot be written to.
        StorageError: the server that keeps the study does not answer.
    """
    target = path / NAME if path.is_dir() else path
    text = make_card(kept)
    try:
        with fresh_file(target) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        rule, remedy = "a card is written to a folder that is there", "name another file, or make the folder"
        raise UserError(Fault(rule, error.strerror or str(error), remedy, subject=str(target))) from error
    return target
