"""Becoming known to the shop, and attempts to get in otherwise."""
