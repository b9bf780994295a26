"""Carts against a model of a few lines: whatever a shopper does, in whatever order, the totals are
what an independent computation says, nothing is negative, what is owed follows, and a cart becomes
one order."""

import asyncio
from collections.abc import Coroutine, Iterator
from fractions import Fraction
from typing import Any, ClassVar

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from merx.app import create_app
from merx.core.database import Database, Transaction
from merx.settings import Settings
from tests.answers import good
from tests.databases import OneTransaction
from tests.factories.people import make_person
from tests.factories.shop import make_goods, make_shop
from tests.fixtures import requests_to

PRICES = {"Shirt": 9.99, "Mug": 14.5, "Pin": 0.333}
STOCK = 12
RATE = Fraction(20, 100)
CODES = {
    "TEN": {"type": "percentage", "value": 10},
    "FIVE": {"type": "fixed", "value": 5, "currency_code": "eur"},
}
# A JSON number has some 16 digits, and what is stored has 20.
CLOSE = Fraction(1, 10**9)


def exact(number: Any) -> Fraction:
    return Fraction(str(number))


class Shopper(RuleBasedStateMachine):
    """One shopper with one cart after the other, in a shop with little stock; all of it in one
    transaction that is undone at the end."""

    settings: ClassVar[Settings]
    runner: ClassVar[asyncio.Runner]
    app: ClassVar[FastAPI]
    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.left = dict.fromkeys(PRICES, STOCK)
        self.orders: set[str] = set()
        self.cart: dict[str, Any] = {}
        self.run(self._open())

    async def _open(self) -> None:
        self.lent = self.database.read()
        self.tx: Transaction = await self.lent.__aenter__()
        self.outer = self.tx.transaction()
        await self.outer.start()
        self.app.state.database = OneTransaction(self.tx)
        self.client = requests_to(self.app)
        self.shop = await make_shop(self.tx)
        for title, price in PRICES.items():
            await make_goods(self.tx, self.shop, title, price, stock=STOCK)
        person = await make_person(self.tx, "admin@shop.test")
        for code, method in CODES.items():
            body = {
                "code": code,
                "type": "standard",
                "status": "active",
                "application_method": {
                    "target_type": "items",
                    "allocation": "across",
                    **method,
                },
            }
            asked = self.client.post(
                "/admin/promotions", json=body, headers=person.bearer(self.settings)
            )
            good(await asked)

    def teardown(self) -> None:
        async def close() -> None:
            await self.client.aclose()
            await self.outer.rollback()
            await self.lent.__aexit__(None, None, None)

        self.run(close())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = self.shop.headers
        return self.run(self.client.request(method, f"/store{path}", json=body, headers=headers))

    @property
    def path(self) -> str:
        return f"/carts/{self.cart['id']}"

    def change(self, method: str, path: str, body: Any, *, refused: bool = False) -> None:
        """Ask for it: it is refused and changes nothing, or the cart is as it is answered."""
        answer = self.ask(method, path, body)
        if refused:
            assert 400 <= answer.status_code < 500, answer.text
            return
        answered = good(answer)
        seen = answered.get("cart") or answered.get("parent")
        if seen is not None:
            now = good(self.ask("GET", self.path))["cart"]
            assert seen["total"] == now["total"]

    # -- what a shopper does

    @initialize()
    def begin(self) -> None:
        body = {"region_id": self.shop.region_id, "email": "ann@home.test"}
        self.cart = good(self.ask("POST", "/carts", body))["cart"]
        self.wanted: dict[str, int] = {}
        self.codes: set[str] = set()
        self.is_shipped = self.is_owed = self.is_paid = False
        self.order_id: str | None = None

    @property
    def is_over(self) -> bool:
        return self.order_id is not None

    def touched(self) -> None:
        """Another total ends the session that was to pay the old one: looked up, not guessed."""
        seen = good(self.ask("GET", self.path))["cart"]
        owed = seen.get("payment_collection")
        sessions = owed["payment_sessions"] if owed else []
        self.is_paid = any(exact(one["amount"]) == exact(owed["amount"]) for one in sessions)

    @rule(title=st.sampled_from(sorted(PRICES)), count=st.integers(1, 7))
    def add(self, title: str, count: int) -> None:
        total = self.wanted.get(title, 0) + count
        refused = self.is_over or total > self.left[title]
        body = {"variant_id": self.shop.goods[title], "quantity": count}
        self.change("POST", f"{self.path}/line-items", body, refused=refused)
        if not refused:
            self.wanted[title] = total
            self.touched()

    @precondition(lambda self: self.wanted)
    @rule(data=st.data(), count=st.integers(0, 9))
    def set_quantity(self, data: st.DataObject, count: int) -> None:
        title = data.draw(st.sampled_from(sorted(self.wanted)))
        refused = self.is_over or count > self.left[title]
        path = f"{self.path}/line-items/{self.line_of(title)}"
        self.change("POST", path, {"quantity": count}, refused=refused)
        if not refused:
            self.wanted[title] = count
            if not count:
                del self.wanted[title]
            self.touched()

    @precondition(lambda self: self.wanted and not self.is_over)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        title = data.draw(st.sampled_from(sorted(self.wanted)))
        self.change("DELETE", f"{self.path}/line-items/{self.line_of(title)}", None)
        del self.wanted[title]
        self.touched()

    def line_of(self, title: str) -> str:
        seen = good(self.ask("GET", self.path))["cart"]
        return next(one["id"] for one in seen["items"] if one["product_title"] == title)

    @rule(city=st.sampled_from(("Bonn", "Kiel")))
    def move(self, city: str) -> None:
        body = {"shipping_address": {"country_code": "de", "city": city}}
        self.change("POST", self.path, body, refused=self.is_over)

    @rule(country=st.sampled_from(("us", "xx")))
    def move_away(self, country: str) -> None:
        """The region does not serve it."""
        body = {"shipping_address": {"country_code": country}}
        self.change("POST", self.path, body, refused=True)

    @rule(code=st.sampled_from(sorted(CODES)))
    def use_code(self, code: str) -> None:
        body = {"promo_codes": [code]}
        self.change("POST", f"{self.path}/promotions", body, refused=self.is_over)
        if not self.is_over:
            self.note_codes()

    @rule(code=st.sampled_from(sorted(CODES)))
    def drop_code(self, code: str) -> None:
        body = {"promo_codes": [code]}
        self.change("DELETE", f"{self.path}/promotions", body, refused=self.is_over)
        if not self.is_over:
            self.note_codes()
            assert code not in self.codes

    def note_codes(self) -> None:
        seen = good(self.ask("GET", self.path))["cart"]
        self.codes = {one["code"] for one in seen["promotions"]}
        self.touched()

    @rule()
    def choose_method(self) -> None:
        body = {"option_id": self.shop.option_id}
        self.change("POST", f"{self.path}/shipping-methods", body, refused=self.is_over)
        if not self.is_over:
            self.is_shipped = True
            self.touched()

    @precondition(lambda self: not self.is_over)
    @rule()
    def pay(self) -> None:
        owed = good(self.ask("POST", "/payment-collections", {"cart_id": self.cart["id"]}))
        path = f"/payment-collections/{owed['payment_collection']['id']}/payment-sessions"
        good(self.ask("POST", path, {"provider_id": "pp_system_default"}))
        self.is_owed = self.is_paid = True

    @rule()
    def complete(self) -> None:
        answer = self.ask("POST", f"{self.path}/complete", {})
        if self.is_over:
            assert good(answer)["order"]["id"] == self.order_id
            return
        total = exact(good(self.ask("GET", self.path))["cart"]["total"])
        if not self.wanted or not self.is_shipped or (total > 0 and not self.is_paid):
            if answer.status_code == 200:
                raise AssertionError(f"{self.wanted} {self.is_shipped} {self.is_paid} {total}")
            return
        order = good(answer)["order"]
        assert order["id"] not in self.orders
        assert exact(order["total"]) == total
        self.order_id = order["id"]
        self.orders.add(order["id"])
        for title, count in self.wanted.items():
            self.left[title] -= count

    @precondition(lambda self: self.is_over)
    @rule()
    def begin_anew(self) -> None:
        self.begin()

    # -- what always holds

    @invariant()
    def totals_are_right(self) -> None:
        if not self.cart:
            return
        path = f"{self.path}?fields=+items.total,+items.subtotal,+shipping_methods.total"
        cart = good(self.ask("GET", path))["cart"]
        rows = [*cart["items"], *cart["shipping_methods"]]
        assert {one["product_title"]: one["quantity"] for one in cart["items"]} == self.wanted
        totals = [total_of(row) for row in rows]
        for row, total in zip(rows, totals, strict=True):
            assert abs(exact(row["total"]) - total) < CLOSE
        assert abs(exact(cart["total"]) - sum(totals, Fraction(0))) < CLOSE
        for name, value in numbers(cart):
            assert value >= 0, (name, value)
        for title, code in ((line, code) for line in cart["items"] for code in line["adjustments"]):
            if code["code"] == "TEN" and self.codes == {"TEN"}:
                taken = exact(title["unit_price"]) * title["quantity"] / 10
                assert abs(exact(code["amount"]) - taken) < CLOSE

    @invariant()
    def what_is_owed_follows(self) -> None:
        if not self.cart or self.is_over or not self.is_owed:
            return
        cart = good(self.ask("GET", self.path))["cart"]
        owed = cart["payment_collection"]
        assert abs(exact(owed["amount"]) - exact(cart["total"])) <= Fraction(1, 200) + CLOSE
        assert all(
            exact(one["amount"]) == exact(owed["amount"]) for one in owed["payment_sessions"]
        )

    @invariant()
    def each_order_is_one(self) -> None:
        async def count() -> int:
            return await self.tx.fetchval('SELECT count(*) FROM "order"')

        if self.cart:
            assert self.run(count()) == len(self.orders)


