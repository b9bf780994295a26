"""The locales that the store supports."""

from merx.core.database import Transaction


async def read_spoken_locales(tx: Transaction) -> bytes:
    """The locales of the store as a JSON list, by code."""
    return await tx.fetchval(
        "SELECT coalesce(json_agg(json_build_object('code', l.code, 'name', l.name)"
        " ORDER BY l.code), '[]') FROM store_locale s"
        " JOIN locale l ON l.code = s.locale_code AND l.deleted_at IS NULL"
        " WHERE s.deleted_at IS NULL"
    )
