"""Bodies of the user and invite routes."""

from merx.core.kinds import Input, Metadata, Text


class UserUpdate(Input):
    """What a user's row may be given; the e-mail is bound to the log-in and stays."""

    first_name: Text | None = None
    last_name: Text | None = None
    avatar_url: Text | None = None
    metadata: Metadata | None = None


class CreateInvite(Input):
    """Who is asked to become a user."""

    email: Text
    roles: list[Text] | None = None
    metadata: Metadata | None = None


class AcceptInvite(Input):
    """How the new user is called; without an e-mail, by that of the invite."""

    email: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
