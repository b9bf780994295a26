"""The floor of a sale: the bare SQL of each step from a new cart to its order, through asyncpg.

A sale on Merx is the template. The floor writes copies of its rows, to the same tables and with all
columns, under new ids: one statement with an INSERT for each table, and one that updates the cart's
totals. Before it writes, it locks and looks up the rows that the step needs (the variant with its
price, stock and tax rate; the price of the shipping option; the session). It returns the same JSON
as Merx, read with Merx's statement.

Not included, in addition to what `floor.py` omits: the mail, promotions, computing totals (the
rows contain them), and checking that the shipping option and the payment provider are available.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.floor import new_id

_VARIANT = """
SELECT v.id, v.product_id, v.title, v.sku, p.title, p.thumbnail, p.handle, p.status,
  (SELECT min(x.amount) FROM price x WHERE x.price_set_id = v.price_set_id
    AND x.currency_code = 'eur' AND x.price_list_id IS NULL AND x.deleted_at IS NULL),
  (SELECT sum(l.stocked_quantity - l.reserved_quantity)
    FROM product_variant_inventory_item k JOIN inventory_level l USING (inventory_item_id)
    WHERE k.variant_id = v.id AND l.deleted_at IS NULL)
FROM cart_line_item i JOIN product_variant v ON v.id = i.variant_id
JOIN product p ON p.id = v.product_id WHERE i.cart_id = $1"""
_TAX = """SELECT r.* FROM tax_region t JOIN tax_rate r ON r.tax_region_id = t.id
WHERE t.country_code = $1 AND t.province_code IS NULL AND t.deleted_at IS NULL
  AND r.deleted_at IS NULL AND r.is_default"""
_OPTION = """SELECT o.*, (SELECT min(x.amount) FROM price x WHERE x.price_set_id = o.price_set_id
  AND x.currency_code = 'eur' AND x.deleted_at IS NULL)
FROM shipping_option o WHERE o.id = $1 AND o.deleted_at IS NULL"""
_LOCK = "SELECT * FROM cart WHERE id = $1 FOR NO KEY UPDATE"
_BUYER = "SELECT id FROM customer WHERE email = $1 AND deleted_at IS NULL"
_REGION = "SELECT * FROM region WHERE id = $1"
STOCK = """WITH taken AS (
  SELECT h.inventory_item_id, h.location_id, h.quantity FROM reservation_item h
  JOIN order_item o ON o.item_id = h.line_item_id WHERE o.order_id = $1
  ORDER BY h.inventory_item_id),
held AS (SELECT l.id, t.quantity FROM taken t JOIN inventory_level l
  ON l.inventory_item_id = t.inventory_item_id AND l.location_id = t.location_id
  AND l.deleted_at IS NULL FOR NO KEY UPDATE OF l)
