"""The JSON Schema of space files, and the reference that is made from it."""
