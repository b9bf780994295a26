"""A sale happens exactly once, whoever asks at the same moment, and whatever dies in between."""

import asyncio
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Database, Transaction
from merx.core.errors import InvalidData
from merx.modules.payment.till import Till
from merx.operations.doctor import examine
from merx.providers.payment import SessionStatus
from merx.workflows.orders.complete_carts import complete_cart
from merx.workflows.orders.reconcile_carts import complete_paid_carts, reconcile_carts
from merx.workflows.selling.payment_notices import receive_notice
from merx.workflows.selling.settle_payments import settle_open_requests
from tests.answers import good, refused
from tests.factories.outside_payment import OUTSIDE, OutsidePayment, offer_outside_payment
from tests.factories.payments import till_of
from tests.factories.shop import Shop, make_goods, make_paid_cart, make_shop
from tests.processes import Forked

pytestmark = pytest.mark.commits

NOW = timedelta(0)
BUYERS = 8


@pytest.fixture
async def shop(tx: Transaction) -> Shop:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Shirt", 9.99, stock=1)
    await make_goods(tx, shop, "Mug", 14.5, stock=100)
    await offer_outside_payment(tx, shop.region_id)
    return shop


@pytest.fixture
def outside(tmp_path: Path) -> OutsidePayment:
    return OutsidePayment(tmp_path)


@pytest.fixture
def till(app: FastAPI, database: Database, outside: OutsidePayment) -> Iterator[Till]:
    """The till of the app, with the provider outside."""
    known = app.state.payment_providers
    till = till_of(database, outside)
    app.state.payment_providers = till.providers
    yield till
    app.state.payment_providers = known


@pytest.fixture
async def cart(client: httpx.AsyncClient, shop: Shop, till: Till) -> dict[str, Any]:
    """A cart that is to be paid with the provider outside."""
    return await paid_outside(client, shop, ("Mug", 2))


async def paid_outside(
    client: httpx.AsyncClient, shop: Shop, *lines: tuple[str, int]
) -> dict[str, Any]:
    return await make_paid_cart(client, shop, *lines, provider_id=OUTSIDE)


async def complete(client: httpx.AsyncClient, shop: Shop, cart_id: str) -> httpx.Response:
    return await client.post(f"/store/carts/{cart_id}/complete", headers=shop.headers)


async def counted(tx: Transaction) -> dict[str, int]:
    """How many there are of what there must be one."""
    row = await tx.fetchrow(
        'SELECT (SELECT count(*) FROM "order") AS orders,'
        " (SELECT count(*) FROM payment WHERE canceled_at IS NULL AND deleted_at IS NULL)"
        " AS payments,"
        " (SELECT coalesce(sum(quantity), 0)::int FROM reservation_item"
        " WHERE deleted_at IS NULL) AS reserved,"
        " (SELECT count(*) FROM mail) AS mails"
    )
    assert row is not None
    return dict(row)


async def test_a_cart_completed_8_times_at_once_is_one_order(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction
) -> None:
    cart = await make_paid_cart(client, shop, ("Mug", 2))

    answers = await asyncio.gather(*(complete(client, shop, cart["id"]) for _ in range(BUYERS)))

    assert len({good(answer)["order"]["id"] for answer in answers}) == 1
    assert await counted(tx) == {"orders": 1, "payments": 1, "reserved": 2, "mails": 1}
    assert await examine(tx) == []


async def test_8_calls_ask_a_provider_outside_under_one_key(
    client: httpx.AsyncClient,
    shop: Shop,
    tx: Transaction,
    cart: dict[str, Any],
    outside: OutsidePayment,
) -> None:
    answers = await asyncio.gather(*(complete(client, shop, cart["id"]) for _ in range(BUYERS)))

    assert len({good(answer)["order"]["id"] for answer in answers}) == 1
    assert len(outside.keys("authorized")) == 1
    assert await counted(tx) == {"orders": 1, "payments": 1, "reserved": 2, "mails": 1}


async def test_of_8_carts_with_the_last_piece_one_becomes_an_order(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction
) -> None:
    carts = [await make_paid_cart(client, shop, ("Shirt", 1)) for _ in range(BUYERS)]

    answers = await asyncio.gather(*(complete(client, shop, cart["id"]) for cart in carts))

    lost = [answer for answer in answers if answer.status_code != 200]
    assert len(lost) == BUYERS - 1
    for answer in lost:
        assert refused(answer).startswith("Not enough stock available for item")
        assert answer.json()["type"] == "not_allowed"
    assert await counted(tx) == {"orders": 1, "payments": 1, "reserved": 1, "mails": 1}
    assert await examine(tx) == []


