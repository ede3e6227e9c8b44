"""What a comparison knows of each study."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.comparison.latency import Latency
from hpo.analysis.diagnosis import Conclusion
from hpo.analysis.proportions import ConfidenceInterval


@dataclass(frozen=True, slots=True)
class ComparedStudy:
    """A study as it is compared.

    Attributes:
        study: its name.
        trial: the one whose model is compared.
        value: of the metric that is compared; None where the model's predictions are not kept.
        accuracy: on the part that is compared; of the model's score, where its predictions are not kept.
        accuracy_interval: 95 %, for other images of the same kind.
        validation: the learned objective on the validation part, by which the trial was chosen.
        parameters: numbers of the network; None where it was not measured.
        model_mb: 10^6 bytes of its weights.
        latency: for one image, on this machine, now; None where it was not measured.
        trials: that were trained to find it.
        worked_s: seconds that the study was worked on.
        trial_s: seconds of its training alone.
        conclusion: of the study.
    """

    study: str
    trial: int
    value: float | None
    accuracy: float | None
    accuracy_interval: ConfidenceInterval | None
    validation: float
    parameters: float | None
    model_mb: float | None
    latency: Latency | None
    trials: int
    worked_s: float
    trial_s: float | None
    conclusion: Conclusion

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "conclusion": self.conclusion.to_json()}
