"""What became of trials and of a study in words, with the evidence; how sure its best is; what to try next."""

from hpo.analysis.diagnosis.advice import Advice, advise
from hpo.analysis.diagnosis.certainty import Certainty, measure_certainty
from hpo.analysis.diagnosis.conclusion import Conclusion, conclude
from hpo.analysis.diagnosis.setting import Setting, read_setting
from hpo.analysis.diagnosis.trial_diagnosis import (
    DiagnosisKind,
    TrialDiagnosis,
    diagnose_trial,
    diagnose_trials,
    rank_trials,
)

__all__ = [
    "Advice",
    "Certainty",
    "Conclusion",
    "DiagnosisKind",
    "Setting",
    "TrialDiagnosis",
    "advise",
    "conclude",
    "diagnose_trial",
    "diagnose_trials",
    "measure_certainty",
    "rank_trials",
    "read_setting",
]
