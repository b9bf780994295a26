"""Addresses outside the shop that are told of its events."""
