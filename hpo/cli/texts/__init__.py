"""What commands say of a study or a data set, as text; several commands share it."""
