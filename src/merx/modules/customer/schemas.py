"""Bodies of customer group routes."""

from merx.core.kinds import Input, Metadata


class CreateCustomerGroup(Input):
    name: str
    metadata: Metadata | None = None


class UpdateCustomerGroup(CreateCustomerGroup):
    name: str = ""
