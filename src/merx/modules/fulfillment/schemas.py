"""Bodies of delivery routes."""

from merx.core.kinds import Input, Metadata


class CreateShippingProfile(Input):
    name: str
    type: str
    metadata: Metadata | None = None


class UpdateShippingProfile(CreateShippingProfile):
    name: str = ""
    type: str = ""


class CreateFulfillmentSet(Input):
    name: str
    type: str
