"""The JSON Schema of space files."""
