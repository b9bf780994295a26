"""The rows of the providers that the app was given."""

from collections.abc import Iterable

from merx.core.database import Transaction


async def add_fulfillment_providers(tx: Transaction, ids: Iterable[str]) -> None:
    """Let the shop choose the providers; one that is switched off stays so."""
    await tx.execute(
        "INSERT INTO fulfillment_provider (id) SELECT * FROM unnest($1::text[])"
        " ON CONFLICT (id) DO NOTHING",
        sorted(ids),
    )
