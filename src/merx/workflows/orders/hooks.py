"""What hooks can be about among orders."""

from merx.workflows.hooks import Subject

ORDERS = Subject("order")
