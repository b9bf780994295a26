"""Bodies of sales channel routes."""

from merx.core.kinds import Input, Metadata, Title


class CreateSalesChannel(Input):
    name: Title
    description: str | None = None
    is_disabled: bool = False
    metadata: Metadata | None = None


class UpdateSalesChannel(CreateSalesChannel):
    name: Title = ""
