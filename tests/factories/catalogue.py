"""Types, tags, collections and categories of products, inserted into their tables."""

from typing import Any

from merx.core.database import Transaction
from merx.core.ids import new_id


async def _make(tx: Transaction, table: str, prefix: str, **columns: Any) -> str:
    row = {"id": new_id(prefix), **columns}
    names = ", ".join(row)
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await tx.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())
    return row["id"]


async def make_type(tx: Transaction, value: str) -> str:
    """A product type; its id."""
    return await _make(tx, "product_type", "ptyp", value=value)


async def make_tag(tx: Transaction, value: str) -> str:
    """A tag; its id."""
    return await _make(tx, "product_tag", "ptag", value=value)


async def make_collection(tx: Transaction, title: str) -> str:
    """A collection; its id."""
    return await _make(tx, "product_collection", "pcol", title=title, handle=title.lower())


async def make_category(tx: Transaction, name: str, parent_id: str | None = None) -> str:
    """A category, perhaps below another; its id."""
    return await _make(
        tx,
        "product_category",
        "pcat",
        name=name,
        handle=name.lower(),
        mpath=name,
        parent_category_id=parent_id,
    )


async def make_translation(
    tx: Transaction, reference: str, reference_id: str, locale: str, **texts: str
) -> str:
    """Texts of a row in another language; the translation's id."""
    return await _make(
        tx,
        "translation",
        "trans",
        reference=reference,
        reference_id=reference_id,
        locale_code=locale,
        translations=texts,
    )


async def make_region(tx: Transaction, currency_code: str, name: str = "Europe") -> str:
    """A region; its id."""
    return await _make(tx, "region", "reg", name=name, currency_code=currency_code)


async def prefer_tax_inclusive(tx: Transaction, attribute: str, value: str) -> None:
    """Make prices of a region or a currency tax-inclusive, replacing an existing preference."""
    await tx.execute(
        "DELETE FROM price_preference WHERE attribute = $1 AND value = $2", attribute, value
    )
    await _make(
        tx, "price_preference", "prpref", attribute=attribute, value=value, is_tax_inclusive=True
    )
