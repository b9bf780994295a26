"""A shop that has two of everything, and what a request changed of its rows."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import httpx

from merx.core.database import Transaction
from merx.modules.auth.sessions import new_session_token, open_session
from merx.modules.auth.tokens import Claims
from tests.answers import good
from tests.factories.catalogue import make_tag, make_type
from tests.factories.keys import make_key
from tests.factories.options import make_option
from tests.factories.people import Person, make_person
from tests.factories.products import (
    Made,
    item_of,
    make_item,
    make_location,
    make_sales_channel,
    prices,
    variant,
)
from tests.factories.stock import make_level, make_reservation
from tests.factories.taxes import make_customer, make_customer_group


@dataclass
class Twin:
    """One of each; most rows are joined to the others."""

    number: int
    product: Made
    option: str
    option_values: list[str]
    unused: str
    unused_values: list[str]
    items: list[str]
    spare_item: str
    location: str
    level: str
    reserved_level: str
    reservation: str
    person: Person
    channel: str
    key: str
    region: str
    group: str
    customer: str
    tag: str
    type: str
    category: str
    collection: str
    preference: str
    price_list: str
    listed: list[str]

    @property
    def variants(self) -> list[str]:
        return self.product.variant_ids


async def _post(admin: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    [row] = good(await admin.post(f"/admin/{path}", json=body)).values()
    return row


async def make_twin(admin: httpx.AsyncClient, tx: Transaction, number: int) -> Twin:
    """One half of the shop."""
    region = await _post(
        admin,
        "regions",
        name=f"Region {number}",
        currency_code="usd",
        countries=[("dk", "de")[number]],
    )
    region = region["id"]
    group = await make_customer_group(tx, f"Group {number}")
    used = await make_option(tx, f"Size {number}", "S", "M", "L")
    unused = await make_option(tx, f"Form {number}", "Round", "Square")
    tag, kind = await make_tag(tx, f"Tag {number}"), await make_type(tx, f"Type {number}")
    body = {"title": f"Shirt {number}", "options": [{"id": used.id}], "type_id": kind}
    product_id = (await _post(admin, "products", **body, tags=[{"id": tag}]))["id"]
    bound = {"currency_code": "usd", "amount": 8, "rules": {"region_id": region}}
    for size in ("S", "M"):
        body = variant(
            size,
            sku=f"{size}-{number}",
            options={f"Size {number}": size},
            prices=[*prices(usd=10, eur=9), bound],
        )
        await _post(admin, f"products/{product_id}/variants", **body)
    ids = await tx.fetch(
        "SELECT id FROM product_variant WHERE product_id = $1 ORDER BY id", product_id
    )
    product = Made(product_id, [row["id"] for row in ids])
    items = [await item_of(tx, one) for one in product.variant_ids]
    location = await make_location(tx, f"Place {number}")
    level = await make_level(tx, items[0], location, stocked=10)
    spare = await make_item(tx, f"SPARE-{number}")
    reserved = await make_level(tx, spare, location, stocked=10)
    reservation = await make_reservation(tx, spare, location, 2)
    person = await make_person(tx, f"bob{number}@shop.test")
    said: Claims = {
        "actor_id": person.user_id,
        "actor_type": "user",
        "auth_identity_id": person.identity.id,
        "auth_provider": "emailpass",
    }
    await open_session(tx, new_session_token(), said, lifetime=timedelta(hours=1))
    channel = await make_sales_channel(tx, f"Channel {number}")
    key, _ = await make_key(tx)
    customer = await make_customer(tx, f"ann{number}@home.test")
    category = (await _post(admin, "product-categories", name=f"Category {number}"))["id"]
    collection = (await _post(admin, "collections", title=f"Collection {number}"))["id"]
    for joined, member in (
        (f"stock-locations/{location}/sales-channels", channel),
        (f"stock-locations/{location}/fulfillment-providers", "manual_manual"),
        (f"sales-channels/{channel}/products", product.id),
        (f"api-keys/{key}/sales-channels", channel),
        (f"customer-groups/{group}/customers", customer),
        (f"product-categories/{category}/products", product.id),
        (f"collections/{collection}/products", product.id),
    ):
        await _post(admin, joined, add=[member])
    rows = [
        {"variant_id": one, "currency_code": "usd", "amount": 7, "rules": rules}
        for one in product.variant_ids
        for rules in ({}, {"region_id": region})
    ]
    sale = await _post(
        admin,
        "price-lists",
        title=f"Sale {number}",
        description="",
        status="active",
        rules={"customer.groups.id": [group], "region_id": [region]},
        prices=rows,
    )
    listed = await tx.fetch("SELECT id FROM price WHERE price_list_id = $1 ORDER BY id", sale["id"])
    preference = "SELECT id FROM price_preference WHERE value = $1"
    return Twin(
        number,
        product,
        used.id,
        list(used.values.values()),
        unused.id,
        list(unused.values.values()),
        items,
        spare,
        location,
        level,
        reserved,
        reservation,
        person,
        channel,
        key,
        region,
        group,
        customer,
        tag,
        kind,
        category,
        collection,
        await tx.fetchval(preference, region),
        sale["id"],
        [row["id"] for row in listed],
    )


Rows = dict[tuple[str, str], tuple[str, bool]]


class Footprint:
    """What changed since it was made: `{"price": "2 new, 1 changed, 3 gone"}` by table."""

    def __init__(self, tx: Transaction, tables: list[str], before: Rows, events: list[str]) -> None:
        self._tx = tx
        self._tables = tables
        self._before = before
        self._events = events

    async def taken(self) -> dict[str, str]:
        """The tables with changed rows; deleted rows and those marked so are gone."""
        after = await _rows(self._tx, self._tables)
        counts = Counter[tuple[str, str]]()
        for key in {*self._before, *after}:
            was, is_now = self._before.get(key), after.get(key)
            if was != is_now:
                gone = is_now is None or (is_now[1] and was is not None and not was[1])
                counts[key[0], "gone" if gone else "new" if was is None else "changed"] += 1
        words = ("new", "changed", "gone")
        return {
            table: ", ".join(f"{counts[table, how]} {how}" for how in words if counts[table, how])
            for table in self._tables
            if any(counts[table, how] for how in words)
        }

    async def told(self) -> dict[str, int]:
        """How many ids each event names."""
        records = await self._tx.fetch(
            "SELECT name, sum(jsonb_array_length(ids))::int FROM event"
            " WHERE id <> ALL($1::text[]) GROUP BY name ORDER BY name",
            self._events,
        )
        return {record[0]: record[1] for record in records}


async def footprint(tx: Transaction) -> Footprint:
    """The state from which changes count, of all tables but those that log."""
    records = await tx.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE ALL"
        " ('{alembic%,event%,audit%,mail,idempotency%,list_count,currency}') ORDER BY tablename"
    )
    tables = [record[0] for record in records]
    events = await tx.fetch("SELECT id FROM event")
    return Footprint(tx, tables, await _rows(tx, tables), [record[0] for record in events])


async def _rows(tx: Transaction, tables: list[str]) -> Rows:
    one = """SELECT '{0}', coalesce(row ->> 'id', row::text), md5(row::text),
        row ->> 'deleted_at' IS NOT NULL FROM (SELECT to_jsonb(t) AS row FROM "{0}" t) every"""
    records = await tx.fetch(" UNION ALL ".join(one.format(table) for table in tables))
    return {(record[0], record[1]): (record[2], record[3]) for record in records}


class Write(NamedTuple):
    """A request about one half, which deletes if it has no body; the rows that it changes by
    table, and how many ids its events name.
    """

    path: Callable[[Twin], str]
    body: Callable[[Twin], Any] | None
    rows: dict[str, str]
    events: dict[str, int]


Changes = dict[str, tuple[dict[str, str], dict[str, int]]]


def expected(writes: dict[str, Write]) -> Changes:
    """What the writes should change."""
    return {name: (write.rows, write.events) for name, write in writes.items()}


async def changes(admin: httpx.AsyncClient, tx: Transaction, writes: dict[str, Write]) -> Changes:
    """What each of them changes in the same shop, of which each is then undone."""
    twin, _ = [await make_twin(admin, tx, number) for number in range(2)]
    found: Changes = {}
    for name, write in writes.items():
        undone = tx.transaction()
        await undone.start()
        before = await footprint(tx)
        method, body = ("DELETE", None) if write.body is None else ("POST", write.body(twin))
        answer = await admin.request(method, f"/admin/{write.path(twin)}", json=body)
        assert answer.status_code == 200, (name, answer.text)
        found[name] = await before.taken(), await before.told()
        await undone.rollback()
    return found
