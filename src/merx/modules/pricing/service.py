"""Reads and checks of prices that the workflows share."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import orjson

from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below
from merx.modules.pricing.prices import WantedPrice


class PresentPrice(NamedTuple):
    """A price of a set as it stands."""

    id: str
    price_set_id: str
    currency_code: str
    min_quantity: Decimal | None
    max_quantity: Decimal | None
    rules: dict[str, str]


# The prices of each row beside the row's path in the request.
Wanted = Sequence[tuple[str, Sequence[WantedPrice]]]

# The codes of `{codes}`, a parameter, that no currency has.
UNKNOWN_CURRENCIES = """
SELECT code FROM unnest({codes}::text[]) WITH ORDINALITY AS given(code, place)
WHERE NOT EXISTS (SELECT 1 FROM currency c WHERE c.code = given.code) ORDER BY place"""


async def check_currencies(tx: Transaction, wanted: Wanted) -> InvalidData | None:
    """The error that names every price whose currency does not exist, if there are such."""
    return await unknown_currencies(tx, _places(wanted))


async def unknown_currencies(
    tx: Transaction, given: Sequence[tuple[str, str]]
) -> InvalidData | None:
    """The same for codes, each beside its path in the request."""
    codes = list({code.lower(): None for _, code in given})
    if not codes:
        return None
    records = await tx.fetch(UNKNOWN_CURRENCIES.format(codes="$1"), codes)
    return _no_currencies(given, [record[0] for record in records])


def currency_codes(wanted: Wanted) -> list[str]:
    """Each code once, as currencies have them."""
    return list({code.lower(): None for _, code in _places(wanted)})


def no_currency(wanted: Wanted, missing: Sequence[str]) -> InvalidData | None:
    """The error for the prices in missing currencies, if there are such."""
    return _no_currencies(_places(wanted), missing)


def _places(wanted: Wanted) -> list[tuple[str, str]]:
    return [
        (below(path, f"prices[{place}].currency_code"), price.currency_code)
        for path, prices in wanted
        for place, price in enumerate(prices)
        if price.currency_code is not None
    ]


def _no_currencies(given: Sequence[tuple[str, str]], missing: Sequence[str]) -> InvalidData | None:
    if not missing:
        return None
    unknown = set(missing)
    words = "Currency with code: {} was not found"
    problems: list[Problem] = [
        {"path": path, "message": words.format(code)}
        for path, code in given
        if code.lower() in unknown
    ]
    return InvalidData(words.format(", ".join(missing)), problems=problems)


_LOCK_PRICES = """
SELECT price.id, price.price_set_id, price.currency_code, price.min_quantity, price.max_quantity, (
    SELECT coalesce(json_object_agg(r.attribute, r.value), '{}') FROM price_rule r
    WHERE r.price_id = price.id AND r.deleted_at IS NULL) AS rules
FROM unnest($1::text[]) AS given(price_set_id)
CROSS JOIN LATERAL (
    SELECT * FROM price p WHERE p.price_set_id = given.price_set_id ORDER BY p.id FOR UPDATE) price
WHERE price.price_list_id IS NULL AND price.deleted_at IS NULL"""


async def lock_prices(tx: Transaction, price_set_ids: Sequence[str]) -> list[PresentPrice]:
    """The sets' own live prices (not those of price lists), locked in key order."""
    records = await tx.fetch(_LOCK_PRICES, sorted(price_set_ids))
    return [
        PresentPrice(**{**record, "rules": orjson.loads(record["rules"])}) for record in records
    ]
