"""What is in a data set, to be looked at."""

from hpo.data.inspection.contact_sheet import draw_samples
from hpo.data.inspection.inspection import ChannelValues, Inspection, Remark, inspect_dataset
from hpo.data.inspection.samples import augment, load_samples

__all__ = ["ChannelValues", "Inspection", "Remark", "augment", "draw_samples", "inspect_dataset", "load_samples"]
