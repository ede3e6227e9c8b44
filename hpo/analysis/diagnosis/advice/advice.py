"""What to try next in a study, the most promising first."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.diagnosis.advice.failures import advise_on_failures
from hpo.analysis.diagnosis.advice.ranges import advise_on_idle, advise_on_ranges
from hpo.analysis.diagnosis.advice.searching import advise_on_pruner, advise_on_sampler
from hpo.analysis.diagnosis.advice.suggestion import Advice
from hpo.analysis.diagnosis.advice.training import advise_on_classes, advise_on_training
from hpo.analysis.diagnosis.trial_diagnosis import rank_trials
from hpo.analysis.importance.importances import compute_importances
from hpo.analysis.importance.result import Importances
from hpo.studies import StudyRecord


def advise(study: StudyRecord, importances: Importances | None = None) -> list[Advice]:
    """Say what to try next, the most promising first; nothing where nothing stands out.

    Args:
        study: read once is enough, see `StudyRecord.snapshot`.
        importances: of the study, where somebody has computed them.
    """
    study = study.snapshot()
    return list(_advise(study, importances))


def _advise(study: StudyRecord, importances: Importances | None) -> Iterator[Advice]:
    yield from advise_on_failures(study)
    numbers = rank_trials(study)
    if not numbers:
        return
    importances = importances or compute_importances(study)
    yield from advise_on_training(study, numbers)
    yield from advise_on_ranges(study, numbers, importances)
    yield from advise_on_sampler(study)
    yield from advise_on_idle(study, importances)
    yield from advise_on_pruner(study)
    yield from advise_on_classes(study)
