"""What second factors and verifications look like on the wire."""

from typing import Any

from merx.core.clock import write_time


def factor_json(row: Any, *, is_new: bool = False) -> dict[str, Any]:
    """A factor; a new one is told in short, as on the reference. Its secret is never part of it."""
    identity_id: str = row["auth_identity_id"]
    short = {
        "id": row["id"],
        "auth_identity_id": identity_id,
        "provider": row["provider"],
        "status": row["status"],
        "metadata": row["metadata"],
    }
    return short if is_new else {**short, "auth_identity": {"id": identity_id}, **_times(row)}


def challenge_json(row: Any) -> dict[str, Any]:
    """A challenge that was just made."""
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


def verification_json(row: Any, *, is_new: bool = False) -> dict[str, Any]:
    """A verification. The hash, which the reference shows, gives nothing of the code away."""
    identity_id: str = row["auth_identity_id"]
    verified_at = row["verified_at"]
    whole = {
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


def _times(row: Any) -> dict[str, Any]:
    return {
        "created_at": write_time(row["created_at"]),
        "updated_at": write_time(row["updated_at"]),
        "deleted_at": None,
    }
