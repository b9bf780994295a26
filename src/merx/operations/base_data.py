"""The data every shop starts with: currencies, countries, locales, providers, a store."""

from functools import cache
from importlib.resources import files
from typing import TypedDict

import orjson

from merx.batch import Insert, insert_all
from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.core.shapes import Json
from merx.modules.api_key.models import PublishableApiKeySalesChannel
from merx.modules.api_key.service import create_api_key
from merx.modules.currency.models import Currency
from merx.modules.fulfillment.models import FulfillmentProvider
from merx.modules.payment.models import PaymentProvider, RefundReason
from merx.modules.pricing.models import PricePreference
from merx.modules.region.models import Country
from merx.modules.sales_channel.models import SalesChannel
from merx.modules.store.models import Store, StoreCurrency
from merx.modules.tax.models import TaxProvider
from merx.modules.translation.models import Locale
from merx.modules.translation.service import install_settings

_ONE_STORE = 7_203_001


class _Reason(TypedDict):
    label: str
    code: str
    description: str


class _Notifier(TypedDict):
    id: str
    name: str
    channels: list[str]
    is_enabled: bool


class _Providers(TypedDict):
    fulfillment: list[Json]
    payment: list[Json]
    tax: list[Json]
    notification: list[_Notifier]


class _BaseData(TypedDict):
    """What `base_data.json` holds, by table."""

    currencies: list[Json]
    countries: list[Json]
    locales: list[Json]
    refund_reasons: list[_Reason]
    providers: _Providers


@cache
def _rows() -> _BaseData:
    return orjson.loads(files("merx.operations").joinpath("base_data.json").read_bytes())


async def install_base_data(tx: Transaction) -> None:
    """Add missing base data; existing rows are left alone."""
    # Two concurrent installations would both find no store.
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _ONE_STORE)
    rows = _rows()
    locales = [{"id": new_id("loc"), **row} for row in rows["locales"]]
    # Found by their codes, which need not be unique: a shop may have deleted some, and they stay
    # deleted.
    known = {row["code"] for row in await tx.fetch("SELECT code FROM refund_reason")}
    reasons = [
        {"id": new_id("refr"), **row} for row in rows["refund_reasons"] if row["code"] not in known
    ]
    providers = rows["providers"]
    notifiers = [{**row, "handle": row["name"]} for row in providers["notification"]]
    await insert_all(
        tx,
        Insert(Currency.__table__, rows["currencies"], skip_conflicts=True),
        Insert(Country.__table__, rows["countries"], skip_conflicts=True),
        Insert(Locale.__table__, locales, skip_conflicts=True),
        Insert(RefundReason.__table__, reasons),
        Insert(FulfillmentProvider.__table__, providers["fulfillment"], skip_conflicts=True),
        Insert(PaymentProvider.__table__, providers["payment"], skip_conflicts=True),
        Insert(TaxProvider.__table__, providers["tax"], skip_conflicts=True),
    )
    await tx.executemany(
        "INSERT INTO notification_provider (id, handle, name, channels, is_enabled)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        [(r["id"], r["handle"], r["name"], r["channels"], r["is_enabled"]) for r in notifiers],
    )
    await install_settings(tx)
    if not await tx.fetchval("SELECT EXISTS (SELECT 1 FROM store)"):
        await _open_store(tx)


async def _open_store(tx: Transaction) -> None:
    channel_id, store_id = new_id("sc"), new_id("store")
    channel = {
        "id": channel_id,
        "name": "Default Sales Channel",
        "description": "Created by Medusa",
    }
    store = {"id": store_id, "name": "Merx Store", "default_sales_channel_id": channel_id}
    currency = {
        "id": new_id("stocur"),
        "store_id": store_id,
        "currency_code": "eur",
        "is_default": True,
    }
    preference = {"id": new_id("prpref"), "attribute": "currency_code", "value": "eur"}
    key_id, _ = await create_api_key(
        tx, title="Default Publishable API Key", key_type="publishable"
    )
    link = {"publishable_key_id": key_id, "sales_channel_id": channel_id, "id": new_id("pksc")}
    await insert_all(
        tx,
        Insert(SalesChannel.__table__, [channel]),
        Insert(Store.__table__, [store]),
        Insert(StoreCurrency.__table__, [currency]),
        Insert(PricePreference.__table__, [preference]),
        Insert(PublishableApiKeySalesChannel.__table__, [link]),
    )
