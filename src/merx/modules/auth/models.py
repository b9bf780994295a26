"""Tables of log-ins."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import (
    Base,
    Flag,
    Id,
    Metadata,
    Time,
    Timestamps,
    index,
    live_unique,
    unique_email,
)


class AuthIdentity(Base, Timestamps):
    """Somebody who can log in; `app_metadata` says as which actor: `{"user_id": "user_…"}`."""

    __tablename__ = "auth_identity"
    __table_args__ = (
        Index("ix_auth_identity_user_id", text("(app_metadata ->> 'user_id')")),
        Index("ix_auth_identity_customer_id", text("(app_metadata ->> 'customer_id')")),
    )

    id: Mapped[Id]
    app_metadata: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    # Tokens issued earlier are refused.
    credentials_changed_at: Mapped[Time | None]


class ProviderIdentity(Base, Timestamps):
    """The credential of an identity at one provider; `provider_metadata` is never readable."""

    __tablename__ = "provider_identity"
    __table_args__ = (
        live_unique("provider_identity", "entity_id", "provider"),
        unique_email("provider_identity", "entity_id", only="provider = 'emailpass'"),
        index("provider_identity", "auth_identity_id"),
    )

    id: Mapped[Id]
    entity_id: Mapped[str]
    has_twin: Mapped[Flag]
    provider: Mapped[str]
    user_metadata: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    provider_metadata: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"))


class AuthSession(Base):
    """A cookie session: found by the hash of its secret, removed when it ends or expires."""

    __tablename__ = "auth_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    actor_id: Mapped[str]
    actor_type: Mapped[str]
    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"), index=True)
    auth_provider: Mapped[str]
    # Opened after the password alone: the second factor is still required.
    is_waiting: Mapped[Flag]
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[Time] = mapped_column(index=True)


class LoginAttempt(Base):
    """How many more log-ins of one e-mail or address may fail within the window."""

    __tablename__ = "login_attempt"

    key: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[int] = mapped_column(Integer)
    window_ends_at: Mapped[Time] = mapped_column(index=True)


class PasswordResetToken(Base):
    """Lets its holder set a new password once; found by the hash of its secret.

    An identity has at most one at each provider: a new one replaces it.
    """

    __tablename__ = "auth_password_reset_token"

    provider_identity_id: Mapped[str] = mapped_column(
        ForeignKey("provider_identity.id"), primary_key=True
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[Time]


class AuthMfaFactor(Base, Timestamps):
    """A second factor of an identity; pending until its owner has entered a code of it.

    `secret` is encrypted (`core/sealing.py`). `last_step` is the time step of the last accepted
    code: each step is accepted once.
    """

    __tablename__ = "auth_mfa_factor"
    __table_args__ = (
        CheckConstraint("status IN ('pending','enabled','disabled')", name="status"),
        Index(
            "uq_auth_mfa_factor_active",
            "auth_identity_id",
            "provider",
            unique=True,
            postgresql_where=text("status <> 'disabled'"),
        ),
        index("auth_mfa_factor", "auth_identity_id"),
    )

    id: Mapped[Id]
    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"))
    provider: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    secret: Mapped[str]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    # SQLAlchemy's base class uses the name `metadata`.
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class AuthMfaRecoveryCode(Base):
    """A code that works once in place of the factor; found by its hash, then deleted."""

    __tablename__ = "auth_mfa_recovery_code"

    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))


class AuthMfaChallenge(Base):
    """A log-in after the password and before the code, valid for minutes and a few attempts."""

    __tablename__ = "auth_mfa_challenge"

    id: Mapped[Id]
    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"), index=True)
    auth_provider: Mapped[str]
    methods: Mapped[list[str]] = mapped_column(ARRAY(Text))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    max_attempts: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[Time] = mapped_column(index=True)
    completed_at: Mapped[Time | None]


class AuthVerification(Base, Timestamps):
    """An identity's verified or claimed e-mail address or other name (`entity_type`)."""

    __tablename__ = "auth_verification"
    __table_args__ = (
        live_unique(
            "auth_verification",
            "auth_identity_id",
            "entity_type",
            "entity_id",
            "code_provider",
            name="uq_auth_verification_entity",
        ),
        Index("uq_auth_verification_token_hash", "token_hash", unique=True),
    )

    id: Mapped[Id]
    auth_identity_id: Mapped[str] = mapped_column(ForeignKey("auth_identity.id"))
    entity_id: Mapped[str]
    entity_type: Mapped[str]
    code_provider: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    requested_at: Mapped[Time]
    # The code's lifetime starts when its mail is sent.
    code_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    verified_at: Mapped[Time | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class AuthAuthorization(Base):
    """A log-in in progress at an external provider; found by the hash of its state."""

    __tablename__ = "auth_departure"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider: Mapped[str]
    actor_type: Mapped[str]
    callback_url: Mapped[str]
    created_at: Mapped[Time] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[Time] = mapped_column(index=True)
