"""What is in a data set, to be looked at."""

from hpo.data.inspection.inspection import ChannelValues, Inspection, Remark, inspect_dataset
from hpo.data.inspection.samples import augment, draw_samples, load_samples

__all__ = ["ChannelValues", "Inspection", "Remark", "augment", "draw_samples", "inspect_dataset", "load_samples"]
