"""From images to classes by a model that is put to use.

Importing this package imports no engine.
"""

from hpo.shipping.prediction.classified import ClassifiedImage, classify_files
from hpo.shipping.prediction.classifier import Classifier
from hpo.shipping.prediction.engine import choose_engine
from hpo.shipping.prediction.sources import find_images

__all__ = ["ClassifiedImage", "Classifier", "choose_engine", "classify_files", "find_images"]