UPDATE inventory_level l SET reserved_quantity = l.reserved_quantity + held.quantity,
  updated_at = now() FROM held WHERE l.id = held.id"""

_OF_CART = "cart_id = $1"
_OF_ITEMS = "item_id IN (SELECT id FROM cart_line_item WHERE cart_id = $1)"
_OF_WAYS = "shipping_method_id IN (SELECT id FROM cart_shipping_method WHERE cart_id = $1)"
_COLLECTION = "(SELECT payment_collection_id FROM cart_payment_collection WHERE cart_id = $1)"
_ORDER = "(SELECT order_id FROM order_cart WHERE cart_id = $1)"
_SOLD = f"(SELECT item_id FROM order_item WHERE order_id = {_ORDER})"
_SHIPPED = f"(SELECT shipping_method_id FROM order_shipping WHERE order_id = {_ORDER})"
# Step → table → the rows of the template that it writes.
_WRITES: dict[str, dict[str, str]] = {
    "create": {"cart": "id = $1"},
    "add": {"cart_line_item": _OF_CART, "cart_line_item_tax_line": _OF_ITEMS},
    "address": {
        "cart_address": "id IN (SELECT unnest(ARRAY[shipping_address_id, billing_address_id])"
        " FROM cart WHERE id = $1)"
    },
    "method": {"cart_shipping_method": _OF_CART, "cart_shipping_method_tax_line": _OF_WAYS},
    "collection": {
        "payment_collection": f"id = {_COLLECTION}",
        "cart_payment_collection": _OF_CART,
    },
    "session": {
        "payment_session": f"payment_collection_id = {_COLLECTION} AND deleted_at IS NULL",
        "payment_request": "payment_session_id IN (SELECT id FROM payment_session"
        f" WHERE payment_collection_id = {_COLLECTION}) AND kind = 'initiate'",
    },
    "complete": {
        "order_address": "id IN (SELECT unnest(ARRAY[shipping_address_id, billing_address_id])"
        f' FROM "order" WHERE id = {_ORDER})',
        "order": f"id = {_ORDER}",
        "order_line_item": f"id IN {_SOLD}",
        "order_line_item_tax_line": f"item_id IN {_SOLD}",
        "order_item": f"order_id = {_ORDER}",
        "order_shipping_method": f"id IN {_SHIPPED}",
        "order_shipping_method_tax_line": f"shipping_method_id IN {_SHIPPED}",
        "order_shipping": f"order_id = {_ORDER}",
        "order_summary": f"order_id = {_ORDER}",
        "order_cart": _OF_CART,
        "order_payment_collection": f"order_id = {_ORDER}",
        "cart_completion": _OF_CART,
        "reservation_item": f"line_item_id IN {_SOLD}",
        "inventory_movement": "reference IN (SELECT id FROM reservation_item"
        f" WHERE line_item_id IN {_SOLD})",
        "payment_request": "payment_session_id IN (SELECT id FROM payment_session"
        f" WHERE payment_collection_id = {_COLLECTION}) AND kind = 'authorize'",
        "payment": f"payment_collection_id = {_COLLECTION}",
    },
}
_EVENTS = {
    "create": ("cart.created",),
    "add": ("cart.updated",),
    "address": ("cart.updated",),
    "method": ("cart.updated",),
    "collection": (),
    "session": (),
    "complete": (
        "order.placed",
        "reservation-item.created",
        "mail.requested",
        "payment.authorized",
    ),
}
# Columns with ids of the sale; all others are copied unchanged.
_OWN = (
    "id", "cart_id", "item_id", "line_item_id", "order_id", "payment_collection_id",
    "payment_session_id", "payment_id", "shipping_address_id", "billing_address_id", "reference",
    "shipping_method_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A sale to copy, and the rows that are looked up for it."""

    cart_id: str
    order_id: str
    country_code: str
    region_id: str
    option_id: str


class CartFloor:
    """Creates carts one after another, each a copy of the template."""

    def __init__(self, connection: Any, template: Template, reads: Mapping[str, str]) -> None:
        self.connection = connection
        self._template = template
        self._reads = reads
        self._texts: dict[str, str] = {}
        self._mark = ""

    async def open(self) -> "CartFloor":
        """Read the columns of the tables, and build the statements."""
        # Otherwise PostgreSQL plans the first executions one by one, which takes longer than them.
        await self.connection.execute("SET plan_cache_mode = force_generic_plan")
        for step, tables in _WRITES.items():
            parts = [await self._copy(table, where) for table, where in tables.items()]
            self._texts[step] = _joined(step, parts)
        return self

    async def _copy(self, table: str, where: str) -> str:
        names = await _columns(self.connection, table)
        if "id" in names:
            # Look the template up beforehand: finding it is not part of the work.
            found = await self.connection.fetch(
                f'SELECT id FROM "{table}" WHERE {where}', self._template.cart_id
            )
            where = f"id IN ({', '.join(repr(record[0]) for record in found)})"
        return _copying(table, {name: _value(table, name) for name in names}, where)

    def begin(self) -> None:
        """The next cart."""
        self._mark = new_id("")

    async def step(self, name: str) -> bytes:
        """One step of the sale, in a transaction; returns the response."""
        async with self.connection.transaction():
            await self._look_up(name)
            await self.connection.execute(self._texts[name], self._template.cart_id, self._mark)
            return await self._read(name)

    async def _look_up(self, name: str) -> None:
        cart_id, fetch = self._template.cart_id + self._mark, self.connection.fetch
        if name == "create":
            await fetch(_REGION, self._template.region_id)
            return
        assert await fetch(_LOCK, cart_id)
        if name in ("add", "address", "method", "complete"):
            assert await fetch(_VARIANT, self._template.cart_id)
        if name in ("add", "address", "method"):
            assert await fetch(_TAX, self._template.country_code)
        if name == "address":
            await fetch(_BUYER, "buyer@example.com")
        if name == "method":
            assert await fetch(_OPTION, self._template.option_id)
        if name == "complete":
            await self.connection.execute(STOCK, self._template.order_id)

    async def _read(self, name: str) -> bytes:
        kind = "order" if name == "complete" else "cart"
        row_id = self._template.order_id if name == "complete" else self._template.cart_id
        return await self.connection.fetchval(self._reads[kind], row_id + self._mark)


