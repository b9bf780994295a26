"""Tables of log-ins."""

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Base, Id, Time, Timestamps, index, live_unique


class AuthIdentity(Base, Timestamps):
    """One who can log in; `app_metadata` says as whom: `{"user_id": "user_…"}`."""

    __tablename__ = "auth_identity"
    __table_args__ = (Index("ix_auth_identity_user_id", text("(app_metadata ->> 'user_id')")),)

    id: Mapped[Id]
    app_metadata: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ProviderIdentity(Base, Timestamps):
    """The credential of an identity at one provider; `provider_metadata` is for nobody to read."""

    __tablename__ = "provider_identity"
    __table_args__ = (
        live_unique("provider_identity", "entity_id", "provider"),
        index("provider_identity", "auth_identity_id"),
    )

    id: Mapped[Id]
    entity_id: Mapped[str]
    provider: Mapped[str]
    user_metadata: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    provider_metadata: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"))


class AuthSession(Base):
    """A cookie session: found by the hash of its secret, gone when deleted or expired."""

    __tablename__ = "auth_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    actor_id: Mapped[str]
    actor_type: Mapped[str]
    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"), index=True)
    auth_provider: Mapped[str]
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[Time] = mapped_column(index=True)


class LoginAttempt(Base):
    """How many more log-ins of one e-mail or address may fail before its window ends."""

    __tablename__ = "login_attempt"

    key: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[int] = mapped_column(Integer)
    window_ends_at: Mapped[Time] = mapped_column(index=True)


class PasswordResetToken(Base):
    """Lets its holder set a new password once; found by the hash of its secret.

    An identity has one at most at each provider: asking again takes the place of the last one.
    """

    __tablename__ = "auth_password_reset_token"

    provider_identity_id: Mapped[str] = mapped_column(
        ForeignKey("provider_identity.id"), primary_key=True
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[Time]


class AuthDeparture(Base):
    """Somebody who left to log in at a provider; found by the hash of the state they bring back."""

    __tablename__ = "auth_departure"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider: Mapped[str]
    actor_type: Mapped[str]
    callback_url: Mapped[str]
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[Time] = mapped_column(index=True)
