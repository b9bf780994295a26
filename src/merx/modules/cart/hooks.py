"""What hooks can be about among carts."""

from merx.core.hooks import Subject

CARTS = Subject("cart")
