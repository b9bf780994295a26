"""Requested exports to files."""
