"""Bodies of the routes of customers, their addresses and their groups.

A buyer may send less about itself than the shop: no groups, no e-mail once it has one, no data for
hooks. Fields are declared in the order in which the reference checks them.
"""

from merx.core.kinds import Email, Input, Metadata, Title


class UpdateMe(Input):
    """What a customer may change about itself."""

    company_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    metadata: Metadata | None = None


class RegisterCustomer(Input):
    """A log-in that registers as a customer."""

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
    """Omitted fields keep their value."""


class MergeCustomers(Input):
    """Guests who are the same person as a customer."""

    customer_ids: list[str]


class OwnAddress(Input):
    """An address sent by its customer; omitted fields keep their value or stay empty."""

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
    """An address sent by the shop."""

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
