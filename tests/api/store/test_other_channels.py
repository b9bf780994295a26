"""A walk over every store route with the key of one channel: nothing that another channel sells
comes out of it, by fields, filters, order, facets, cursors or search."""

from collections.abc import Iterator

import httpx
import pytest

from merx.core.database import Transaction
from merx.modules.product.facets import FACETS
from tests.api.store.test_search import searching  # noqa: F401 - a fixture
from tests.api_document import written
from tests.factories.window import Window

FIELDS = (
    "*", "*products", "+products.id", "*products.variants", "products.sales_channels.id",
    "*variants", "*variants.product", "*product", "*product.variants", "*categories.products",
    "*category_children.products", "*collection.products", "*tags.products", "*type.products",
    "*options.products", "*options.values.variants", "*images.variants", "*translations",
)  # fmt: skip
ORDERS = ("id", "-id", "title", "variants.sku", "-variants.calculated_price")
# Filter → what is known.
FILTERS = {
    "id": "id", "handle": "handle", "title": "title", "product_id": "id", "sku": "sku",
    "variants[id]": "variant", "variants[sku]": "sku", "q": "sku",
}  # fmt: skip


@pytest.fixture
async def elsewhere(tx: Transaction, window: Window) -> dict[str, str]:
    """What can be known of a product of another channel."""
    product = window.ids["elsewhere"]
    record = await tx.fetchrow(
        "SELECT p.id, p.handle, p.title, v.id AS variant, v.sku FROM product p"
        " JOIN product_variant v ON v.product_id = p.id WHERE p.id = $1",
        product,
    )
    assert record
    return dict(record)


def queries(window: Window, elsewhere: dict[str, str]) -> Iterator[dict[str, str]]:
    yield {}
    yield from ({"fields": fields} for fields in FIELDS)
    yield from ({"fields": f"id,{fields}", "limit": "1", "after": ""} for fields in FIELDS[:3])
    yield from ({"order": order, "region_id": window.region_id} for order in ORDERS)
    yield {"facets": ",".join(FACETS), "region_id": window.region_id}
    yield {"facets": "collection,tag,category,option", "q": elsewhere["sku"]}
    yield from ({name: elsewhere[known]} for name, known in FILTERS.items())
    yield from ({f"$or[0][{name}]": elsewhere[known]} for name, known in FILTERS.items())


def additions(window: Window, elsewhere: dict[str, str]) -> Iterator[dict[str, str]]:
    """What Merx adds to the list of products."""
    priced = {"region_id": window.region_id}
    for order in ORDERS:
        yield {**priced, "order": order, "limit": "1", "after": "", "facets": ",".join(FACETS)}
        yield {**priced, "order": order, "price[gte]": "0", "available": "false"}
    for name, known in FILTERS.items():
        yield {**priced, name: elsewhere[known], "facets": ",".join(FACETS), "after": ""}


def paths(elsewhere: dict[str, str]) -> list[str]:
    """Every path that can be read; those of one thing with the ids that must not be known."""
    found = list[str]()
    for path, methods in written()["paths"].items():
        if not path.startswith("/store/") or "get" not in methods:
            continue
        if "{" in path:
            for known in (elsewhere["id"], elsewhere["variant"]):
                found.append(path.split("{")[0] + known + path.split("}", 1)[1].split("{")[0])
        else:
            found.append(path)
    return sorted(set(found))


def tells(answer: httpx.Response, window: Window, elsewhere: dict[str, str]) -> list[str]:
    """What an answer says of the product, beside repeating what was asked."""
    body = answer.text
    if answer.status_code >= 400:
        # A refusal repeats what was asked for and nothing else.
        for text in sorted(elsewhere.values(), key=len, reverse=True):
            body = body.replace(text, "") if text in str(answer.request.url) else body
    return [text for text in (*window.secrets, *elsewhere.values()) if text in body]


