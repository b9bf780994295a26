"""Subjects of hooks for orders."""

from merx.core.hooks import Subject

ORDERS = Subject("order")
