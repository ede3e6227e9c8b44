"""Which parameters decided the result, and how sure that is."""
