"""Bodies of sales channel routes."""

from merx.core.kinds import Input, Metadata


class CreateSalesChannel(Input):
    name: str
    description: str | None = None
    is_disabled: bool = False
    metadata: Metadata | None = None


class UpdateSalesChannel(CreateSalesChannel):
    name: str = ""
