"""What hpo finds on this machine, what is wrong with it, and what to do about it.

No engine is imported here; `hpo.doctor.engine_report` is called in processes of its own.
"""

from hpo.doctor.diagnosis import Diagnosis, Status
from hpo.doctor.engines import examine_engines
from hpo.doctor.hardware import examine_hardware
from hpo.doctor.software import examine_software
from hpo.doctor.storage import examine_storage
from hpo.doctor.study import examine_study

__all__ = [
    "Diagnosis",
    "Status",
    "examine_engines",
    "examine_hardware",
    "examine_software",
    "examine_storage",
    "examine_study",
]
