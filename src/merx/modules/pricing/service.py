"""Reads and checks of prices that workflows share."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from merx.batch import Patch, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below
from merx.modules.pricing.models import Price
from merx.modules.pricing.prices import Key, WantedPrice


class PresentPrice(NamedTuple):
    """A live price as it is stored."""

    id: str
    price_set_id: str
    currency_code: str
    min_quantity: Decimal | None
    max_quantity: Decimal | None
    rules_count: int
    rules_key: str

    @property
    def key(self) -> Key:
        """What makes it equal to another price of its set."""
        return Key(self.currency_code, self.min_quantity, self.max_quantity, self.rules_key)

    def key_after(self, patch: Patch) -> Key:
        """The key after the patch."""
        get = patch.get
        return Key(
            get("currency_code", self.currency_code),
            get("min_quantity", self.min_quantity),
            get("max_quantity", self.max_quantity),
            get("rules_key", self.rules_key),
        )

    def is_moved(self, patch: Patch) -> bool:
        """Whether the patch changes the key."""
        return self.key_after(patch) != self.key


# The prices of each row, with the row's path in the request.
Wanted = Sequence[tuple[str, Sequence[WantedPrice]]]

# The codes of `{codes}`, a parameter, that are not currencies.
UNKNOWN_CURRENCIES = """
SELECT code FROM unnest({codes}::text[]) WITH ORDINALITY AS given(code, place)
WHERE NOT EXISTS (SELECT 1 FROM currency c WHERE c.code = given.code) ORDER BY place"""


async def unknown_currencies(
    tx: Transaction, given: Sequence[tuple[str, str]]
) -> InvalidData | None:
    """The error naming every code, by its path in the request, that is not a currency, if any."""
    codes = list({code.lower(): None for _, code in given})
    if not codes:
        return None
    records = await tx.fetch(UNKNOWN_CURRENCIES.format(codes="$1"), codes)
    return _no_currencies(given, [record[0] for record in records])


def currency_codes(wanted: Wanted) -> list[str]:
    """The distinct codes, in the currencies' case."""
    given = (price.currency_code for _, prices in wanted for price in prices)
    return list({code.lower(): None for code in given if code is not None})


def no_currency(wanted: Wanted, missing: Sequence[str]) -> InvalidData | None:
    """The error for prices in missing currencies, if any."""
    return _no_currencies(_places(wanted), missing) if missing else None


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


_COLUMNS = ", ".join(f"price.{name}" for name in PresentPrice._fields)

_LOCK_PRICES = f"""
SELECT {_COLUMNS}
FROM unnest($1::text[]) AS given(price_set_id)
CROSS JOIN LATERAL (
    SELECT * FROM price p WHERE p.price_set_id = given.price_set_id ORDER BY p.id FOR UPDATE) price
WHERE price.price_list_id IS NULL AND price.deleted_at IS NULL"""


async def lock_prices(tx: Transaction, price_set_ids: Sequence[str]) -> list[PresentPrice]:
    """The sets' own live prices (not those of price lists), locked in key order."""
    records = await tx.fetch(_LOCK_PRICES, sorted(price_set_ids))
    return [PresentPrice(*record) for record in records]


# The same, and a row for each code that is not a currency.
_LOCK_AND_CHECK = f"""
SELECT * FROM ({_LOCK_PRICES}) held
UNION ALL SELECT NULL, NULL, code, NULL, NULL, NULL, NULL
FROM ({UNKNOWN_CURRENCIES.format(codes="$2")}) unknown"""


async def lock_prices_for(
    tx: Transaction, price_set_ids: Sequence[str], wanted: Wanted
) -> tuple[list[PresentPrice], InvalidData | None]:
    """The same prices, and the error naming every wanted price whose currency does not exist, if
    any; in one statement.
    """
    records = await tx.fetch(_LOCK_AND_CHECK, sorted(price_set_ids), currency_codes(wanted))
    present = [PresentPrice(*record) for record in records if record[0] is not None]
    return present, no_currency(wanted, [record[2] for record in records[len(present) :]])


_LOCK_LISTED = f"""
SELECT {_COLUMNS}
FROM unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::text[])
  AS given(price_set_id, currency_code, min_quantity, max_quantity, rules_key)
CROSS JOIN LATERAL (
    SELECT * FROM price p
    WHERE p.price_set_id = given.price_set_id AND p.currency_code = given.currency_code
      AND p.price_list_id = $1 AND p.rules_key = given.rules_key
      AND p.min_quantity IS NOT DISTINCT FROM given.min_quantity
      AND p.max_quantity IS NOT DISTINCT FROM given.max_quantity
      AND p.deleted_at IS NULL FOR UPDATE) price"""


async def lock_listed_prices(
    tx: Transaction, list_id: str, places: Iterable[tuple[str, Key]]
) -> list[PresentPrice]:
    """The list's live prices that are equal to those at the places, locked."""
    rows = [(set_id, *key) for set_id, key in places]
    if not rows:
        return []
    records = await tx.fetch(_LOCK_LISTED, list_id, *map(list, zip(*rows, strict=True)))
    return [PresentPrice(*record) for record in records]


async def change_prices(
    tx: Transaction,
    present: Mapping[str, PresentPrice],
    patches: Mapping[str, Patch],
) -> None:
    """Change prices by id, each by its patch."""
    await update_rows(tx, Price.__table__, await free_keys(tx, present, patches))


async def free_keys(
    tx: Transaction,
    present: Mapping[str, PresentPrice],
    patches: Mapping[str, Patch],
) -> Mapping[str, Patch]:
    """Let prices whose key changes give up their old one, and return the patches to be made then.

    A unique index is checked row by row, so two prices that swap currencies would collide.
    """
    moved = [given for given, patch in patches.items() if present[given].is_moved(patch)]
    if not moved:
        return patches
    await update_rows(tx, Price.__table__, {given: {"rules_key": given} for given in moved})
    keys = {given: present[given].key_after(patches[given]) for given in moved}
    returned = {given: {"rules_key": key.rules_key} for given, key in keys.items()}
    return {given: {**patch, **returned.get(given, {})} for given, patch in patches.items()}
