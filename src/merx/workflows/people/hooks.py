"""What hooks can be about among people."""

from merx.workflows.hooks import Subject

CUSTOMERS = Subject("customer")
ADDRESSES = Subject("customer_address")
