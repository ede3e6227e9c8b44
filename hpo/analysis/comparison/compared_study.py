"""What a comparison knows of each study."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.comparison.latency import Latency
from hpo.analysis.confirmation.intervals import Estimate
from hpo.analysis.diagnosis import Conclusion
from hpo.analysis.proportions import ConfidenceInterval
from hpo.studies.limits.costs import StudyCosts


@dataclass(frozen=True, slots=True)
class ComparedStudy:
    """A study as it is compared.

    Attributes:
        study: its name.
        trial: the one whose model is compared.
        confirms: the trial of the search that it confirms; None for a model of the search itself.
        value: of the metric that is compared; None where the model's predictions are not kept.
        accuracy: on the part that is compared; of the model's score, where its predictions are not kept.
        accuracy_interval: 95 %, for other images of the same kind.
        validation: the learned objective on the validation part, by which the trial was chosen.
        parameters: numbers of the network; None where it was not measured.
        model_mb: 10^6 bytes of its weights.
        latency: for one image, on this machine, now; None where it was not measured.
        confirmed: what several trainings of its config came to, and between what their mean lies (95 %); None where it
            was not confirmed.
        trials: that were trained to find it.
        worked_s: seconds that the study was worked on.
        costs: of all its trials.
        trial_s: seconds of its training alone.
        conclusion: of the study.
    """

    study: str
    trial: int
    confirms: int | None
    value: float | None
    accuracy: float | None
    accuracy_interval: ConfidenceInterval | None
    validation: float
    parameters: float | None
    model_mb: float | None
    latency: Latency | None
    confirmed: Estimate | None
    trials: int
    worked_s: float
    costs: StudyCosts
    trial_s: float | None
    conclusion: Conclusion

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "costs": self.costs.to_json(), "conclusion": self.conclusion.to_json()}
