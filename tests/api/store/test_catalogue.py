"""What a storefront sees of the catalogue: what its channels sell, and nothing else."""

from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from tests.answers import good, refused
from tests.factories.catalogue import make_collection, make_region, make_tag, make_type
from tests.factories.categories import make_category
from tests.factories.keys import make_key, storefront
from tests.factories.products import COLORS, make_product, make_sales_channel, prices, variants
from tests.statements import noted

LISTS = ("products", "product-variants", "product-categories", "collections", "product-tags",
         "product-types", "product-options")  # fmt: skip
# All that could lead from a row to a product or a category that is not for sale.
PROBES = ("*products", "products.title", "*products.variants", "*categories", "*parent_category",
          "*category_children", "*category_children.products", "category_children.products.title",
          "*parent_category.products", "*variants.product", "*product", "*sales_channels",
          )  # fmt: skip


@dataclass
class Window:
    """A shop with something to hide; `secrets` are the names of what must not be seen."""

    headers: dict[str, str]
    ids: dict[str, str]
    region_id: str
    secrets: tuple[str, ...] = ("Hidden", "HIDDEN")


async def key_of(tx: Transaction, *channels: str) -> dict[str, str]:
    key_id, token = await make_key(tx)
    for channel in channels:
        await tx.execute(
            "INSERT INTO publishable_api_key_sales_channel (id, publishable_key_id,"
            " sales_channel_id) VALUES ($1, $2, $3)",
            f"pksc_{channel}",
            key_id,
            channel,
        )
    return storefront(token)


@pytest.fixture
async def window(tx: Transaction) -> Window:
    mine, other = await make_sales_channel(tx), await make_sales_channel(tx, "Other")
    top = await make_category(tx, "Top", is_active=True)
    hidden = await make_category(tx, "Hidden inactive", top, is_active=False)
    internal = await make_category(tx, "Hidden internal", top, is_active=True, is_internal=True)
    groups = {
        "collection_id": await make_collection(tx, "Summer"),
        "type_id": await make_type(tx, "Shirt"),
    }
    tag = await make_tag(tx, "new")

    async def sell(title: str, channel: str, status: str, sku: str) -> str:
        made = await make_product(
            tx,
            title,
            status=status,
            variants=variants(COLORS, 1, sku=sku, prices=prices(eur=9)),
            sales_channels=[{"id": channel}],
            categories=[{"id": id} for id in (top, hidden, internal)],
            tags=[{"id": tag}],
            **groups,
        )
        return made.id

    ids = {
        "products": await sell("Shirt", mine, "published", "SHIRT"),
        "product-categories": top,
        "collections": groups["collection_id"],
        "product-types": groups["type_id"],
        "product-tags": tag,
    }
    await sell("Hidden draft", mine, "draft", "HIDDEN-1")
    ids["elsewhere"] = await sell("Hidden elsewhere", other, "published", "HIDDEN-2")
    deleted = await sell("Hidden deleted", mine, "published", "HIDDEN-3")
    await tx.execute("UPDATE product SET deleted_at = now() WHERE id = $1", deleted)
    return Window(await key_of(tx, mine), ids, await make_region(tx, "eur"))


@pytest.mark.parametrize("path", LISTS)
async def test_no_fields_text_shows_what_is_not_for_sale(
    client: httpx.AsyncClient, window: Window, path: str
) -> None:
    texts = [None, "*", *PROBES, *(f"+{probe.lstrip('*')}" for probe in PROBES)]
    for fields in texts:
        for query in ({}, {"with_deleted": "true"}, {"include_descendants_tree": "true"}):
            if "include_descendants_tree" in query and path != "product-categories":
                continue
            asked = {**query, **({"fields": fields} if fields else {})}
            answer = await client.get(f"/store/{path}", params=asked, headers=window.headers)

            assert answer.status_code == 200, answer.text
            assert not any(secret in answer.text for secret in window.secrets), (fields, query)


async def test_no_order_or_search_tells_of_what_is_not_for_sale(
    client: httpx.AsyncClient, window: Window
) -> None:
    for path in LISTS:
        asked = {"q": "hidden", "fields": "id"}
        answer = await client.get(f"/store/{path}", params=asked, headers=window.headers)
        if answer.status_code == 200:
            assert good(answer)["count"] == 0, path
        for order in ("sales_channels.name", "products.title", "products.sales_channels.id"):
            answer = await client.get(
                f"/store/{path}", params={"order": order}, headers=window.headers
            )
            assert answer.status_code == 400, (path, order)


async def test_a_key_of_no_channel_sees_no_products(
    client: httpx.AsyncClient, tx: Transaction, window: Window
) -> None:
    headers = await key_of(tx)

    listed = good(await client.get("/store/products", headers=headers))
    one = await client.get(f"/store/products/{window.ids['products']}", headers=headers)

    assert (listed["products"], listed["count"]) == ([], 0)
    assert refused(one, 404) == f"Product with id: {window.ids['products']} was not found"


async def test_a_category_shows_only_products_that_are_for_sale(
    client: httpx.AsyncClient, window: Window
) -> None:
    answer = await client.get(
        f"/store/product-categories/{window.ids['product-categories']}",
        params={"fields": "name,products.title,category_children.name"},
        headers=window.headers,
    )

    assert good(answer)["product_category"]["products"] == [
        {"id": window.ids["products"], "title": "Shirt"}
    ]


async def test_a_price_needs_a_region_that_exists(
    client: httpx.AsyncClient, window: Window
) -> None:
    async def ask(**query: str) -> httpx.Response:
        asked = {"fields": "id,variants.calculated_price", **query}
        return await client.get("/store/products", params=asked, headers=window.headers)

    [product] = good(await ask(region_id=window.region_id))["products"]
    assert product["variants"][0]["calculated_price"]["calculated_amount"] == 9
    assert refused(await ask()) == (
        "Missing required pricing context to calculate prices - region_id"
    )
    assert refused(await ask(region_id="reg_none")) == (
        "Region with id reg_none not found when populating the pricing context"
    )


async def test_reads_of_the_window_take_one_statement_each(
    app: FastAPI, client: httpx.AsyncClient, window: Window
) -> None:
    """Beside the two that ask whose key it is and what it opens; its use is noted beforehand."""
    good(await client.get("/store/locales", headers=window.headers))
    paths = [f"/store/{path}" for path in LISTS]
    paths += [f"/store/{path}/{id}" for path, id in window.ids.items() if path != "elsewhere"]
    with noted(app) as statements:
        for path in paths:
            query = {"region_id": window.region_id} if path.startswith("/store/products") else {}
            request = client.get(path, params=query, headers=window.headers)

            assert len(await statements.all_of(request)) == 3, path
