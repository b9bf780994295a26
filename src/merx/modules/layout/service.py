"""Layouts are put and taken away here: one live row for each zone and owner."""

from typing import Any

from merx.core.database import Transaction
from merx.core.ids import new_id


async def put_layout(
    tx: Transaction, zone: str, user_id: str, configuration: dict[str, Any], *, for_all: bool
) -> None:
    """Arrange a zone for a user or for all; either is then in force for the user.

    Of two at once the later one stays.
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
    """Let a user have a zone as all have it."""
    await tx.execute(
        "UPDATE layout_configuration SET deleted_at = now(), updated_at = now()"
        " WHERE zone = $1 AND user_id = $2 AND deleted_at IS NULL",
        zone,
        user_id,
    )
