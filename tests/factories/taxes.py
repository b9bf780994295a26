"""Tax regions and rates, regions, customers and their groups, inserted into their tables."""

from collections.abc import Sequence
from typing import Any

from merx.core.database import Transaction
from merx.core.ids import new_id


async def make_row(tx: Transaction, table: str, prefix: str, **columns: Any) -> str:
    """A row of the table; its id."""
    row = {"id": new_id(prefix), **columns}
    names = ", ".join(row)
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await tx.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())
    return row["id"]


async def make_tax_region(
    tx: Transaction, country: str, province: str | None = None, parent_id: str | None = None
) -> str:
    """A tax region of a country or, with a parent, of a province; its id."""
    return await make_row(
        tx,
        "tax_region",
        "txreg",
        country_code=country,
        province_code=province,
        parent_id=parent_id,
        provider_id=None if parent_id else "tp_system",
    )


async def make_tax_rate(
    tx: Transaction, region_id: str, rate: Any, *rules: tuple[str, str], **columns: Any
) -> str:
    """A rate with rules `(kind, id)`; its id."""
    rate_id = await make_row(
        tx, "tax_rate", "txr", tax_region_id=region_id, rate=rate, code="c", name="n", **columns
    )
    for kind, named in rules:
        await make_row(
            tx, "tax_rate_rule", "txrule", tax_rate_id=rate_id, reference=kind, reference_id=named
        )
    return rate_id


async def make_customer(tx: Transaction, email: str | None, **columns: Any) -> str:
    """A customer without an account; its id."""
    return await make_row(tx, "customer", "cus", email=email, **columns)


async def make_customer_group(tx: Transaction, name: str) -> str:
    """A customer group; its id."""
    return await make_row(tx, "customer_group", "cusgroup", name=name)


async def join_groups(tx: Transaction, customer_id: str, group_ids: Sequence[str]) -> None:
    """Put a customer into groups."""
    for group_id in group_ids:
        await make_row(
            tx,
            "customer_group_customer",
            "cusgc",
            customer_id=customer_id,
            customer_group_id=group_id,
        )


async def make_region(tx: Transaction, name: str, currency: str = "eur") -> str:
    """A region without countries; its id."""
    return await make_row(tx, "region", "reg", name=name, currency_code=currency)
