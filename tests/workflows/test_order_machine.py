"""Random walks through all that can happen to an order: whatever comes, nothing answers 500, and
the money and the stock of the order agree after each step.

The suite takes a short walk. `ORDER_STEPS=10000 pytest tests/workflows/test_order_machine.py`
takes a long one, and ORDER_SEED another one.
"""

import os
import random
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.modules.order.load import load_order
from merx.modules.order.new import NewMethod
from merx.modules.order.state import compute_figures
from merx.operations import repair_orders
from merx.settings import Settings
from tests.factories.orders import line, make_option, make_order, tax
from tests.factories.people import make_person
from tests.factories.products import COLORS, item_of, make_location, make_product, variants
from tests.factories.stock import make_level
from tests.fixtures import requests_to

STEPS = int(os.environ.get("ORDER_STEPS", "150"))
SEED = int(os.environ.get("ORDER_SEED", "7"))
# Each walk is a transaction of its own: one that went on for longer would grow slow.
PER_WALK = 1000
SEEDS = range(SEED, SEED + max(1, STEPS // PER_WALK))
PER_ORDER = 50
# A long walk in which one of these never succeeds would prove nothing about it.
MUST_HAPPEN = (
    "order-edits/confirm",
    "returns/request",
    "returns/receive/confirm",
    "claims/request",
    "exchanges/request",
    "orders/fulfillments",
    "orders/fulfillments/shipments",
    "orders/fulfillments/cancel",
    "orders/credit-lines",
    "payment-collections/mark-as-paid",
    "payments/refund",
)
_ID = re.compile(r"/?[a-z_]+_[0-9A-Z]{26}|/None")
CHECKS = (repair_orders.UNEVEN, repair_orders.UNSUMMED, repair_orders.UNPAID)

_MOVED = """SELECT i.* FROM order_item i JOIN "order" o ON o.id = i.order_id
WHERE i.order_id = $1 AND i.version = o.version AND (i.fulfilled_quantity > i.quantity
  OR i.return_requested_quantity + i.return_received_quantity + i.return_dismissed_quantity
    > i.fulfilled_quantity
  OR least(i.quantity, i.fulfilled_quantity, i.return_requested_quantity) < 0)"""
_STOCK = """SELECT l.* FROM inventory_level l WHERE l.reserved_quantity <> (
  SELECT coalesce(sum(r.quantity), 0) FROM reservation_item r WHERE r.deleted_at IS NULL
  AND r.inventory_item_id = l.inventory_item_id AND r.location_id = l.location_id)
  OR l.stocked_quantity < 0"""
_LEVELS = "SELECT inventory_item_id, reserved_quantity FROM inventory_level ORDER BY 1"
_EXPECTED = """SELECT id FROM return WHERE order_id = $1 AND deleted_at IS NULL
AND status IN ('requested', 'partially_received') ORDER BY id"""
_HELD = """SELECT i.item_id, i.quantity - i.fulfilled_quantity AS due, coalesce((
    SELECT sum(r.quantity) FROM reservation_item r
    WHERE r.line_item_id = i.item_id AND r.deleted_at IS NULL), 0) AS held
FROM order_item i JOIN "order" o ON o.id = i.order_id AND i.version = o.version
WHERE o.id = $1 AND o.status <> 'canceled'"""
_CHANGE = """SELECT change_type, coalesce(claim_id, exchange_id, return_id) FROM order_change
WHERE order_id = $1 AND status IN ('pending', 'requested') AND deleted_at IS NULL"""


class Walk:
    """One order after the other, and what is done to it."""

    def __init__(self, admin: httpx.AsyncClient, tx: Transaction, seed: int) -> None:
        self.admin, self.tx = admin, tx
        self.dice = random.Random(seed)
        self.answers: Counter[str] = Counter()
        self.order = self.change = self.part = ""
        self.last: list[str] = []

    async def begin(self) -> None:
        self.location = await make_location(self.tx)
        self.option = await make_option(self.tx)
        product = await make_product(self.tx, variants=variants(COLORS, 2), status="published")
        self.variants = product.variant_ids
        for variant in self.variants:
            await make_level(self.tx, await item_of(self.tx, variant), self.location, stocked=90)

    async def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.admin.post(f"/admin/{path}", json=body or {})
        assert answer.status_code in (200, 400, 404, 409), (path, body, answer.text)
        self.last = [*self.last[-14:], f"{answer.status_code} {path} {body}"]
        self.answers[f"{_ID.sub('', path)} {answer.status_code}"] += 1
        return answer.json() if answer.status_code == 200 else {}

    async def drop(self, path: str) -> None:
        answer = await self.admin.delete(f"/admin/{path}")
        assert answer.status_code in (200, 400, 404), (path, answer.text)

    async def new_order(self) -> None:
        await self.restock()
        price = self.dice.choice([20, 9.99, 0.1])
        made = await make_order(
            self.tx,
            line(price, 4, variant_id=self.variants[0], tax_lines=[tax(20)]),
            line(7, 3, variant_id=self.variants[1], requires_shipping=True),
            methods=[NewMethod("Standard", Decimal(10), self.option, tax_lines=[tax()])],
        )
        self.order = made.id
        for line_id, variant in zip(made.line_ids, self.variants, strict=True):
            units = 4 if variant == self.variants[0] else 3
            body = {
                "line_item_id": line_id,
                "inventory_item_id": await item_of(self.tx, variant),
                "location_id": self.location,
                "quantity": units,
            }
            assert await self.ask("reservations", body)
        items = [{"id": one, "quantity": self.dice.randint(1, 3)} for one in made.line_ids]
        body = {"items": items, "location_id": self.location}
        await self.ask(f"orders/{self.order}/fulfillments", body)

    async def restock(self) -> None:
        """Orders of before keep what is reserved for them: each new one finds ninety more."""
        for level in await self.tx.fetch(_LEVELS):
            path = f"inventory-items/{level[0]}/location-levels/{self.location}"
            await self.ask(path, {"stocked_quantity": int(level[1]) + 90})

    async def some_line(self) -> str:
        rows = await self.tx.fetch(
            'SELECT i.item_id FROM order_item i JOIN "order" o ON o.id = i.order_id'
            " AND o.version = i.version WHERE o.id = $1 ORDER BY i.item_id",
            self.order,
        )
        return self.dice.choice([row[0] for row in rows] or ["ordli_x"])

    async def units(self, most: int = 3) -> dict[str, Any]:
        return {"id": await self.some_line(), "quantity": self.dice.randint(1, most)}

    async def some(self, query: str) -> str | None:
        rows = await self.tx.fetch(query, self.order)
        return self.dice.choice([row[0] for row in rows]) if rows else None

    async def step(self) -> None:
        row = await self.tx.fetchrow(_CHANGE, self.order)
        self.change, self.part = (row[0], row[1] or "") if row else ("", "")
        doings = {
            "": (self.start, self.start, self.deliver, self.deliver, self.pay, self.cancel),
            "edit": (self.edit, self.edit, self.end_edit, self.pay),
            "return_request": (self.ask_back, self.end_return, self.pay),
            "return_receive": (self.take_in, self.end_receive),
            "claim": (self.fill_part, self.fill_part, self.end_part, self.pay),
            "exchange": (self.fill_part, self.fill_part, self.end_part, self.pay),
        }
        doing: Callable[[], Awaitable[None]] = self.dice.choice(doings[self.change])
        await doing()

    async def start(self) -> None:
        kind = self.dice.choice(("order-edits", "returns", "claims", "exchanges", "receive"))
        if kind == "receive":
            found = await self.some(_EXPECTED)
            await self.ask(f"returns/{found}/receive")
            return
        body: dict[str, Any] = {"order_id": self.order}
        if kind == "claims":
            body["type"] = self.dice.choice(("refund", "replace"))
        if kind == "returns":
            body["location_id"] = self.location
        await self.ask(kind, body)

    async def deliver(self) -> None:
        items = [await self.units()]
        done = await self.some(
            "SELECT fulfillment_id FROM order_fulfillment WHERE order_id = $1 ORDER BY 1"
        )
        way = self.dice.choice(("make", "make", "ship", "deliver", "cancel"))
        path = f"orders/{self.order}/fulfillments"
        if way == "make":
            await self.ask(path, {"items": items, "location_id": self.location})
        elif way == "ship":
            await self.ask(f"{path}/{done}/shipments", {"items": await self.packed(done) or items})
        elif way == "deliver":
            await self.ask(f"{path}/{done}/mark-as-delivered")
        else:
            await self.ask(f"{path}/{done}/cancel")

    async def packed(self, fulfillment_id: str | None) -> list[dict[str, Any]]:
        rows = await self.tx.fetch(
            "SELECT line_item_id, quantity FROM fulfillment_item WHERE fulfillment_id = $1",
            fulfillment_id,
        )
        return [{"id": row[0], "quantity": int(row[1])} for row in rows]

    async def pay(self) -> None:
        way = self.dice.choice(("owe", "mark", "refund", "credit"))
        if way == "owe":
            amount = self.dice.choice((5, 30, 200))
            body = {"order_id": self.order, "amount": amount}
            await self.ask("payment-collections", body)
        elif way == "mark":
            found = await self.some(
                "SELECT c.id FROM order_payment_collection l JOIN payment_collection c"
                " ON c.id = l.payment_collection_id WHERE l.order_id = $1 ORDER BY c.id"
            )
            await self.ask(f"payment-collections/{found}/mark-as-paid", {"order_id": self.order})
        elif way == "refund":
            found = await self.some(
                "SELECT p.id FROM order_payment_collection l JOIN payment p"
                " ON p.payment_collection_id = l.payment_collection_id"
                " WHERE l.order_id = $1 ORDER BY p.id"
            )
            await self.ask(f"payments/{found}/refund", {"amount": self.dice.choice((1, 5.5, 40))})
        else:
            amount = self.dice.choice((1, 3, -2, 25))
            body = {"amount": amount, "reference": "favour", "reference_id": "f"}
            await self.ask(f"orders/{self.order}/credit-lines", body)

    async def cancel(self) -> None:
        kind = self.dice.choice(("return", "claim", "exchange"))
        table = kind if kind == "return" else f"order_{kind}"
        found = await self.some(f"SELECT id FROM {table} WHERE order_id = $1 ORDER BY id")
        await self.ask(f"{kind}s/{found}/cancel")

    async def edit(self) -> None:
        path = f"order-edits/{self.order}/items"
        if self.dice.random() < 0.5:
            body: dict[str, Any] = {"quantity": self.dice.randint(0, 5)}
            if self.dice.random() < 0.3:
                body["unit_price"] = self.dice.choice((5, 19.99, 0))
            await self.ask(f"{path}/item/{await self.some_line()}", body)
        else:
            await self.ask(path, {"items": [self.added()]})

    def added(self) -> dict[str, Any]:
        body = {"variant_id": self.dice.choice(self.variants), "quantity": self.dice.randint(1, 2)}
        return body | ({"unit_price": 11.11} if self.dice.random() < 0.9 else {})

    async def end_edit(self) -> None:
        if self.dice.random() < 0.7:
            await self.ask(f"order-edits/{self.order}/confirm")
        else:
            await self.drop(f"order-edits/{self.order}")

    async def ask_back(self) -> None:
        await self.ask(f"returns/{self.part}/request-items", {"items": [await self.units(2)]})

    async def end_return(self) -> None:
        if self.dice.random() < 0.7:
            await self.ask(f"returns/{self.part}/request")
        else:
            await self.drop(f"returns/{self.part}/request")

    async def take_in(self) -> None:
        way = self.dice.choice(("receive", "dismiss"))
        rows = await self.tx.fetch(
            "SELECT item_id FROM return_item WHERE return_id = $1 ORDER BY 1", self.part
        )
        units = {"id": self.dice.choice(rows)[0], "quantity": 1} if rows else await self.units(2)
        await self.ask(f"returns/{self.part}/{way}-items", {"items": [units]})

    async def end_receive(self) -> None:
        if self.dice.random() < 0.7:
            await self.ask(f"returns/{self.part}/receive/confirm")
        else:
            await self.drop(f"returns/{self.part}/receive")

    async def fill_part(self) -> None:
        path = f"{self.change}s/{self.part}"
        ways = ("in", "out", "claim") if self.change == "claim" else ("in", "out")
        way = self.dice.choice(ways)
        if way == "in":
            body = {"items": [await self.units(2)], "location_id": self.location}
            await self.ask(f"{path}/inbound/items", body)
        elif way == "out":
            await self.ask(f"{path}/outbound/items", {"items": [self.added()]})
        else:
            await self.ask(f"{path}/claim-items", {"items": [await self.units(2)]})

    async def end_part(self) -> None:
        path = f"{self.change}s/{self.part}/request"
        if self.dice.random() < 0.8:
            await self.ask(path)
        else:
            await self.drop(path)

    async def check(self) -> None:
        for query in CHECKS:
            narrowed = f"SELECT * FROM ({query}) found(id, words) WHERE id = $1"
            assert await self.tx.fetch(narrowed, self.order) == []
        assert await self.tx.fetch(_MOVED, self.order) == []
        assert await self.tx.fetch(_STOCK) == []
        for row in await self.tx.fetch(_HELD, self.order):
            assert row["held"] == row["due"], (dict(row), "\n".join(self.last))
        state = (await load_order(self.tx, self.order)).state
        total = await self.tx.fetchval('SELECT total FROM "order" WHERE id = $1', self.order)
        assert compute_figures(state).whole.total == total


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.slow
@pytest.mark.timeout(7200)
async def test_money_and_stock_agree_after_every_step(
    app: FastAPI, tx: Transaction, settings: Settings, seed: int
) -> None:
    person = await make_person(tx, "walker@shop.test")
    admin = requests_to(app)
    # A long walk outlasts the tokens of other tests.
    token = person.token(settings, lifetime=100_000)
    admin.headers["authorization"] = f"Bearer {token}"
    walk = Walk(admin, tx, seed)
    await walk.begin()

    steps = min(STEPS, PER_WALK)
    for number in range(steps):
        if number % PER_ORDER == 0:
            await walk.new_order()
        await walk.step()
        await walk.check()

    if "ORDER_STEPS" in os.environ:
        told = "\n".join(f"{count:6} {key}" for key, count in sorted(walk.answers.items()))
        sys.stdout.write(f"{steps} steps, seed {seed}\n{told}\n")
    if steps == PER_WALK:
        never = [key for key in MUST_HAPPEN if not walk.answers[f"{key} 200"]]
        assert never == [], walk.answers
    assert sum(count for key, count in walk.answers.items() if key.endswith("200")) > steps / 4
