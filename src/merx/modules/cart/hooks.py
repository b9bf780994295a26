"""Subjects of hooks for carts."""

from merx.core.hooks import Subject

CARTS = Subject("cart")
