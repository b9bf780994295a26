"""Bodies of delivery routes."""

from merx.core.kinds import Input, Metadata, Title


class CreateShippingProfile(Input):
    name: Title
    type: str
    metadata: Metadata | None = None


class UpdateShippingProfile(CreateShippingProfile):
    name: Title = ""
    type: str = ""


class CreateFulfillmentSet(Input):
    name: Title
    type: str
