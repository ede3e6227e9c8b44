"""The chapters of a report: what each says of a study, as data."""
