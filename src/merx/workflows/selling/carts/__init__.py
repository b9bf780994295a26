"""Carts: everything that changes one goes through `change.py`."""
