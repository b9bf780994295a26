"""Limits of what a query asks for, at their very edge; messages that name values with commas."""

from typing import Any

import httpx
import pytest

from merx.app import GRAPH
from merx.core.database import Transaction
from merx.query import selection
from merx.query.selection import MAX_LENGTH
from merx.query.where import MAX_WORDS
from merx.web import filter_values, querystring
from tests.answers import good, refused
from tests.factories.products import make_product
from tests.factories.window import make_window

PATH = "/admin/products"


def relations(size: int) -> dict[str, str]:
    """So many relations of a product, each with those that lead to it."""
    found, paths = list[tuple[str, ...]](), [()]
    while len(found) < size:
        path = paths.pop(0)
        entity = GRAPH["product"]
        for name in path:
            entity = GRAPH[entity.relations[name].target]
        deeper = [(*path, name) for name in entity.relations]
        found += deeper
        paths += deeper
    return {"fields": ",".join(".".join((*path, "id")) for path in found[:size])}


def deep(size: int) -> str:
    """A path of so many names."""
    return ".".join([*(["variants", "product"] * size)[: size - 1], "id"])


def bracketed(size: int) -> dict[str, str]:
    """A filter of so many names."""
    first, *others = deep(size).split(".")
    return {first + "".join(f"[{name}]" for name in others): "x"}


QUERIES = {
    "fields, levels": (
        selection.MAX_DEPTH,
        lambda size: {"fields": ".".join(f"n{n}" for n in range(size))},
    ),
    "fields, relations": (selection.MAX_NODES, relations),
    "filters, levels": (querystring.MAX_DEPTH, bracketed),
    # Each alternative is a condition of its own, and so is the list of them.
    "filters, conditions": (
        filter_values.MAX_CONDITIONS,
        lambda size: {f"$or[{n}][title]": "x" for n in range(size - 1)},
    ),
    "fields, characters": (MAX_LENGTH, lambda size: {"fields": ("id" + ",id" * size)[:size]}),
    "q, words": (MAX_WORDS, lambda size: {"q": " ".join(f"w{n}" for n in range(size))}),
    "order, fields": (8, lambda size: {"order": ",".join(["title"] * size)}),
    "parameters": (querystring.MAX_PAIRS, lambda size: [("title[]", "x")] * size),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_at_its_limit_is_answered_and_one_beyond_refused(
    admin: httpx.AsyncClient, tx: Transaction, name: str
) -> None:
    await make_product(tx)
    limit, query = QUERIES[name]

    at = await admin.get(PATH, params=query(limit))
    beyond = await admin.get(PATH, params=query(limit + 1))

    assert at.status_code == 200, at.text
    assert str(limit) in refused(beyond)


# A storefront chooses fields from a short list, none of which leads far.
OF_THE_STORE = (
    "filters, conditions",
    "fields, characters",
    "q, words",
    "order, fields",
    "parameters",
)


@pytest.mark.parametrize("name", OF_THE_STORE)
async def test_the_limits_hold_in_the_store(
    client: httpx.AsyncClient, tx: Transaction, name: str
) -> None:
    window = await make_window(tx)
    limit, query = QUERIES[name]
    path = "/store/products"

    at = await client.get(path, params=query(limit), headers=window.headers)
    beyond = await client.get(path, params=query(limit + 1), headers=window.headers)

    assert at.status_code == 200, at.text
    assert str(limit) in refused(beyond)


async def test_a_page_ends_where_its_list_does(admin: httpx.AsyncClient, tx: Transaction) -> None:
    made = [(await make_product(tx, f"Shirt {number}")).id for number in range(3)]
    query = {"id[]": made, "order": "title", "fields": "id"}

    for offset in range(5):
        for limit in range(1, 5):
            page = good(await admin.get(PATH, params={**query, "offset": offset, "limit": limit}))
            ids = [row["id"] for row in page["products"]]
            assert ids == made[offset : offset + limit]
            assert (page["count"], page["offset"], page["limit"]) == (3, offset, limit)


NAMED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a tag": ("product-tags", {"value": "a, b"}, "Product tag with value: a, b, already exists."),
    "a type": (
        "product-types",
        {"value": "a, b"},
        "Product type with value: a, b, already exists.",
    ),
    "an item": (
        "inventory-items",
        {"sku": "A, B"},
        "Inventory item with sku: A, B, already exists.",
    ),
    "a group": (
        "customer-groups",
        {"name": "a, b"},
        "Customer group with name: a, b, already exists.",
    ),
    "a collection": (
        "collections",
        {"title": "x", "handle": "a, b"},
        "Product collection with handle: a, b, already exists.",
    ),
    "a category": (
        "product-categories",
        {"name": "x", "handle": "a, b"},
        "Product category with handle: a, b, already exists.",
    ),
    "an option": (
        "product-options",
        {"title": "a, b", "values": ["x"]},
        "Product option with title: a, b, already exists.",
    ),
    "a profile": (
        "shipping-profiles",
        {"name": "a, b", "type": "default"},
        "Shipping profile with name: a, b, already exists.",
    ),
    "a preference, of two columns": (
        "price-preferences",
        {"attribute": "a, b", "value": "c, d"},
        "Price preference with attribute: a, b, value: c, d, already exists.",
    ),
    "a campaign": (
        "campaigns",
        {"name": "x", "campaign_identifier": "a, b"},
        "Promotion campaign with campaign_identifier: a, b, already exists.",
    ),
    "a promotion": (
        "promotions",
        {
            "code": "A, B",
            "type": "standard",
            "application_method": {"type": "percentage", "target_type": "order", "value": 10},
        },
        "Promotion with code: A, B, already exists.",
    ),
    "an invite": (
        "invites",
        {"email": "a,b@home.test"},
        "Invite with email: a,b@home.test, already exists.",
    ),
}


@pytest.mark.parametrize("name", NAMED)
async def test_a_message_names_a_value_with_commas_whole(
    admin: httpx.AsyncClient, name: str
) -> None:
    path, body, message = NAMED[name]
    good(await admin.post(f"/admin/{path}", json=body))

    assert refused(await admin.post(f"/admin/{path}", json=body)) == message


@pytest.mark.parametrize("name", ["sku", "ean", "upc", "barcode"])
async def test_a_message_names_the_codes_of_a_variant_whole(
    admin: httpx.AsyncClient, tx: Transaction, name: str
) -> None:
    made = await make_product(tx)
    path = f"/admin/products/{made.id}/variants"
    body = {"title": "x", "prices": [], "manage_inventory": False, name: "A, B"}
    good(await admin.post(path, json=body))

    message = refused(await admin.post(path, json=body))
    assert message == f"Product variant with {name}: A, B, already exists."
