"""How figures of a study are written, for whoever shows them."""
