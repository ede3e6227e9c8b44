"""Readers of other tools' files: each makes a `ForeignSearch` of one kind of file."""
