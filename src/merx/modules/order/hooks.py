"""What hooks can be about among orders."""

from merx.core.hooks import Subject

ORDERS = Subject("order")
