"""A model card: Markdown with the front matter that the Hugging Face Hub reads (its model card specification)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import hpo
from hpo.analysis.report.document import Chapter, Document
from hpo.analysis.report.renderers.markdown import render_markdown
from hpo.shipping.card.chapters.data import describe_data
from hpo.shipping.card.chapters.history import describe_making, describe_reproduction, describe_search
from hpo.shipping.card.chapters.limits import describe_limits
from hpo.shipping.card.chapters.model import describe_intended_use, describe_model, describe_use
from hpo.shipping.card.chapters.performance import describe_performance
from hpo.shipping.card.metadata import write_front_matter
from hpo.shipping.card.source import CardSource
from hpo.shipping.kept_model import KeptModel


def make_card(kept: KeptModel, *, usage: Chapter | None = None, more: Sequence[Chapter] = ()) -> str:
    """Write the card of a model.

    What is not known is left out, or said to be unknown; of a file without its study that is all but what the file
    says of itself. Names of hosts and users are left out.

    Args:
        kept: the model.
        usage: how it is used, where that is not by Keras from `model.keras`: of an export in another format.
        more: what else there is to say of it, such as how an export differs; it comes behind how it is used.

    Raises:
        StorageError: the server that keeps the study does not answer.
    """
    source = CardSource(kept)
    made = datetime.now().astimezone().isoformat(sep=" ", timespec="minutes")
    document = Document(
        title=kept.name if kept.study is None else kept.study.name,
        subtitle="An image classifier",
        made=f"Made on {made} by hpo {hpo.__version__}",
        answer=describe_model(source),
        chapters=(
            describe_intended_use(source),
            describe_use(source) if usage is None else usage,
            *more,
            describe_performance(source),
            describe_limits(source),
            describe_data(source),
            describe_search(source),
            *describe_making(source),
            describe_reproduction(source),
        ),
    )
    return f"{write_front_matter(source)}\n{render_markdown(document, {})}"
