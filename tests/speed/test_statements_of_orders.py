"""Routes of orders take as many statements with twenty lines, or orders, as with one."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.factories.depots import Depot, fulfill, make_depot, post
from tests.factories.orders import MadeOrder
from tests.statements import Statements

SIZES = (1, 20)


@pytest.fixture
async def depot(tx: Transaction) -> Depot:
    return await make_depot(tx, max(SIZES))


async def begun(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> str:
    await fulfill(admin, depot, order)
    body = {"order_id": order.id, "location_id": depot.location_id}
    return (await post(admin, "returns", **body))["return"]["id"]


async def filled(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> str:
    return_id = await begun(admin, depot, order)
    await post(admin, f"returns/{return_id}/request-items", items=depot.units(order))
    return return_id


async def expected(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> str:
    return_id = await filled(admin, depot, order)
    await post(admin, f"returns/{return_id}/request")
    await post(admin, f"returns/{return_id}/receive")
    return return_id


Prepared = tuple[str, dict[str, Any]]


async def fulfilling(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    body = {"items": depot.units(order), "location_id": depot.location_id}
    return f"orders/{order.id}/fulfillments", body


async def shipping(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    made = await fulfill(admin, depot, order)
    body = {"items": depot.units(order)}
    return f"orders/{order.id}/fulfillments/{made['id']}/shipments", body


async def delivering(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    made = await fulfill(admin, depot, order)
    return f"orders/{order.id}/fulfillments/{made['id']}/mark-as-delivered", {}


async def undoing(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    made = await fulfill(admin, depot, order)
    return f"orders/{order.id}/fulfillments/{made['id']}/cancel", {}


async def canceling(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    return f"orders/{order.id}/cancel", {}


async def asking_back(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    return_id = await begun(admin, depot, order)
    return f"returns/{return_id}/request-items", {"items": depot.units(order)}


async def requesting(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    return f"returns/{await filled(admin, depot, order)}/request", {}


async def receiving(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    return_id = await expected(admin, depot, order)
    return f"returns/{return_id}/receive-items", {"items": depot.units(order)}


async def taking_in(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    return_id = await expected(admin, depot, order)
    await post(admin, f"returns/{return_id}/receive-items", items=depot.units(order))
    return f"returns/{return_id}/receive/confirm", {}


async def keeping(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    return_id = await filled(admin, depot, order)
    await post(admin, f"returns/{return_id}/request")
    return f"returns/{return_id}/cancel", {}


def added(depot: Depot, order: MadeOrder) -> list[dict[str, Any]]:
    wanted = depot.variant_ids[: len(order.line_ids)]
    return [{"variant_id": one, "quantity": 1, "unit_price": 5} for one in wanted]


async def editing(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    await post(admin, "order-edits", order_id=order.id)
    return f"order-edits/{order.id}/items", {"items": added(depot, order)}


async def confirming(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    await post(admin, "order-edits", order_id=order.id)
    await post(admin, f"order-edits/{order.id}/items", items=added(depot, order))
    return f"order-edits/{order.id}/confirm", {}


async def exchanging(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    await fulfill(admin, depot, order)
    part = (await post(admin, "exchanges", order_id=order.id))["exchange"]["id"]
    await post(admin, f"exchanges/{part}/inbound/items", items=depot.units(order))
    await post(admin, f"exchanges/{part}/outbound/items", items=added(depot, order))
    return f"exchanges/{part}/request", {}


async def giving_up_an_exchange(
    admin: httpx.AsyncClient, depot: Depot, order: MadeOrder
) -> Prepared:
    path, body = await exchanging(admin, depot, order)
    await post(admin, path, **body)
    return path.replace("/request", "/cancel"), {}


async def claiming(admin: httpx.AsyncClient, depot: Depot, order: MadeOrder) -> Prepared:
    await fulfill(admin, depot, order)
    part = (await post(admin, "claims", order_id=order.id, type="replace"))["claim"]["id"]
    await post(admin, f"claims/{part}/claim-items", items=depot.units(order))
    await post(admin, f"claims/{part}/outbound/items", items=added(depot, order))
    return f"claims/{part}/request", {}


Prepare = Callable[[httpx.AsyncClient, Depot, MadeOrder], Awaitable[Prepared]]
WRITES: list[Prepare] = [
    fulfilling,
    shipping,
    delivering,
    undoing,
    canceling,
    asking_back,
    requesting,
    receiving,
    taking_in,
    keeping,
    editing,
    confirming,
    exchanging,
    giving_up_an_exchange,
    claiming,
]


@pytest.mark.parametrize("prepare", WRITES)
async def test_a_change_of_an_order_takes_as_many_statements_for_many_lines(
    admin: httpx.AsyncClient, depot: Depot, statements: Statements, prepare: Prepare
) -> None:
    taken: list[int] = []
    for count in SIZES:
        path, body = await prepare(admin, depot, await depot.order(count))
        texts = await statements.of(admin.post(f"/admin/{path}", json=body))
        taken.append(len(texts))

    assert taken[0] == taken[1], taken


@pytest.mark.parametrize("count", SIZES)
async def test_reads_of_orders_take_one_statement(
    admin: httpx.AsyncClient, depot: Depot, statements: Statements, count: int
) -> None:
    order = await depot.order(count)
    for _ in range(count):
        await depot.order(1)

    for path in (
        "orders",
        f"orders/{order.id}",
        f"orders/{order.id}/changes",
        f"orders/{order.id}/line-items",
        "draft-orders",
        "returns",
        "exchanges",
        "claims",
    ):
        texts = await statements.of(admin.get(f"/admin/{path}"))
        assert len(texts) == 1, (path, texts)
