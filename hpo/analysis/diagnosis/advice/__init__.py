"""What to try next in a study: advice, the figures that it rests on, and the change that follows it."""

from hpo.analysis.diagnosis.advice.advice import advise
from hpo.analysis.diagnosis.advice.suggestion import Advice

__all__ = ["Advice", "advise"]
