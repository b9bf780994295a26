"""Bodies of stock location routes."""

from typing import Annotated

from pydantic import Field, StringConstraints

from merx.core.kinds import Input, Metadata, OpenInput

Name = Annotated[str, StringConstraints(strip_whitespace=True)]


class AddressInput(OpenInput):
    address_1: str
    address_2: str | None = None
    company: str | None = None
    city: str | None = None
    country_code: str
    phone: str | None = None
    postal_code: str | None = None
    province: str | None = None
    metadata: Metadata | None = None


class CreateStockLocation(Input):
    """With an address of its own or one that no other location has; an address may be left out,
    but not be null."""

    name: Name
    address: AddressInput = Field(default=None)
    address_id: str | None = None
    metadata: Metadata | None = None


class UpdateStockLocation(CreateStockLocation):
    """A given address changes the keys it names."""

    name: Name = ""
