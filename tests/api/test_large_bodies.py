"""Bodies that are invalid throughout: response size and time are bounded."""

import time
from collections.abc import Iterator

import httpx
import orjson
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.settings import Settings
from tests.answers import good
from tests.factories.customers import make_address, make_buyer
from tests.factories.shop import make_cart, make_goods, make_shop

PRODUCTS = "/admin/products"
ME = "/store/customers/me"
# Of CPU: several times what they take. Unbounded, each of these took 1 to 100 seconds.
PROMPTLY = 2.0


@pytest.fixture
def promptly() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < PROMPTLY


def told(answer: httpx.Response) -> tuple[str, list[str]]:
    assert answer.status_code == 400
    body = answer.json()
    assert body["type"] == "invalid_data"
    return body["message"], [one["message"] for one in body["errors"]]


NAMES = ", ".join(map(str, range(100)))


@pytest.mark.usefixtures("promptly")
@pytest.mark.parametrize("count", [101, 20_000, 75_000])
async def test_of_many_unknown_keys_a_hundred_are_named(
    admin: httpx.AsyncClient, count: int
) -> None:
    answer = await admin.post(PRODUCTS, json={str(number): 0 for number in range(count)})

    unknown = f"Unrecognized fields: '{NAMES}' and {count - 100} more"
    assert told(answer) == (
        f"Invalid request: Field 'title' is required; {unknown}",
        ["Field 'title' is required", unknown],
    )


@pytest.mark.usefixtures("promptly")
@pytest.mark.parametrize(
    "path",
    ["/auth/customer/emailpass/reset-password", "/auth/verification/confirm"],
)
async def test_open_routes_name_a_hundred_unknown_keys(
    client: httpx.AsyncClient, path: str
) -> None:
    body = {str(number): 0 for number in range(11_000)}

    answer = await client.post(path, json=body)

    assert told(answer)[1][-1] == f"Unrecognized fields: '{NAMES}' and 10900 more"


@pytest.mark.usefixtures("promptly")
async def test_unknown_keys_of_nested_objects_are_counted(admin: httpx.AsyncClient) -> None:
    image = {"url": "a.png"}
    variant = {"title": "S", "prices": [], **{str(number): 0 for number in range(5000)}}

    answer = await admin.post(
        PRODUCTS, json={"title": "x", "images": [image], "variants": [variant]}
    )

    assert told(answer)[1] == [f"Unrecognized fields: '{NAMES}' and 4900 more"]


@pytest.mark.usefixtures("promptly")
async def test_an_object_of_too_many_keys_is_refused(admin: httpx.AsyncClient) -> None:
    metadata = {str(number): 0 for number in range(20_001)}

    answer = await admin.post(PRODUCTS, json={"title": "x", "metadata": metadata})

    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid request: An object has more than 20000 keys"


