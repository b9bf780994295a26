"""The rows of the configured fulfillment providers."""

from collections.abc import Iterable

from merx.core.database import Transaction


async def add_fulfillment_providers(tx: Transaction, ids: Iterable[str]) -> None:
    """Insert missing providers, so that the shop can choose them; disabled ones stay disabled."""
    await tx.execute(
        "INSERT INTO fulfillment_provider (id) SELECT * FROM unnest($1::text[])"
        " ON CONFLICT (id) DO NOTHING",
        sorted(ids),
    )
