"""Subjects of hooks for customers."""

from merx.core.hooks import Subject
from merx.modules.customer.schemas import AddressInput, CreateCustomer, UpdateCustomer

CUSTOMERS = Subject("customer", (CreateCustomer, UpdateCustomer))
ADDRESSES = Subject("customer_address", (AddressInput,))
