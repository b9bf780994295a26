"""The rows of the configured tax providers."""

from collections.abc import Iterable

from merx.core.database import Transaction


async def add_tax_providers(tx: Transaction, ids: Iterable[str]) -> None:
    """Insert missing providers, so that tax regions can name them; disabled ones stay so."""
    await tx.execute(
        "INSERT INTO tax_provider (id) SELECT * FROM unnest($1::text[])"
        " ON CONFLICT (id) DO NOTHING",
        sorted(ids),
    )
