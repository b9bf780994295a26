"""Bodies of the routes of return reasons."""

from merx.core.kinds import Input, Metadata, Title


class UpdateReturnReason(Input):
    """What is left out stays, but for value and label."""

    value: Title
    label: Title
    description: str | None = None
    metadata: Metadata | None = None


class CreateReturnReason(UpdateReturnReason):
    parent_return_reason_id: str | None = None
