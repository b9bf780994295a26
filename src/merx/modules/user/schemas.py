"""Bodies of the user and invite routes."""

from merx.core.kinds import Input, Metadata, Text


class UserUpdate(Input):
    """Changes to a user; the e-mail is bound to the log-in and cannot be changed."""

    first_name: Text | None = None
    last_name: Text | None = None
    avatar_url: Text | None = None
    metadata: Metadata | None = None


class CreateInvite(Input):
    """An invitation to become a user."""

    email: Text
    roles: list[Text] | None = None
    metadata: Metadata | None = None


class AcceptInvite(Input):
    """The name of the new user; the e-mail defaults to the invite's."""

    email: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