@pytest.mark.usefixtures("promptly")
async def test_of_many_bad_rows_a_hundred_are_told(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(f"{PRODUCTS}/batch", json={"create": [{}] * 3000})

    message, problems = told(answer)
    assert message == "Invalid request: " + "; ".join(
        f"Field 'create, {row}, title' is required" for row in range(3)
    )
    assert problems == [
        *(f"Field 'create, {row}, title' is required" for row in range(100)),
        "2900 more problems",
    ]


async def test_each_bad_row_of_a_large_body_is_told_with_what_else_is_wrong(
    admin: httpx.AsyncClient,
) -> None:
    variants = [{"title": f"{place}", "prices": []} for place in range(1000)]
    variants[17]["sku"] = 5  # pyright: ignore[reportArgumentType]
    variants[900]["prices"] = [{"currency_code": "eur", "amount": "1"}, {"amount": 1}]  # pyright: ignore[reportArgumentType]
    body = {"title": 7, "variants": variants, "nope": 1}

    answer = await admin.post(PRODUCTS, json=body)

    assert {one["path"] for one in answer.json()["errors"]} == {
        "title",
        "nope",
        "variants[17].sku",
        "variants[900].prices[0].amount",
        "variants[900].prices[1].currency_code",
    }


@pytest.mark.usefixtures("promptly")
async def test_a_value_is_repeated_as_far_as_it_is_short(admin: httpx.AsyncClient) -> None:
    body = b'{"title": "x", "metadata": [' + b",".join([b"[]"] * 1_000_000) + b"]}"

    answer = await admin.post(PRODUCTS, content=body, headers={"content-type": "application/json"})

    commas = "," * 200
    words = f"Expected type: 'record' for field 'metadata', got: '{commas}…'"
    assert told(answer) == (f"Invalid request: {words}", [words])


async def test_a_long_name_is_repeated_as_far_as_it_is_short(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(PRODUCTS, json={"title": "x", "n" * 1_000_000: 1})

    assert told(answer)[1] == [f"Unrecognized fields: '{'n' * 200}…'"]


async def test_a_long_id_is_repeated_as_far_as_it_is_short(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(f"{PRODUCTS}/batch", json={"update": [{"id": "p" * 1_000_000}]})

    assert answer.status_code == 404
    assert len(answer.content) < 20_000


async def test_a_body_to_the_store_has_a_limit_of_its_own(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings, app: FastAPI
) -> None:
    bea = await make_buyer(tx)
    body = {"metadata": {"note": "x" * 100 * 1024}}

    answer = await client.post(ME, json=body, headers=bea.headers(settings))

    assert (answer.status_code, answer.json()) == (
        413,
        {
            "type": "payload_too_large",
            "message": "Request body is larger than the limit of 102400 bytes",
        },
    )


async def test_metadata_does_not_grow_beyond_its_bound_by_many_requests(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    bea = await make_buyer(tx)
    client.headers.update(bea.headers(settings))
    good(await client.post(ME, json={"metadata": {"a": "x" * 60_000}}))

    answer = await client.post(ME, json={"metadata": {"b": "x" * 60_000}})

    words = "Field 'metadata' must not be larger than 102400 bytes"
    assert told(answer) == (f"Invalid request: {words}", [words])
    kept = good(await client.get(f"{ME}?fields=metadata"))["customer"]["metadata"]
    assert list(kept) == ["a"]


async def test_metadata_of_the_admin_is_bounded_too(admin: httpx.AsyncClient) -> None:
    body = {"value": "Shirt", "metadata": {"a": "x" * 2_100_000}}

    answer = await admin.post("/admin/product-types", json=body)

    assert told(answer)[0] == (
        "Invalid request: Field 'metadata' must not be larger than 2097152 bytes"
    )


async def test_a_customer_has_a_hundred_addresses_at_most(
    client: httpx.AsyncClient, tx: Transaction, settings: Settings
) -> None:
    bea = await make_buyer(tx)
    for _ in range(99):
        await make_address(tx, bea.id)
    client.headers.update(bea.headers(settings))
    good(await client.post(f"{ME}/addresses", json={"city": "Bonn"}))

    answer = await client.post(f"{ME}/addresses", json={"city": "Köln"})

    assert (answer.status_code, answer.json()) == (
        400,
        {"type": "not_allowed", "message": "A customer can have at most 100 addresses"},
    )


async def test_deep_bodies_are_refused(admin: httpx.AsyncClient) -> None:
    for levels in (300, 1100, 200_000):
        raw = b'{"title":"x","metadata":{"a":' + b"[" * levels + b"]" * levels + b"}}"

        answer = await admin.post(
            PRODUCTS, content=raw, headers={"content-type": "application/json"}
        )

        assert answer.status_code == 400, orjson.loads(answer.content)


async def test_every_route_takes_a_large_body(app: FastAPI, admin: httpx.AsyncClient) -> None:
    """Including routes whose body is a list, or a union."""
    large = {f"key {number}": "x" * 100 for number in range(100)}
    faults: list[tuple[str, str, int]] = []
    for path, methods in app.openapi()["paths"].items():
        for method in (one for one in methods if "requestBody" in methods[one]):
            where = path.replace("{", "").replace("}", "")
            answer = await admin.request(method, where, json=large)
            if answer.status_code >= 500:
                faults.append((method, path, answer.status_code))
    assert faults == []


async def test_a_shipping_method_with_large_data(
    client: httpx.AsyncClient, tx: Transaction
) -> None:
    shop = await make_shop(tx)
    await make_goods(tx, shop, "Mug", 5)
    cart = await make_cart(client, shop, ("Mug", 1))
    path = f"/store/carts/{cart['id']}/shipping-methods"
    body = {"option_id": shop.option_id, "data": {"note": "x" * 10_000}}

    good(await client.post(path, json=body, headers=shop.headers))

    assert await tx.fetchval("SELECT data FROM cart_shipping_method") == body["data"]
