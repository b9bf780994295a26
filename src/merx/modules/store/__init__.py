"""Defaults of the whole shop."""