def total_of(row: dict[str, Any]) -> Fraction:
    """What is paid for a line or a method, from its price, its rates and its discounts alone."""
    price = exact(row["unit_price"] if "unit_price" in row else row["amount"])
    net = price * row.get("quantity", 1)
    rates = [exact(tax["rate"]) / 100 for tax in row["tax_lines"]]
    assert rates == [RATE]
    taken = sum((exact(one["amount"]) for one in row["adjustments"]), Fraction(0))
    assert 0 <= taken <= net + CLOSE
    return (net - taken) * (1 + sum(rates))


def numbers(value: Any, path: str = "cart") -> Iterator[tuple[str, float]]:
    """Every number of an answer, metadata apart."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from numbers(one, f"{path}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from numbers(one, f"{path}[{place}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_carts_follow_the_model(clone_url: str, settings: Settings) -> None:
    Shopper.settings = settings.model_copy(update={"database_url": clone_url})
    with asyncio.Runner() as Shopper.runner:
        Shopper.app = create_app(Shopper.settings)
        lifespan = Shopper.app.router.lifespan_context(Shopper.app)
        Shopper.runner.run(lifespan.__aenter__())
        Shopper.database = Shopper.app.state.database

        run_state_machine_as_test(
            Shopper,
            settings=hypothesis_settings(max_examples=6, stateful_step_count=20, deadline=None),
        )

        Shopper.app.state.database = Shopper.database
        Shopper.runner.run(lifespan.__aexit__(None, None, None))
