"""Subjects of hooks for carts."""

from merx.core.hooks import Subject
from merx.modules.cart.schemas import AddLine, ChangeLine, CreateCart, UpdateCart

CARTS = Subject("cart", (CreateCart, UpdateCart, AddLine, ChangeLine))
