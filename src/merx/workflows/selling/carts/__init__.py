"""Carts: one function changes a cart (`change.py`), one turns it into an order (`complete.py`)."""
