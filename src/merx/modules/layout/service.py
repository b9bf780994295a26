"""Saves and removes layouts: one live row per zone and owner."""

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.shapes import Json


async def put_layout(
    tx: Transaction, zone: str, user_id: str, configuration: Json, *, for_all: bool
) -> None:
    """Save a layout of a zone for a user or for everybody; it is then active for the user.

    Of two concurrent calls, the later one wins.
    """
    await tx.execute(
        "INSERT INTO layout_configuration (id, zone, user_id, is_system_default, configuration)"
        " VALUES ($1, $2, $3, $3::text IS NULL, $4)"
        " ON CONFLICT (zone, coalesce(user_id, ''))"
        " WHERE deleted_at IS NULL AND zone IS NOT NULL"
        " DO UPDATE SET configuration = EXCLUDED.configuration, is_active = true,"
        " updated_at = now()",
        new_id("lyconf"),
        zone,
        None if for_all else user_id,
        configuration,
    )
    if for_all:
        await tx.execute(
            "UPDATE layout_configuration SET is_active = false"
            " WHERE zone = $1 AND user_id = $2 AND deleted_at IS NULL",
            zone,
            user_id,
        )


async def remove_layout(tx: Transaction, zone: str, user_id: str) -> None:
    """Remove a user's own layout of a zone, so that the shared one applies."""
    await tx.execute(
        "UPDATE layout_configuration SET deleted_at = now(), updated_at = now()"
        " WHERE zone = $1 AND user_id = $2 AND deleted_at IS NULL",
        zone,
        user_id,
    )
