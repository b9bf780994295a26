"""Persons who run the shop."""
