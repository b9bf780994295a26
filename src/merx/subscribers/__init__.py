"""Reactions to events: one file each, listed in `shop.py`."""
