"""Bodies of the user routes."""

from merx.core.kinds import Input, Metadata, Text


class UserUpdate(Input):
    """What a user's row may be given; the e-mail is bound to the log-in and stays."""

    first_name: Text | None = None
    last_name: Text | None = None
    avatar_url: Text | None = None
    metadata: Metadata | None = None
