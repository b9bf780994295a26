"""Bodies of the routes of customers, their addresses and their groups.

What a buyer may say of itself is less than what the shop may: no groups, no e-mail once it has
one, no data for hooks. Fields stand in the order in which they are judged.
"""

from merx.core.kinds import Email, Input, Metadata, Title


class UpdateMe(Input):
    """What a customer changes of itself."""

    company_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    metadata: Metadata | None = None


class RegisterCustomer(Input):
    """Who somebody with a log-in is."""

    email: Email | None = None
    company_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    metadata: Metadata | None = None


class CreateCustomer(RegisterCustomer):
    """A customer without an account; `additional_data` is for hooks."""

    additional_data: Metadata | None = None


class UpdateCustomer(CreateCustomer):
    """What is left out stays."""


class MergeCustomers(Input):
    """The guests that are the same person as a customer."""

    customer_ids: list[str]


class OwnAddress(Input):
    """An address as its customer gives it; what is left out stays or is empty."""

    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    country_code: str | None = None
    province: str | None = None
    postal_code: str | None = None
    metadata: Metadata | None = None
    address_name: str | None = None
    is_default_shipping: bool = False
    is_default_billing: bool = False


class AddressInput(Input):
    """An address as the shop gives it."""

    address_name: str | None = None
    is_default_shipping: bool = False
    is_default_billing: bool = False
    company: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    country_code: str | None = None
    province: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    metadata: Metadata | None = None
    additional_data: Metadata | None = None


class CreateCustomerGroup(Input):
    name: Title
    metadata: Metadata | None = None


class UpdateCustomerGroup(CreateCustomerGroup):
    name: Title = ""
