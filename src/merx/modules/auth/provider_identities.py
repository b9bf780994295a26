"""Identities authenticated by an external provider: found by their id there, or created."""

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.shapes import Document
from merx.modules.auth.identities import HAS_FACTOR, Identity

_UPDATE = f"""
UPDATE provider_identity p SET user_metadata = $3, updated_at = CASE
    WHEN p.user_metadata IS DISTINCT FROM $3 THEN now() ELSE p.updated_at END
FROM auth_identity i
WHERE p.provider = $1 AND p.entity_id = $2 AND p.deleted_at IS NULL
  AND i.id = p.auth_identity_id AND i.deleted_at IS NULL
RETURNING i.id, i.app_metadata, i.credentials_changed_at, {HAS_FACTOR} AS has_factor"""

_INSERT = """
WITH identity AS (INSERT INTO auth_identity (id, app_metadata) VALUES ($4, '{}'))
INSERT INTO provider_identity (id, provider, entity_id, auth_identity_id, user_metadata)
VALUES ($5, $1, $2, $4, $3)"""


async def recognise_identity(
    tx: Transaction, provider: str, entity_id: str, user_metadata: Document
) -> Identity:
    """The identity of a person at a provider, created at their first log-in.

    The provider's data about them replaces the previous data.
    """
    shown = dict(user_metadata)
    # Of two concurrent first log-ins, the second waits here and finds the first one's row.
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 0))", provider, entity_id
    )
    row = await tx.fetchrow(_UPDATE, provider, entity_id, shown)
    if row is not None:
        return Identity(
            row["id"],
            provider,
            row["app_metadata"] or {},
            shown,
            row["has_factor"],
            row["credentials_changed_at"],
        )
    identity_id = new_id("authid")
    await tx.execute(_INSERT, provider, entity_id, shown, identity_id, new_id("provid"))
    return Identity(identity_id, provider, {}, shown, has_factor=False)
