"""Networks that the code of somebody else makes."""
