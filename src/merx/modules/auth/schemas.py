"""Bodies of the password routes."""

from pydantic import Field

from merx.core.kinds import Input, Metadata, Text


class ResetRequest(Input):
    """Who forgot a password, by the name of the log-in (an e-mail)."""

    identifier: Text
    metadata: Metadata = Field(default_factory=Metadata)
