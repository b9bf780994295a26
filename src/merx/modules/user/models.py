"""Tables of users and invites."""

from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Flag, Id, Metadata, Time, Timestamps, live_unique, unique_email


class User(Base, Timestamps):
    __tablename__ = "user"
    __table_args__ = (live_unique("user", "email"), unique_email("user"))

    id: Mapped[Id]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str]
    has_twin: Mapped[Flag]
    avatar_url: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class Invite(Base, Timestamps):
    """Whoever holds the token may become a user, once and until `expires_at`.

    The token is stored as it is: admins pass it on from the list of invites, as on the reference.
    """

    __tablename__ = "invite"
    __table_args__ = (live_unique("invite", "email"), unique_email("invite"))

    id: Mapped[Id]
    email: Mapped[str]
    has_twin: Mapped[Flag]
    accepted: Mapped[Flag]
    token: Mapped[str]
    expires_at: Mapped[Time]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
