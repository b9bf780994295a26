"""Conformance: scenarios as data files, and the reference server's recorded answers to them."""
