"""Changes a store: its name, currencies and locales, and the shop's defaults."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import FromClause

from merx.batch import Insert, delete_rows, insert_all, lock_rows, update_rows
from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound
from merx.core.ids import new_id
from merx.modules.pricing.preferences import set_preferences
from merx.modules.pricing.service import unknown_currencies
from merx.modules.region.models import Region
from merx.modules.sales_channel.models import SalesChannel
from merx.modules.stock_location.models import StockLocation
from merx.modules.store.models import Store, StoreCurrency, StoreLocale
from merx.modules.store.schemas import SupportedCurrency, UpdateStore
from merx.outbox import emit

_STORES = Store.__table__
_CURRENCIES = StoreCurrency.__table__
_LOCALES = StoreLocale.__table__

_DEFAULTS: dict[str, FromClause] = {
    "default_sales_channel_id": SalesChannel.__table__,
    "default_region_id": Region.__table__,
    "default_location_id": StockLocation.__table__,
}

_UNKNOWN_LOCALES = """
SELECT code FROM unnest($1::text[]) WITH ORDINALITY AS given(code, place)
WHERE NOT EXISTS (SELECT 1 FROM locale l WHERE l.code = given.code AND l.deleted_at IS NULL)
ORDER BY place"""


async def update_store(tx: Transaction, store_id: str, patch: UpdateStore) -> None:
    """Change a store; given lists and metadata replace the old ones."""
    given = patch.model_fields_set
    currencies = patch.supported_currencies if "supported_currencies" in given else None
    locales = [one.locale_code for one in patch.supported_locales]
    _check_defaults(currencies or [])
    _check_twice("locale", locales)
    if not await lock_rows(tx, _STORES, [store_id]):
        raise NotFound(f'Store with id "{store_id}" not found')
    columns = patch.model_dump(
        exclude_unset=True, exclude={"supported_currencies", "supported_locales"}
    )
    for name, table in _DEFAULTS.items():
        await _check_default(tx, name, columns.get(name), table)
    if columns:
        await update_rows(tx, _STORES, {store_id: columns})
    if currencies is not None:
        await _replace_currencies(tx, store_id, currencies)
    if "supported_locales" in given:
        await _replace_locales(tx, store_id, locales)
    await emit(tx, "store.updated", [store_id])


async def _replace_currencies(
    tx: Transaction, store_id: str, currencies: Sequence[SupportedCurrency]
) -> None:
    places = [
        (f"supported_currencies[{place}].currency_code", one.currency_code)
        for place, one in enumerate(currencies)
    ]
    error = await unknown_currencies(tx, places)
    if error:
        raise error
    rows = [
        {
            "id": new_id("stocur"),
            "store_id": store_id,
            "currency_code": one.currency_code.lower(),
            "is_default": one.is_default,
        }
        for one in currencies
    ]
    await delete_rows(tx, _CURRENCIES, "store_id", [store_id])
    await insert_all(tx, Insert(_CURRENCIES, rows))
    wanted = {
        one.currency_code.lower(): one.is_tax_inclusive
        if "is_tax_inclusive" in one.model_fields_set
        else None
        for one in currencies
    }
    await set_preferences(tx, "currency_code", wanted)


async def _replace_locales(tx: Transaction, store_id: str, codes: Sequence[str]) -> None:
    unknown = await tx.fetch(_UNKNOWN_LOCALES, list(codes)) if codes else []
    if unknown:
        named = ", ".join(record["code"] for record in unknown)
        raise InvalidData(f'Locales with codes: "{named}" do not exist')
    rows = [{"id": new_id("stloc"), "store_id": store_id, "locale_code": code} for code in codes]
    await delete_rows(tx, _LOCALES, "store_id", [store_id])
    await insert_all(tx, Insert(_LOCALES, rows))


def _check_defaults(currencies: Sequence[SupportedCurrency]) -> None:
    """Exactly one of several currencies must be the default."""
    _check_twice("currency", [one.currency_code.lower() for one in currencies])
    defaults = sum(one.is_default for one in currencies)
    if currencies and not defaults:
        raise InvalidData("There should be a default currency set for the store")
    if defaults > 1:
        raise InvalidData("Only one default currency is allowed")


def _check_twice(what: str, codes: Sequence[str]) -> None:
    twice = [code for code, count in Counter(codes).items() if count > 1]
    if twice:
        raise InvalidData(f"Duplicate {what} codes: {', '.join(twice)}")


async def _check_default(tx: Transaction, name: str, row_id: str | None, table: FromClause) -> None:
    """Lock what is to be a default until the end; it must exist."""
    if row_id is not None and not await lock_rows(tx, table, [row_id], shared=True):
        raise NotFound(
            f"You tried to set relationship {name}: {row_id}, but such entity does not exist"
        )
