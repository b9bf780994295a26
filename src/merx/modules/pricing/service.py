"""Reads and checks of prices that the workflows share."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData


class PresentPrice(NamedTuple):
    """A price of a set as it stands."""

    id: str
    price_set_id: str
    currency_code: str
    min_quantity: Decimal | None
    max_quantity: Decimal | None
    rules: dict[str, str]


async def check_currencies(tx: Transaction, codes: Iterable[str]) -> None:
    """Refuse codes that no currency has, all by name."""
    wanted = list({code.lower(): None for code in codes})
    if not wanted:
        return
    missing = await tx.fetch(
        "SELECT code FROM unnest($1::text[]) WITH ORDINALITY AS given(code, place)"
        " WHERE NOT EXISTS (SELECT 1 FROM currency c WHERE c.code = given.code) ORDER BY place",
        wanted,
    )
    if missing:
        codes = ", ".join(record[0] for record in missing)
        raise InvalidData(f"Currency with code: {codes} was not found")


async def lock_prices(tx: Transaction, price_set_ids: Sequence[str]) -> list[PresentPrice]:
    """The sets' own live prices (not those of price lists), locked in key order."""
    records = await tx.fetch(
        "SELECT id, price_set_id, currency_code, min_quantity, max_quantity, ("
        "  SELECT coalesce(json_object_agg(r.attribute, r.value), '{}') FROM price_rule r"
        "  WHERE r.price_id = price.id AND r.deleted_at IS NULL) AS rules"
        " FROM price WHERE price_set_id = ANY($1::text[]) AND price_list_id IS NULL"
        " AND deleted_at IS NULL ORDER BY id FOR UPDATE",
        list(price_set_ids),
    )
    return [
        PresentPrice(**{**record, "rules": orjson.loads(record["rules"])}) for record in records
    ]
