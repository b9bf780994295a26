"""Second factors and verifications as JSON."""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from merx.core.clock import write_time


class Factor(TypedDict):
    """A second factor; a new one lacks its times and identity."""

    id: str
    auth_identity_id: str
    provider: str
    status: str
    metadata: dict[str, Any] | None
    auth_identity: NotRequired[dict[str, str]]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]
    deleted_at: NotRequired[str | None]


class Challenge(TypedDict):
    """A log-in waiting for a code of a second factor."""

    id: str
    auth_identity_id: str
    auth_provider: str
    methods: list[str]
    expires_at: str
    attempts: int
    max_attempts: int
    completed_at: str | None
    metadata: dict[str, Any] | None


class Verification(TypedDict):
    """An address whose ownership is to be proved."""

    id: str
    auth_identity_id: str
    entity_id: str
    entity_type: str
    code_provider: str
    verified_at: str | None
    requested_at: str
    provider_metadata: dict[str, Any] | None
    metadata: dict[str, Any] | None
    auth_identity: NotRequired[dict[str, str]]
    created_at: str
    updated_at: str
    deleted_at: str | None


class _Times(TypedDict):
    created_at: str
    updated_at: str
    deleted_at: str | None


class LoggedIn(TypedDict, total=False):
    """A token; or what is outstanding before it is valid; or a provider's URL to log in at."""

    token: str
    verification_required: bool
    verification: Verification
    mfa_required: bool
    mfa_challenge: Challenge
    location: str


def factor_json(row: Any, *, is_new: bool = False) -> Factor:
    """A factor; a new one in short form, as on the reference. The secret is never included."""
    identity_id: str = row["auth_identity_id"]
    short: Factor = {
        "id": row["id"],
        "auth_identity_id": identity_id,
        "provider": row["provider"],
        "status": row["status"],
        "metadata": row["metadata"],
    }
    return short if is_new else {**short, "auth_identity": {"id": identity_id}, **_times(row)}


def challenge_json(row: Any) -> Challenge:
    """A challenge that was just created."""
    return {
        "id": row["id"],
        "auth_identity_id": row["auth_identity_id"],
        "auth_provider": row["auth_provider"],
        "methods": row["methods"],
        "expires_at": write_time(row["expires_at"]),
        "attempts": row["attempts"],
        "max_attempts": row["max_attempts"],
        "completed_at": None,
        "metadata": None,
    }


def verification_json(row: Any, *, is_new: bool = False) -> Verification:
    """A verification. The hash, which the reference shows too, reveals nothing about the code."""
    identity_id: str = row["auth_identity_id"]
    verified_at = row["verified_at"]
    whole: Verification = {
        "id": row["id"],
        "auth_identity_id": identity_id,
        "entity_id": row["entity_id"],
        "entity_type": row["entity_type"],
        "code_provider": row["code_provider"],
        "verified_at": write_time(verified_at) if verified_at else None,
        "requested_at": write_time(row["requested_at"]),
        "provider_metadata": {"token_hash": row["token_hash"].hex()},
        "metadata": row["metadata"],
        **_times(row),
    }
    return whole if is_new else {**whole, "auth_identity": {"id": identity_id}}


def _times(row: Any) -> _Times:
    return {
        "created_at": write_time(row["created_at"]),
        "updated_at": write_time(row["updated_at"]),
        "deleted_at": None,
    }
