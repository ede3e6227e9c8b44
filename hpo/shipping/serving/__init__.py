"""A model behind HTTP: images in, classes out.

Importing this package imports no engine, and no web framework.
"""

from hpo.shipping.serving.dockerfile import write_dockerfile, write_image_folder
from hpo.shipping.serving.limits import ServingLimits
from hpo.shipping.serving.server import ModelServer

__all__ = ["ModelServer", "ServingLimits", "write_dockerfile", "write_image_folder"]
