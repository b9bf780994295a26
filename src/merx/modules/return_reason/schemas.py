"""Bodies of the routes of return reasons."""

from merx.core.kinds import Input, Metadata, Title


class UpdateReturnReason(Input):
    """Omitted fields keep their value, except value and label, which are required."""

    value: Title
    label: Title
    description: str | None = None
    metadata: Metadata | None = None


class CreateReturnReason(UpdateReturnReason):
    parent_return_reason_id: str | None = None
