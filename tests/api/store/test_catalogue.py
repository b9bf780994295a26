"""What a storefront sees of the catalogue: what its channels sell, and nothing else."""

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.modules.product.models import Product, ProductVariant
from tests.answers import good, refused
from tests.factories.window import Window, key_of
from tests.statements import noted

LISTS = ("products", "product-variants", "product-categories", "collections", "product-tags",
         "product-types", "product-options")  # fmt: skip
# All that could lead from a row to a product or a category that is not for sale.
PROBES = ("*products", "products.title", "*products.variants", "*categories", "*parent_category",
          "*category_children", "*category_children.products", "category_children.products.title",
          "*parent_category.products", "*variants.product", "*product", "*sales_channels",
          )  # fmt: skip


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
    """It looks up the key, too, which is known and noted beforehand."""
    good(await client.get("/store/locales", headers=window.headers))
    paths = [f"/store/{path}" for path in LISTS]
    paths += [f"/store/{path}/{id}" for path, id in window.ids.items() if path != "elsewhere"]
    with noted(app) as statements:
        for path in paths:
            query = {"region_id": window.region_id} if path.startswith("/store/products") else {}
            request = client.get(path, params=query, headers=window.headers)

            assert len(await statements.all_of(request)) == 1, path


async def test_a_star_shows_columns_and_nothing_that_is_calculated(
    client: httpx.AsyncClient, window: Window
) -> None:
    asked = {"fields": "*,*variants"}
    answer = await client.get("/store/products", params=asked, headers=window.headers)

    [product] = good(answer)["products"]
    [variant] = product["variants"]
    beside = {"type", "collection", "images", "tags", "options", "variants"}
    assert product.keys() - Product.__table__.columns.keys() == beside
    assert variant.keys() - ProductVariant.__table__.columns.keys() == {"options"}
    assert {"title", "description", "handle", "thumbnail"} <= product.keys()
    assert {"title", "sku", "manage_inventory", "allow_backorder"} <= variant.keys()
