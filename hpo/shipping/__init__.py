"""From a study to a model in use: which model is meant, and what it takes and gives.

Importing this package imports no engine.
"""

from hpo.shipping.kept_model import KeptModel, find_model, find_trial

__all__ = ["KeptModel", "find_model", "find_trial"]
