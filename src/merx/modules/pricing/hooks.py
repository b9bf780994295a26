"""Subjects of hooks for prices.

Prices of variants are part of the bodies of products and variants, and of their hooks.
"""

from merx.core.hooks import Subject

PRICE_LISTS = Subject("price_list")
"""A batch of a list's prices is an update of the list, whose body is the batch."""
