"""Templates with parameters in them, and what can be asked of the space that they span."""
