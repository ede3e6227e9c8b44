"""A study goes elsewhere: as one file that another machine unpacks, or under another name or into another folder."""

from hpo.studies.transfer.bundle import Manifest, write_bundle
from hpo.studies.transfer.moving import move_study
from hpo.studies.transfer.unpacking import unpack_bundle

__all__ = ["Manifest", "move_study", "unpack_bundle", "write_bundle"]
