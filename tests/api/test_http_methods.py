"""HEAD and OPTIONS, which no route declares."""

import httpx
import pytest

from tests.factories.products import make_product


async def test_head_is_get_without_the_body(admin: httpx.AsyncClient, tx) -> None:
    product = await make_product(tx)
    path = f"/admin/products/{product.id}"

    head, get = await admin.head(path), await admin.get(path)

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))
    assert (await admin.head("/admin/products/none")).status_code == 404


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/admin/products/prod_1/variants", "GET,HEAD,POST"),
        ("/admin/products/prod_1/variants/", "GET,HEAD,POST"),
        ("/admin/product-variants", "GET,HEAD"),
        ("/admin/products/prod_1/variants/inventory-items/batch", "POST"),
    ],
)
async def test_options_tells_the_methods_of_a_path(
    admin: httpx.AsyncClient, path: str, methods: str
) -> None:
    answer = await admin.options(path)

    assert (answer.status_code, answer.text) == (200, methods)
    assert answer.headers["allow"] == methods


async def test_options_tells_strangers_nothing(
    admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    assert (await client.options("/admin/product-variants")).status_code == 401
    assert (await admin.options("/admin/nothing")).status_code == 404
