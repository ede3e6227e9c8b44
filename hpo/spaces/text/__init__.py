"""YAML text to nodes that know where they stand."""