class LineFloor:
    """Adds a line to a cart of Merx that has lines: a copy of the first, with its taxes."""

    def __init__(self, connection: Any, country_code: str, read: str) -> None:
        self.connection = connection
        self._country_code = country_code
        self._read = read
        self._texts = list[str]()

    async def open(self) -> "LineFloor":
        """Read the columns of the tables, and build the statement."""
        first = "(SELECT id FROM cart_line_item WHERE cart_id = $1 ORDER BY id LIMIT 1)"
        for table, where in (
            ("cart_line_item", f"id = {first}"),
            ("cart_line_item_tax_line", f"item_id = {first}"),
        ):
            names = await _columns(self.connection, table)
            values = {
                name: f'"{name}" || $2::text' if name in ("id", "item_id") else f'"{name}"'
                for name in names
            }
            self._texts.append(_copying(table, values, where))
        event = (
            "INSERT INTO event (id, name, ids) VALUES ('evtadd' || $2::text, 'cart.updated',"
            " jsonb_build_array($1::text))"
        )
        inserts = ", ".join(f"i{n} AS ({text})" for n, text in enumerate([*self._texts, event]))
        self._texts = [
            f"WITH {inserts} UPDATE cart SET total = total + 1, version = version + 1,"
            " updated_at = now() WHERE id = $1"
        ]
        return self

    async def add(self, cart_id: str) -> bytes:
        """The cart in the response."""
        connection = self.connection
        async with connection.transaction():
            assert await connection.fetch(_LOCK, cart_id)
            assert await connection.fetch(_VARIANT, cart_id)
            assert await connection.fetch(_TAX, self._country_code)
            await connection.execute(self._texts[0], cart_id, new_id(""))
            return await connection.fetchval(self._read, cart_id)


async def _columns(connection: Any, table: str) -> list[str]:
    records = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = $1 AND is_generated = 'NEVER' AND is_identity = 'NO'"
        " AND column_name NOT IN ('display_id', 'created_at', 'updated_at')"
        " ORDER BY ordinal_position",
        table,
    )
    return [record[0] for record in records]


def _copying(table: str, values: Mapping[str, str], where: str) -> str:
    """An INSERT that copies some rows of a table with other values."""
    listed = ", ".join(f'"{name}"' for name in values)
    return (
        f'INSERT INTO "{table}" ({listed}) SELECT {", ".join(values.values())} FROM "{table}"'
        f" WHERE {where}"
    )


def _value(table: str, name: str) -> str:
    if table == "cart" and name in ("completed_at", "billing_address_id", "shipping_address_id"):
        return "NULL"
    return f'"{name}" || $2::text' if name in _OWN else f'"{name}"'


def _joined(step: str, inserts: Sequence[str]) -> str:
    """The inserts, the events and the update of the cart as one statement."""
    events = [
        f"INSERT INTO event (id, name, ids) VALUES ('evt{place}{step}' || $2::text, '{name}',"
        " jsonb_build_array($1::text || $2::text))"
        for place, name in enumerate(_EVENTS[step])
    ]
    parts = [f"i{place} AS ({text})" for place, text in enumerate([*inserts, *events])]
    if step == "create":
        *others, last = (*inserts, *events)
        parts = [f"i{place} AS ({text})" for place, text in enumerate(others)]
        return f"WITH {', '.join(parts)} {last}"
    source = "t.{}_address_id || $2" if step == "address" else "c.{}_address_id"
    shipping, billing = source.format("shipping"), source.format("billing")
    done = ", completed_at = now()" if step == "complete" else ""
    return (
        f"WITH {', '.join(parts)} UPDATE cart c SET total = t.total, subtotal = t.subtotal,"
        f" tax_total = t.tax_total, item_total = t.item_total, email = t.email,"
        f" version = c.version + 1,"
        f" shipping_address_id = {shipping}, billing_address_id = {billing},"
        f" updated_at = now(){done} FROM cart t WHERE t.id = $1 AND c.id = $1::text || $2::text"
    )
