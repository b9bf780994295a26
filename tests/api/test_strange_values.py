"""Names and values that Python, the driver or PostgreSQL refuse get a clear error."""

import httpx
import pytest

from merx.core.database import Transaction
from merx.operations.demo import seed_demo
from tests.factories.orders import make_order

DIGITS = "9" * 5000
LISTS = [
    *("products", "customers", "inventory-items", "price-lists", "users", "regions"),
    *("payments", "promotions", "orders", "draft-orders", "returns"),
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query",
    [
        f"id[{DIGITS}]=a",
        f"created_at[{DIGITS}]=a",
        f"$or[{DIGITS}][id]=a",
        f"created_at[$gt]={DIGITS}",
        "created_at[$gt]=275760-09-13T00:00:00.001Z",
        "created_at[$gt]=0000-01-01",
        "created_at[$gt]=-271821-04-20T00:00:00Z",
        f"limit={DIGITS}",
        f"offset={DIGITS}",
        "limit=1e400",
        f"offset={2**63 - 1}",
        "limit=9223372036854775807&offset=9223372036854775807",
        f"order={DIGITS}",
        f"fields={DIGITS}",
        "q=%00",
        "id=%00",
        "%00=a",
        "fields=%00",
        "order=%00",
        "id=%ED%A0%80",
        "id[]=%ff",
        "q=%F0%9F%98%80%ED%A0%80",
        "q=nothing is searched",
        "id[$like]=%25%5C",
        "id[$re]=(",
    ],
)
async def test_a_list_takes_or_refuses_what_is_asked(
    admin: httpx.AsyncClient, path: str, query: str
) -> None:
    answer = await admin.get(f"/admin/{path}?{query}")

    assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize(
    "number",
    ["1e1000000", "1e-1000000", "1e308", "1e400", "-1e400", DIGITS, f"0.{DIGITS}", "1e131072"],
)
async def test_a_number_is_taken_or_refused(admin: httpx.AsyncClient, number: str) -> None:
    bodies = {
        "/admin/inventory-items": f'{{"sku":"A","weight":{number}}}',
        "/admin/products": f'{{"title":"x","weight":{number}}}',
        "/admin/tax-regions": f'{{"country_code":"de","default_tax_rate":{{"rate":{number}}}}}',
        "/admin/product-types": f'{{"value":"x","metadata":{{"n":{number}}}}}',
    }
    for path, body in bodies.items():
        answer = await admin.post(
            path, content=body.encode(), headers={"content-type": "application/json"}
        )

        assert answer.status_code in (200, 400), (path, answer.text)


@pytest.mark.parametrize("number", ["1e1000000", "1e400", DIGITS])
async def test_a_number_of_a_filter_is_taken_or_refused(
    admin: httpx.AsyncClient, number: str
) -> None:
    made = await admin.post("/admin/inventory-items", json={"sku": "A"})
    levels = f"/admin/inventory-items/{made.json()['inventory_item']['id']}/location-levels"
    for path in (f"{levels}?stocked_quantity[$gt]=", "/admin/reservations?quantity[$gt]="):
        answer = await admin.get(path + number)

        assert answer.status_code in (200, 400), (path, answer.text)


async def test_a_key_of_very_many_digits_is_a_name(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"/admin/products?id[{DIGITS}]=a")

    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "Invalid request: Expected type: 'string, array' for field 'id', got: '[object Object]'"
    )


async def test_a_search_of_what_is_not_searched_asks_for_nothing(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/admin/payments", params={"q": "zzzzz", "limit": 1})

    assert answer.json()["count"] == (await admin.get("/admin/payments")).json()["count"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("draft-orders", r'{"items":[{"quantity":["\ud800"]}],"sales_channel_id":{"\ud800":1}}'),
        ("draft-orders", r'{"billing_address":{"metadata":"\ud800"},"\udfff":"\ud800"}'),
        ("promotions", r'{"type":"\ud800","code":["\ud800"]}'),
    ],
)
async def test_half_a_character_does_not_break_the_answer_that_names_it(
    admin: httpx.AsyncClient, path: str, body: str
) -> None:
    json = {"content-type": "application/json"}

    answer = await admin.post(f"/admin/{path}", content=body, headers=json)

    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("path", ["products", "inventory-items", "orders"])
@pytest.mark.parametrize("query", ["id[$re]=(", "id[$like]=%25%5C"])
async def test_an_export_with_a_filter_that_cannot_be_is_refused_at_once(
    admin: httpx.AsyncClient, tx: Transaction, path: str, query: str
) -> None:
    await seed_demo(tx)
    await make_order(tx)

    answer = await admin.post(f"/admin/{path}/export?{query}")

    assert answer.status_code == 400, answer.text
    assert await tx.fetchval("SELECT count(*) FROM export") == 0
