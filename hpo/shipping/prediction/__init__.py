"""From images to classes by a model that is put to use: kept by a study, or exported.

Importing this package imports no engine.
"""

from hpo.shipping.prediction.classifier import Classifier

__all__ = ["Classifier"]
