"""The files of a study: the folder, how it is found, how it is removed."""
