"""What hooks can be about among people."""

from merx.modules.customer.schemas import AddressInput, CreateCustomer, UpdateCustomer
from merx.workflows.hooks import Subject

CUSTOMERS = Subject("customer", (CreateCustomer, UpdateCustomer))
ADDRESSES = Subject("customer_address", (AddressInput,))
