"""What no client should send: it is stored as it is or refused, and never breaks the server."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from tests.answers import good, problems, refused
from tests.factories.products import Made, make_product, make_variant, prices, variant

NUL = "Invalid request: Text must not contain the character NUL"
JSON = {"content-type": "application/json"}


@pytest.fixture
async def shirt(tx: Transaction) -> Made:
    return await make_product(tx, options={"Color": ("Blue",)})


@pytest.fixture
def path(shirt: Made) -> str:
    return f"/admin/products/{shirt.id}/variants"


def nested(levels: int, opening: str = "[", closing: str = "]") -> str:
    """Containers in containers."""
    return opening * levels + "1" + closing * levels


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"title": "a\0"}, id="title"),
        pytest.param({"sku": "\0"}, id="sku"),
        pytest.param({"metadata": {"a": ["b\0"]}}, id="deep in metadata"),
        pytest.param({"metadata": {"\0": 1}}, id="metadata key"),
        pytest.param({"prices": [{"currency_code": "us\0", "amount": 1}]}, id="currency"),
        pytest.param(
            {"prices": [{"currency_code": "usd", "amount": 1, "rules": {"\0": "a"}}]}, id="rule"
        ),
        pytest.param(
            {"inventory_items": [{"inventory_item_id": "\0", "required_quantity": 1}]}, id="item"
        ),
    ],
)
async def test_the_character_nul_is_refused(
    admin: httpx.AsyncClient, path: str, fields: dict[str, Any]
) -> None:
    answer = await admin.post(path, json=variant(**fields))

    assert refused(answer) == NUL


@pytest.mark.parametrize(
    "query", ["q=%00", "id=%00", "title=a%00", "variants[sku]=%00", "$or[0][handle]=%00"]
)
async def test_the_character_nul_is_refused_in_filters(
    admin: httpx.AsyncClient, query: str
) -> None:
    assert refused(await admin.get(f"/admin/products?{query}")) == NUL


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("' OR 1=1 --", id="sql"),
        pytest.param('"', id="double quote"),
        pytest.param("%", id="percent"),
        pytest.param("$1", id="placeholder"),
        pytest.param("日本", id="not latin"),
        pytest.param(" ", id="blank"),
        pytest.param("x" * 5000, id="long"),
        pytest.param("{id}", id="template"),
    ],
)
async def test_ids_are_opaque_text(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str, given: str
) -> None:
    await make_variant(tx, shirt.id)
    text = quote(given, safe="")
    batch = {"create": [{"variant_id": given, "inventory_item_id": given, "required_quantity": 1}]}

    read = await admin.get(f"/admin/products/{text}")
    made = await admin.post(f"/admin/products/{text}/variants", json=variant())
    changed = await admin.post(f"{path}/{text}", json={"title": "x"})
    linked = await admin.post(f"{path}/inventory-items/batch", json=batch)
    deleted = await admin.delete(f"{path}/{text}")
    listed = await admin.get("/admin/product-variants", params={"id": given})

    assert refused(read, 404) == "Product not found"
    assert given in refused(made, 404)
    assert given in refused(changed, 404)
    assert given in refused(linked, 404)
    assert good(deleted)["id"] == given
    assert good(listed)["count"] == 0
    assert good(await admin.get(path))["count"] == 1


@pytest.mark.parametrize("kind", ["text/plain", "Text/Plain; charset=utf-8"])
@pytest.mark.parametrize("content", [b'{"title": "A", "prices": []}', b""])
async def test_a_body_of_text_is_refused(
    admin: httpx.AsyncClient, path: str, kind: str, content: bytes
) -> None:
    answer = await admin.post(path, content=content, headers={"content-type": kind})

    assert refused(answer) == "Invalid request: Field '' is required"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"", None, id="nothing"),
        pytest.param(b"{", "Expected property name or '}' in JSON at position 1", id="opened"),
        pytest.param(b'{"title": "\\ud800"}', None, id="lone surrogate"),
        pytest.param(b'{"title": "\xff"}', "The request body is not UTF-8", id="broken UTF-8"),
        pytest.param(b'{"title": "\xed\xa0\x80"}', "The request body is not UTF-8", id="CESU"),
        pytest.param(b'\xef\xbb\xbf{"title": "a"}', None, id="byte order mark"),
        pytest.param(b'{"title": NaN}', None, id="NaN"),
        pytest.param(b'{"a": 1e999, "b": NaN}', None, id="NaN beside infinity"),
        pytest.param(b'{"a": 1e999, "title": "\\ud800"}', None, id="surrogate beside infinity"),
        pytest.param(
            b'{"a": 1e999, "b": ' + nested(5000).encode() + b"}", None, id="deep beside infinity"
        ),
        pytest.param(b'{"a": 1e999, "b": ' + b"9" * 5000 + b"}", None, id="digits beside infinity"),
        pytest.param(b"null", None, id="null"),
        pytest.param(b'"text"', None, id="text"),
        pytest.param(b"7", None, id="number"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    admin: httpx.AsyncClient, tx: Transaction, path: str, text: bytes, message: str | None
) -> None:
    answer = await admin.post(path, content=text, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["type"] == "invalid_data"
    if message and "Expected" not in message:
        assert answer.json()["message"] == message
    assert await tx.fetchval("SELECT count(*) FROM product_variant") == 0


@pytest.mark.parametrize("levels", [300, 1_000, 1_020, 100_000])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"title": "a", "prices": [], "metadata": {"a": %s}}', id="in metadata"),
        pytest.param('{"title": "a", "prices": %s}', id="instead of prices"),
        pytest.param('{"title": %s, "prices": []}', id="instead of a text"),
        pytest.param('{"title": "a", "prices": [], "unknown": %s}', id="in an unknown key"),
        pytest.param("%s", id="whole"),
    ],
)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["[", "{"])
async def test_json_that_is_nested_too_deep_is_refused(
    admin: httpx.AsyncClient, path: str, text: str, levels: int, opening: str, closing: str
) -> None:
    answer = await admin.post(path, content=text % nested(levels, opening, closing), headers=JSON)

    assert refused(answer).startswith(
        ("Invalid request: The body is nested deeper than 254 levels", "Depth limit exceeded")
    )


async def test_metadata_of_two_hundred_levels_is_kept(admin: httpx.AsyncClient, path: str) -> None:
    text = '{"title": "a", "prices": [], "metadata": {"a": %s}}' % nested(200)  # noqa: UP031

    made = good(await admin.post(path, content=text, headers=JSON))["product"]["variants"][0]
    changed = await admin.post(f"{path}/{made['id']}", json={"metadata": {"b": 1}})

    assert made["metadata"]["a"] == good(changed)["product"]["variants"][0]["metadata"]["a"]


async def test_a_megabyte_of_text_is_kept(admin: httpx.AsyncClient, path: str) -> None:
    text = "ß日" * 200_000
    fields = {"fields": "variants.title,variants.metadata"}

    answer = await admin.post(path, json=variant(text, metadata={"k": text}), params=fields)

    [made] = good(answer)["product"]["variants"]
    assert (made["title"], made["metadata"]) == (text, {"k": text})


@pytest.mark.parametrize("name", ["sku", "ean", "upc", "barcode"])
async def test_a_code_too_long_for_an_index_is_refused(
    admin: httpx.AsyncClient, tx: Transaction, path: str, name: str
) -> None:
    # Letters that do not compress: an index row holds 2,704 bytes.
    text = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(20_000))

    answer = await admin.post(path, json=variant(**{name: text}))

    assert refused(answer) == "Invalid request: A value is too large to be stored and indexed"
    assert await tx.fetchval("SELECT count(*) FROM product_variant") == 0


@pytest.mark.parametrize(
    ("number", "path_of_it"),
    [
        pytest.param('"amount": 1e999', "prices[0].amount", id="beyond all"),
        pytest.param('"amount": -1e999', "prices[0].amount", id="below all"),
        pytest.param('"amount": -0.01', "prices[0].amount", id="negative"),
        pytest.param('"amount": "10"', "prices[0].amount", id="text"),
        pytest.param('"amount": true', "prices[0].amount", id="boolean"),
        pytest.param('"amount": null', "prices[0].amount", id="null"),
        pytest.param('"amount": [1]', "prices[0].amount", id="list"),
        pytest.param('"amount": 1, "min_quantity": 1e999', "prices[0].min_quantity", id="bound"),
        pytest.param(
            '"amount": 1, "min_quantity": 2, "max_quantity": 1',
            "prices[0].min_quantity",
            id="crossed bounds",
        ),
    ],
)
@pytest.mark.parametrize("at", ["", "create[0]."], ids=["one", "batch"])
async def test_amounts_and_bounds_are_numbers_that_make_sense(
    admin: httpx.AsyncClient, path: str, number: str, path_of_it: str, at: str
) -> None:
    row = f'{{"title": "a", "prices": [{{"currency_code": "usd", {number}}}]}}'
    url, text = (f"{path}/batch", f'{{"create": [{row}]}}') if at else (path, row)

    answer = await admin.post(url, content=text, headers=JSON)

    refused(answer)
    assert list(problems(answer)) == [f"{at}{path_of_it}"]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("1e308", id="largest exponent"),
        pytest.param("5e-324", id="least double"),
        pytest.param("1" + "0" * 300, id="300 digits"),
    ],
)
async def test_numbers_at_the_edge_are_stored_exactly(
    admin: httpx.AsyncClient, tx: Transaction, path: str, number: str
) -> None:
    text = f'{{"title": "a", "prices": [{{"currency_code": "usd", "amount": {number}}}]}}'

    answer = await admin.post(path, content=text, headers=JSON)

    assert answer.status_code == 200
    assert await tx.fetchval("SELECT amount = $1::text::numeric FROM price", number)


@pytest.mark.parametrize(
    "number", [pytest.param("9" * 400, id="400 digits"), pytest.param("9" * 5000, id="5,000")]
)
async def test_a_number_of_more_digits_than_a_double_has_is_refused(
    admin: httpx.AsyncClient, path: str, number: str
) -> None:
    text = f'{{"title": "a", "prices": [{{"currency_code": "usd", "amount": {number}}}]}}'

    assert (await admin.post(path, content=text, headers=JSON)).status_code == 400


@pytest.mark.parametrize("rank", [2**31, -(2**31), 1e300])
async def test_a_rank_beyond_an_integer_is_refused(
    admin: httpx.AsyncClient, path: str, rank: float
) -> None:
    answer = await admin.post(path, json=variant(variant_rank=rank))

    assert "must lie between" in refused(answer)


async def test_empty_texts_are_values_but_as_numbers_of_goods_none(
    admin: httpx.AsyncClient, path: str
) -> None:
    texts = dict.fromkeys(("hs_code", "material", "origin_country"), "")
    numbers = dict.fromkeys(("sku", "ean", "upc", "barcode"), "")

    made = good(await admin.post(path, json={**variant(), **texts, **numbers}))
    found = made["product"]["variants"][0]
    title = await admin.post(path, json=variant(title=""))
    currency = await admin.post(path, json=variant(prices=[{"currency_code": "", "amount": 1}]))

    assert {name: found[name] for name in texts} == texts
    assert {name: found[name] for name in numbers} == dict.fromkeys(numbers)
    assert list(problems(title)) == ["title"]
    assert list(problems(currency)) == ["prices[0].currency_code"]


async def test_an_empty_currency_is_refused_on_update_as_well(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    variant_id = await make_variant(tx, shirt.id, prices=prices(usd=1))

    answer = await admin.post(
        f"{path}/{variant_id}", json={"prices": [{"currency_code": "", "amount": 1}]}
    )

    assert list(problems(answer)) == ["prices[0].currency_code"]


async def test_a_body_beyond_the_limit_is_refused_and_the_limit_is_named(
    admin: httpx.AsyncClient, app: FastAPI, path: str
) -> None:
    own = app.state.settings
    app.state.settings = own.model_copy(update={"max_body_bytes": 2000})

    small = await admin.post(path, json=variant("x" * 1500))
    large = await admin.post(path, json=variant("x" * 2000))
    app.state.settings = own

    good(small)
    assert refused(large, 413) == "Request body is larger than the limit of 2000 bytes"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "FOO"])
async def test_a_method_that_a_path_does_not_have_is_not_found(
    admin: httpx.AsyncClient, path: str, method: str
) -> None:
    answer = await admin.request(method, path)

    assert answer.status_code in (404, 405)
    assert answer.json()["type"] == "not_found"
