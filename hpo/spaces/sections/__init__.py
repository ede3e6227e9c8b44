"""The sections of a file as pydantic models: every rule that one of them holds to."""
