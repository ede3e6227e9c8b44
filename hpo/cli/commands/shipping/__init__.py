"""Commands that put a model to use."""
