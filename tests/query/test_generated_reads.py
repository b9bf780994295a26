"""Whatever `fields`, filters and orders say, a read answers or refuses; it never breaks."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from merx.api.admin.products.resources import PRODUCT, VARIANT
from merx.links import GRAPH
from merx.query.graph import Entity
from tests.query.strategies import fields, filters, jsonable, orders

FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    # Shrinking would ask the database for minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PRODUCTS, VARIANTS = GRAPH["product"], GRAPH["product_variant"]


def check_shape(entity: Entity, value: Any) -> None:
    """Every key is a field or a relation of its entity; lists and objects stand where they must."""
    assert isinstance(value, dict)
    for name, part in value.items():
        relation = entity.relations.get(name)
        if relation is None:
            assert name in entity.fields, f"{entity.name} has no {name}"
        elif relation.many:
            assert isinstance(part, list)
            for row in part:
                check_shape(GRAPH.target(entity, name), row)
        elif part is not None:
            check_shape(GRAPH.target(entity, name), part)


def check_refusal(answer: httpx.Response) -> None:
    """A refusal gives its reason in the usual form, and names nothing else."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["type"] == "invalid_data"
    assert body["message"]
    assert "indexed" not in body["message"]


@pytest.fixture(scope="module")
async def product_id(reader: httpx.AsyncClient) -> str:
    answer = await reader.get("/admin/products?limit=1&fields=id")
    return answer.json()["products"][0]["id"]


@FEW
@given(text=fields(PRODUCTS))
async def test_any_fields_of_a_product(
    reader: httpx.AsyncClient, product_id: str, text: str
) -> None:
    answer = await reader.get(f"/admin/products/{product_id}?fields={quote(text)}")

    if answer.status_code != 200:
        check_refusal(answer)
        return
    product = answer.json()["product"]
    assert product["id"] == product_id
    check_shape(PRODUCTS, product)


@FEW
@given(text=fields(VARIANTS))
async def test_any_fields_of_a_page_of_variants(reader: httpx.AsyncClient, text: str) -> None:
    answer = await reader.get(
        f"/admin/product-variants?limit=2&currency_code=eur&fields={quote(text)}"
    )

    if answer.status_code != 200:
        check_refusal(answer)
        return
    found = answer.json()["variants"]
    assert len({row["id"] for row in found}) == 2
    for row in found:
        check_shape(VARIANTS, row)


@FEW
@given(text=orders(PRODUCTS))
async def test_any_order_of_products(reader: httpx.AsyncClient, text: str) -> None:
    answer = await reader.get(f"/admin/products?fields=id&order={quote(text)}")

    if answer.status_code != 200:
        check_refusal(answer)
        return
    assert len({row["id"] for row in answer.json()["products"]}) == 4


@FEW
@given(pairs=filters([*PRODUCT.filters, "q", "limit", "offset", "with_deleted", "order"]))
async def test_any_filters_of_products(
    reader: httpx.AsyncClient, pairs: list[tuple[str, str]]
) -> None:
    query = httpx.QueryParams([("fields", "id"), *jsonable(pairs)])

    answer = await reader.get("/admin/products", params=query)

    if answer.status_code != 200:
        check_refusal(answer)
        return
    page = answer.json()
    assert 0 <= len(page["products"]) <= min(page["count"], page["limit"])


@FEW
@given(pairs=filters([*VARIANT.filters, "q"]))
async def test_any_filters_of_variants(
    reader: httpx.AsyncClient, pairs: list[tuple[str, str]]
) -> None:
    query = httpx.QueryParams([("fields", "id"), *jsonable(pairs)])

    answer = await reader.get("/admin/product-variants", params=query)

    if answer.status_code != 200:
        check_refusal(answer)
        return
    page = answer.json()
    assert 0 <= len(page["variants"]) <= min(page["count"], page["limit"])
