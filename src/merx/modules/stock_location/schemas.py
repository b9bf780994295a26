"""Bodies of stock location routes."""

from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from merx.core.kinds import Input, Metadata, OpenInput, Title

Name = Annotated[Title, StringConstraints(strip_whitespace=True)]


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


def _not_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("model_type", "null is no address")
    return value


class CreateStockLocation(Input):
    """With a new address, or an existing one that no other location has."""

    name: Name
    address: Annotated[AddressInput | None, BeforeValidator(_not_null)] = None
    address_id: str | None = None
    metadata: Metadata | None = None


class UpdateStockLocation(CreateStockLocation):
    """A given address changes only the keys it contains."""

    name: Name = ""
