"""Processes that carry an engine: how they are started, spoken with, watched and ended."""