async def test_no_store_route_tells_of_what_another_channel_sells(
    client: httpx.AsyncClient, window: Window, elsewhere: dict[str, str]
) -> None:
    routes = paths(elsewhere)
    catalogue = [path for path in routes if path.split("/")[2].startswith(("product", "coll"))]

    assert len(routes) >= 30
    assert len(catalogue) >= 7
    for path in routes:
        is_one = any(known in path for known in elsewhere.values())
        some = ({}, *({"fields": fields} for fields in FIELDS[:4]))
        for query in some if is_one or path not in catalogue else queries(window, elsewhere):
            answer = await client.get(path, params=query, headers=window.headers)
            assert answer.status_code < 500, (path, query)
            assert not tells(answer, window, elsewhere), (path, query)


@pytest.mark.usefixtures("searching")
async def test_no_search_tells_of_what_another_channel_sells(
    client: httpx.AsyncClient, window: Window, elsewhere: dict[str, str]
) -> None:
    for text in ("hidden", *elsewhere.values()):
        for filters in ({"q": text}, {"q": text, "id": elsewhere["id"]}, {"id": elsewhere["id"]}):
            body = {
                "entity": "product",
                "filters": filters,
                "fields": ["id", "title", "variants.sku"],
                "search_options": {"facets": ["collection", "tag", "option"]},
            }
            answer = await client.post("/store/search", json=body, headers=window.headers)

            assert answer.status_code == 200, answer.text
            assert not tells(answer, window, elsewhere), body
            assert answer.json()["metadata"]["count"] == 0


async def test_nothing_of_another_channel_is_counted(
    client: httpx.AsyncClient, tx: Transaction, window: Window, elsewhere: dict[str, str]
) -> None:
    """Counts, facets and cursors are of the one product that the key sells, however it is asked."""
    for query in additions(window, elsewhere):
        answer = await client.get("/store/products", params=query, headers=window.headers)
        assert answer.status_code < 500, query
        assert not tells(answer, window, elsewhere), query
    ways: list[dict[str, str]] = [
        {}, {"region_id": window.region_id}, {"after": ""}, {"facets": ",".join(FACETS)},
        {"order": "variants.calculated_price"}, {"price[gte]": "0"}, {"available": "false"},
        {"q": "i"}, {"fields": "id,*variants"}, {"offset": "1"},
    ]  # fmt: skip
    for way in ways:
        asked = {"region_id": window.region_id, **way}
        answer = (await client.get("/store/products", params=asked, headers=window.headers)).json()

        assert answer["count"] == 1, way
        for name, groups in answer.get("facets", {}).items():
            assert all(group["count"] == 1 for group in groups), (way, name)

    # Neither by a key that sells nothing, nor by one of another channel.
    channels = "SELECT sales_channel_id FROM product_sales_channel WHERE product_id = $1"
    theirs = await tx.fetchval(channels, elsewhere["id"])
    refused = await client.get(
        "/store/products", params={"sales_channel_id": theirs}, headers=window.headers
    )
    assert refused.status_code == 400
    await tx.execute("DELETE FROM publishable_api_key_sales_channel")
    for way in ways:
        asked = {"region_id": window.region_id, **way}
        answer = (await client.get("/store/products", params=asked, headers=window.headers)).json()
        assert (answer["count"], answer["products"]) == (0, []), way
        assert not any(answer.get("facets", {}).values()), way


async def test_the_walk_would_see_a_leak(
    client: httpx.AsyncClient, tx: Transaction, window: Window, elsewhere: dict[str, str]
) -> None:
    """The same requests by the key of the other channel do tell."""
    await tx.execute(
        "UPDATE publishable_api_key_sales_channel SET sales_channel_id ="
        " (SELECT sales_channel_id FROM product_sales_channel WHERE product_id = $1)",
        elsewhere["id"],
    )

    answer = await client.get(f"/store/products/{elsewhere['id']}", headers=window.headers)

    assert tells(answer, window, elsewhere)
