"""The chapters of a model card: what each says of a model, as data."""