async def test_stock_that_goes_while_the_provider_is_asked_gives_the_money_up(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction, till: Till, outside: OutsidePayment
) -> None:
    outside.gate.clear()
    first = await paid_outside(client, shop, ("Shirt", 1))
    second = await make_paid_cart(client, shop, ("Shirt", 1))

    slow = asyncio.create_task(complete(client, shop, first["id"]))
    await outside.asked.wait()
    good(await complete(client, shop, second["id"]))
    outside.gate.set()
    answer = await slow

    assert refused(answer).startswith("Not enough stock available for item")
    assert len(outside.keys("authorized")) == len(outside.keys("canceled")) == 1
    assert (await counted(tx))["payments"] == 1
    with pytest.raises(InvalidData, match="Payment sessions are required"):
        await complete_cart(till, first["id"])


async def test_a_cart_that_is_being_paid_is_not_changed(
    client: httpx.AsyncClient, shop: Shop, cart: dict[str, Any], outside: OutsidePayment
) -> None:
    outside.gate.clear()

    paying = asyncio.create_task(complete(client, shop, cart["id"]))
    await outside.asked.wait()
    answer = await client.post(
        f"/store/carts/{cart['id']}/line-items",
        json={"variant_id": shop.goods["Mug"], "quantity": 1},
        headers=shop.headers,
    )

    assert refused(answer, 409) == f"Cart {cart['id']} is being completed; try again"
    outside.gate.set()
    assert good(await paying)["order"]["total"] == cart["total"]


@pytest.mark.parametrize(
    ("mood", "kind", "words"),
    [
        ("no", "payment_authorization_error", "Your card was declined."),
        ("more", "payment_requires_more_error", "was not authorized"),
    ],
)
async def test_a_payment_that_is_not_authorized_leaves_the_cart(
    client: httpx.AsyncClient,
    shop: Shop,
    cart: dict[str, Any],
    outside: OutsidePayment,
    mood: str,
    kind: str,
    words: str,
) -> None:
    outside.mood = mood

    answer = good(await complete(client, shop, cart["id"]))

    assert (answer["type"], answer["error"]["type"]) == ("cart", kind)
    assert words in answer["error"]["message"]
    assert answer["cart"]["id"] == cart["id"]


async def test_a_provider_that_answers_too_late_is_asked_again_under_the_same_key(
    client: httpx.AsyncClient,
    shop: Shop,
    tx: Transaction,
    cart: dict[str, Any],
    till: Till,
    outside: OutsidePayment,
) -> None:
    outside.mood = "silent"
    answer = good(await complete(client, shop, cart["id"]))
    outside.mood = "yes"

    await reconcile_carts(till, older_than=NOW)

    assert answer["type"] == "cart"
    assert len(outside.keys("authorized")) == 1
    assert await counted(tx) == {"orders": 1, "payments": 1, "reserved": 2, "mails": 1}


async def test_a_webhook_that_comes_first_makes_the_order(
    client: httpx.AsyncClient, shop: Shop, tx: Transaction, cart: dict[str, Any], till: Till
) -> None:
    session = cart["payment_collection"]["payment_sessions"][0]["id"]

    await receive_notice(till, OUTSIDE, session.encode(), {})
    payments = [record[0] for record in await tx.fetch("SELECT id FROM payment")]
    await asyncio.gather(*(complete_paid_carts(till, payments) for _ in range(3)))
    answer = good(await complete(client, shop, cart["id"]))

    assert answer["order"]["total"] == cart["total"]
    assert await counted(tx) == {"orders": 1, "payments": 1, "reserved": 2, "mails": 1}


async def test_a_webhook_for_a_cart_that_cannot_be_sold_gives_the_money_up(
    tx: Transaction, shop: Shop, cart: dict[str, Any], till: Till, outside: OutsidePayment
) -> None:
    session = cart["payment_collection"]["payment_sessions"][0]["id"]
    await tx.execute("UPDATE product SET status = 'draft'")

    await receive_notice(till, OUTSIDE, session.encode(), {})
    payments = [record[0] for record in await tx.fetch("SELECT id FROM payment")]
    await complete_paid_carts(till, payments)

    assert len(outside.keys("canceled")) == 1
    assert await counted(tx) == {"orders": 0, "payments": 0, "reserved": 0, "mails": 0}


@pytest.mark.parametrize("mood", ["dies before", "dies after"])
async def test_a_process_that_is_killed_at_the_provider_leaves_what_a_job_finishes(
    tx: Transaction,
    cart: dict[str, Any],
    clone_url: str,
    till: Till,
    outside: OutsidePayment,
    mood: str,
) -> None:
    given = clone_url, str(outside.folder), mood, cart["id"]
    dying = Forked("tests.workflows.dying_buyer", *given, environment={})
    await asyncio.to_thread(dying.communicate)
    assert dying.poll() == -signal.SIGKILL
    assert (await counted(tx))["orders"] == 0

    # Both jobs, in any order, and a buyer who completes the cart again.
    await asyncio.gather(
        reconcile_carts(till, older_than=NOW),
        settle_open_requests(till),
        complete_cart(till, cart["id"]),
    )
    done = await complete_cart(till, cart["id"])

    assert done.status is SessionStatus.AUTHORIZED
    assert len(outside.keys("authorized")) == 1
    assert await counted(tx) == {"orders": 1, "payments": 1, "reserved": 2, "mails": 1}
