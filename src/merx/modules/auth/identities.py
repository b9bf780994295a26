"""Auth identities and their e-mail-password credentials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.errors import MerxError
from merx.core.ids import new_ids
from merx.core.schema import same_email
from merx.modules.auth.models import AuthIdentity, ProviderIdentity

EMAIL_PASSWORD = "emailpass"


class CredentialsRefused(MerxError):
    """A log-in or registration is refused, for the reason given."""

    status = 401
    type = "unauthorized"


@dataclass(frozen=True, slots=True)
class Identity:
    """An auth identity as seen through one provider."""

    id: str
    provider: str
    app_metadata: dict[str, Any]
    user_metadata: dict[str, Any]
    # Whether a second factor is enabled: then the credential alone authenticates nobody. Required
    # wherever an identity is found, so that a new way to log in cannot bypass it.
    has_factor: bool
    # When a password was last set or a second factor enabled; older tokens are refused.
    credentials_changed_at: datetime | None = None

    def actor_id(self, actor_type: str) -> str:
        """The id of the actor of this type that the identity acts as; `""` if there is none."""
        return str(self.app_metadata.get(f"{actor_type}_id") or "")


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """A new identity with an e-mail and the hash of a password."""

    email: str
    password_hash: str
    app_metadata: dict[str, Any]


# For the identity `i` of a statement.
HAS_FACTOR = """EXISTS (SELECT FROM auth_mfa_factor f
               WHERE f.auth_identity_id = i.id AND f.status = 'enabled')"""

# For the credential `p` with the e-mail $2.
BY_EMAIL = f"p.provider = 'emailpass' AND {same_email('$2', 'entity_id', 'p')}"

_FIND = f"""
SELECT i.id, p.provider, i.app_metadata, p.user_metadata,
       p.provider_metadata ->> 'password' AS password_hash,
       i.credentials_changed_at, {HAS_FACTOR} AS has_factor
FROM provider_identity p JOIN auth_identity i ON i.id = p.auth_identity_id
WHERE p.deleted_at IS NULL AND i.deleted_at IS NULL AND p.provider = $1 AND """


async def find_by_email(tx: Transaction, email: str) -> tuple[Identity, str] | None:
    """The identity with an e-mail, ignoring case, and its password hash."""
    if not _is_storable(email):
        return None
    row = await tx.fetchrow(_FIND + BY_EMAIL, EMAIL_PASSWORD, email)
    return (_identity(row), row["password_hash"] or "") if row else None


async def find_identity(tx: Transaction, identity_id: str, provider: str) -> Identity | None:
    """The live identity with this id."""
    row = await tx.fetchrow(_FIND + "i.id = $2", provider, identity_id)
    return _identity(row) if row else None


async def providers_of_user(tx: Transaction, user_id: str) -> list[str]:
    """The providers through which the user can log in."""
    rows = await tx.fetch(
        "SELECT DISTINCT p.provider FROM auth_identity i"
        " JOIN provider_identity p ON p.auth_identity_id = i.id AND p.deleted_at IS NULL"
        " WHERE i.app_metadata ->> 'user_id' = $1 AND i.deleted_at IS NULL ORDER BY p.provider",
        user_id,
    )
    return [row["provider"] for row in rows]


async def create_identities(tx: Transaction, new: Sequence[NewIdentity]) -> list[Identity]:
    """Create identities with their credentials; refuses all if one of the e-mails is taken."""
    for each in new:
        if not _is_storable(each.email):
            raise CredentialsRefused("Email must not contain characters that are not text")
    identities = [
        Identity(identity_id, EMAIL_PASSWORD, each.app_metadata, {}, has_factor=False)
        for identity_id, each in zip(new_ids("authid", len(new)), new, strict=True)
    ]
    _, created = await insert_all(
        tx,
        Insert(
            AuthIdentity.__table__,
            [{"id": each.id, "app_metadata": each.app_metadata} for each in identities],
        ),
        Insert(
            ProviderIdentity.__table__,
            [
                {
                    "id": provider_identity_id,
                    "entity_id": each.email,
                    "provider": EMAIL_PASSWORD,
                    "auth_identity_id": identity.id,
                    "provider_metadata": {"password": each.password_hash},
                }
                for provider_identity_id, identity, each in zip(
                    new_ids("provid", len(new)), identities, new, strict=True
                )
            ],
            skip_conflicts=True,
            returning="id",
        ),
    )
    if len(created) < len(new):
        raise CredentialsRefused("Identity with email already exists")
    return identities


async def write_password_hash(
    tx: Transaction, identity_id: str, password_hash: str, *, instead_of: str | None = None
) -> None:
    """Store a password's hash, which invalidates all older tokens.

    With `instead_of` it is the same password, rehashed: stored only if that hash is still current,
    so that a concurrent change is not lost, and tokens stay valid.
    """
    await tx.execute(
        "WITH written AS (UPDATE provider_identity SET updated_at = now(), provider_metadata ="
        " coalesce(provider_metadata, '{}') || jsonb_build_object('password', $3::text)"
        " WHERE auth_identity_id = $1 AND provider = $2 AND deleted_at IS NULL"
        " AND ($4::text IS NULL OR provider_metadata ->> 'password' = $4) RETURNING 1)"
        " UPDATE auth_identity SET credentials_changed_at = clock_timestamp()"
        " WHERE id = $1 AND $4::text IS NULL AND EXISTS (SELECT FROM written)",
        identity_id,
        EMAIL_PASSWORD,
        password_hash,
        instead_of,
    )


async def end_older_tokens(tx: Transaction, identity_id: str, since: datetime | None) -> None:
    """Refuse all tokens issued before a time, by default now."""
    await tx.execute(
        "UPDATE auth_identity SET credentials_changed_at = greatest(credentials_changed_at,"
        " coalesce($2::timestamptz - interval '1 microsecond', clock_timestamp())) WHERE id = $1",
        identity_id,
        since,
    )


def _identity(row: Any) -> Identity:
    return Identity(
        row["id"],
        row["provider"],
        row["app_metadata"] or {},
        row["user_metadata"] or {},
        row["has_factor"],
        row["credentials_changed_at"],
    )


def _is_storable(text: str) -> bool:
    """PostgreSQL's text cannot hold NUL, nor UTF-8 lone surrogates; JSON can carry both."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
