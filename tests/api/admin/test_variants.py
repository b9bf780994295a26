"""One variant of a product at a time, beyond what the reference was recorded on."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from merx.core.database import Transaction
from merx.core.errors import InvalidData
from merx.core.hooks import Change, Hooks
from merx.modules.product.hooks import VARIANTS
from tests.answers import good, problems, refused
from tests.factories.products import Made, make_item, make_product, make_variant, prices, variant
from tests.observed import emitted

CODES = {"sku": "SKU", "ean": "EAN", "upc": "UPC", "barcode": "BAR"}


@pytest.fixture
async def shirt(tx: Transaction) -> Made:
    return await make_product(tx, options={"Color": ("Blue", "Red"), "Size": ("S", "M")})


@pytest.fixture
def path(shirt: Made) -> str:
    return f"/admin/products/{shirt.id}/variants"


async def titles(tx: Transaction, product_id: str) -> list[str]:
    """The titles of a product's live variants."""
    records = await tx.fetch(
        "SELECT title FROM product_variant WHERE product_id = $1 AND deleted_at IS NULL"
        " ORDER BY id",
        product_id,
    )
    return [record[0] for record in records]


async def test_every_wrong_field_is_named_though_the_message_shows_three(
    admin: httpx.AsyncClient, path: str
) -> None:
    body = {
        "title": 1,
        "sku": [],
        "prices": [
            {"currency_code": "usd", "amount": -1},
            {"amount": 1, "currency_code": 5, "min_quantity": "1"},
            {"currency_code": "usd", "amount": 1, "min_quantity": 9, "max_quantity": 3},
        ],
        "options": {"Color": 1},
        "inventory_items": [{"inventory_item_id": "iitem_1", "required_quantity": 0}],
        "colour": "blue",
    }

    answer = await admin.post(path, json=body)

    assert refused(answer) == (
        "Invalid request: Expected type: 'string' for field 'title', got: '1'; Expected type:"
        " 'string' for field 'sku', got: ''; Field 'prices, 0, amount' must not be negative"
    )
    assert problems(answer) == {
        "title": "Expected type: 'string' for field 'title', got: '1'",
        "sku": "Expected type: 'string' for field 'sku', got: ''",
        "prices[0].amount": "Field 'prices, 0, amount' must not be negative",
        "prices[1].min_quantity": "Field 'prices, 1, min_quantity' must be a number, not '1'",
        "prices[1].currency_code": "Field 'prices, 1, currency_code' must be a string, not 5",
        "prices[2].min_quantity": (
            "Field 'prices, 2, min_quantity' must not be greater than 'max_quantity'"
        ),
        "options.Color": "Expected type: 'string' for field 'options, Color', got: '1'",
        "inventory_items[0].required_quantity": (
            "Field 'inventory_items, 0, required_quantity' must be greater than 0"
        ),
        "colour": "Unrecognized fields: 'colour'",
    }


async def test_every_value_that_others_have_is_named(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    options = {"Color": "Blue", "Size": "S"}
    await make_variant(tx, shirt.id, "First", sku="SKU", options=options)
    await make_variant(tx, shirt.id, "Second", ean="EAN", upc="UPC")
    other = await make_product(tx, "Other")
    await make_variant(tx, other.id, "Third", barcode="BAR")

    answer = await admin.post(path, json=variant("New", **CODES, options=options))

    assert refused(answer).endswith("already exists.")
    assert problems(answer) == {
        "sku": "Product variant with sku: SKU, already exists.",
        "ean": "Product variant with ean: EAN, already exists.",
        "upc": "Product variant with upc: UPC, already exists.",
        "barcode": "Product variant with barcode: BAR, already exists.",
        "options": "Variant (First) with provided options already exists.",
    }
    assert await titles(tx, shirt.id) == ["First", "Second"]


async def test_mistakes_of_all_kinds_are_named_at_once(admin: httpx.AsyncClient, path: str) -> None:
    body = variant(
        options={"Color": "Pink", "Size": "S"},
        prices=prices(usd=1, zzz=2, yyy=3),
        inventory_items=[
            {"inventory_item_id": "iitem_none", "required_quantity": 1},
            {"inventory_item_id": "iitem_nil", "required_quantity": 1},
        ],
    )

    answer = await admin.post(path, json=body)

    assert refused(answer) == "Currency with code: zzz, yyy was not found"
    assert problems(answer) == {
        "prices[1].currency_code": "Currency with code: zzz was not found",
        "prices[2].currency_code": "Currency with code: yyy was not found",
        "inventory_items[0].inventory_item_id": (
            "Inventory Items with ids: iitem_none was not found"
        ),
        "inventory_items[1].inventory_item_id": (
            "Inventory Items with ids: iitem_nil was not found"
        ),
        "options": "Option value Pink does not exist for option Color",
    }


async def test_the_sku_of_an_inventory_item_that_no_variant_has_is_taken_as_well(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    await make_item(tx, "SKU")

    answer = await admin.post(path, json=variant(sku="SKU"))

    assert refused(answer) == "Inventory item with sku: SKU, already exists."
    assert list(problems(answer)) == ["sku"]
    assert await titles(tx, shirt.id) == []


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param("10", "10", id="whole"),
        pytest.param("10.00", "10", id="trailing zeros"),
        pytest.param("0", "0", id="nothing"),
        pytest.param("-0.0", "0", id="minus nothing"),
        pytest.param("9.95", "9.95", id="cents"),
        pytest.param("0.1", "0.1", id="no binary fraction"),
        pytest.param("0.30000000000000004", "0.30000000000000004", id="all digits of a double"),
        pytest.param("1e3", "1000", id="exponent"),
        pytest.param("1e-7", "0.0000001", id="a ten-millionth"),
        pytest.param("9007199254740993", "9007199254740993", id="beyond exact doubles"),
        pytest.param("1e21", "1" + "0" * 21, id="beyond 64 bits"),
    ],
)
async def test_an_amount_comes_back_as_it_was_sent(
    admin: httpx.AsyncClient, path: str, sent: str, shown: str
) -> None:
    text = f'{{"title": "a", "prices": [{{"currency_code": "usd", "amount": {sent}}}]}}'

    answer = await admin.post(
        path,
        content=text,
        headers={"content-type": "application/json"},
        params={"fields": "variants.prices.amount"},
    )

    assert answer.status_code == 200
    assert f'"amount":{shown}' in answer.text.replace(" ", "")


@pytest.mark.parametrize("measure", ["weight", "length", "height", "width"])
@pytest.mark.parametrize("value", [1.5, 3e9])
async def test_an_inventory_item_has_the_measures_of_its_variant(
    admin: httpx.AsyncClient, path: str, measure: str, value: float
) -> None:
    fields = {"fields": f"variants.{measure},variants.inventory_items.inventory.{measure}"}

    answer = await admin.post(path, json=variant(**{measure: value}), params=fields)

    [made] = good(answer)["product"]["variants"]
    assert made[measure] == made["inventory_items"][0]["inventory"][measure] == value


async def test_a_variant_may_be_everything_that_json_can_say(
    admin: httpx.AsyncClient, path: str
) -> None:
    title = "Größe „M“ 日本 👩‍👩‍👧 \u202e'; DROP TABLE product; --\\ \" \n\t"
    metadata = {"": None, "a": [1, 2.5, {"b": [[], {}]}], "日": "\u2028", "big": 2**60, "no": False}

    answer = await admin.post(path, json=variant(title, metadata=metadata, sku="x"))

    [made] = good(answer)["product"]["variants"]
    assert (made["title"], made["metadata"], made["sku"]) == (title, metadata, "x")


async def test_a_price_without_an_id_keeps_the_id_of_its_like(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    rules = {"season": "winter", "kind": "retail"}
    tiers = [
        {"currency_code": "usd", "amount": 10},
        {"currency_code": "usd", "amount": 9, "min_quantity": 10, "max_quantity": 99},
        {"currency_code": "usd", "amount": 8, "rules": rules},
        {"currency_code": "eur", "amount": 7},
    ]
    variant_id = await make_variant(tx, shirt.id, prices=tiers)
    before = await ids_by_amount(admin, path, variant_id)
    again = [
        {"currency_code": "USD", "amount": 80, "rules": dict(reversed(rules.items()))},
        {"currency_code": "usd", "amount": 90, "min_quantity": 10.0, "max_quantity": 99},
        {"currency_code": "usd", "amount": 100},
        {"currency_code": "eur", "amount": 70, "min_quantity": 2},
    ]

    good(await admin.post(f"{path}/{variant_id}", json={"prices": again}))

    after = await ids_by_amount(admin, path, variant_id)
    assert {amount: after[amount] for amount in (100, 90, 80)} == {
        100: before[10],
        90: before[9],
        80: before[8],
    }
    assert after[70] not in before.values()
    assert len(after) == 4


async def ids_by_amount(admin: httpx.AsyncClient, path: str, variant_id: str) -> dict[float, str]:
    """The prices of a variant: ids by amount."""
    answer = await admin.get(f"{path}/{variant_id}", params={"fields": "prices.amount"})
    return {price["amount"]: price["id"] for price in good(answer)["variant"]["prices"]}


async def test_prices_of_other_variants_are_refused_by_name(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    mine, other = [
        await make_variant(tx, shirt.id, title, prices=prices(usd=1)) for title in ("a", "b")
    ]
    [stolen] = (await ids_by_amount(admin, path, other)).values()
    wanted = [
        *prices(usd=5),
        {"id": stolen, "amount": 2},
        {"id": "price_none", "amount": 3, "currency_code": "usd"},
    ]

    answer = await admin.post(f"{path}/{mine}", json={"prices": wanted})

    assert refused(answer) == f"Price with id: {stolen} was not found on variant {mine}"
    assert list(problems(answer)) == ["prices[1].id", "prices[2].id"]
    assert list(await ids_by_amount(admin, path, mine)) == [1]


async def test_the_id_in_the_body_cannot_name_another_variant(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    mine, other = [await make_variant(tx, shirt.id, title) for title in ("mine", "other")]

    answer = await admin.post(f"{path}/{mine}", json={"id": other, "title": "changed"})

    assert refused(answer) == f"The id in the body must be that of the path: {mine}"
    assert await titles(tx, shirt.id) == ["mine", "other"]


async def test_a_deleted_variant_is_neither_read_nor_changed(
    admin: httpx.AsyncClient, tx: Transaction, shirt: Made, path: str
) -> None:
    variant_id = await make_variant(tx, shirt.id)
    good(await admin.delete(f"{path}/{variant_id}"))

    read = await admin.get(f"{path}/{variant_id}")
    changed = await admin.post(f"{path}/{variant_id}", json={"title": "x"})

    assert refused(read, 404) == f"Variant with id: {variant_id} was not found"
    assert refused(changed, 404) == (
        f"Variants with ids: {variant_id} were not found on product {shirt.id}"
    )


class Notes:
    """A hook that notes what it is given."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], dict[str, Any]]] = []

    async def __call__(self, tx: Transaction, rows: Sequence[Change]) -> None:
        titles = await tx.fetch(
            "SELECT title FROM product_variant WHERE id = ANY($1::text[])", [row.id for row in rows]
        )
        self.calls.append(([record[0] for record in titles], dict(rows[0].additional_data)))


async def refuse(tx: Transaction, rows: Sequence[Change]) -> None:
    raise InvalidData(f"The brand {rows[0].additional_data['brand']} is unknown")


@pytest.fixture
def use_hooks(app: FastAPI) -> Iterator[Callable[[Hooks], None]]:
    """Lets the app run the given hooks."""
    own = app.state.hooks
    yield lambda hooks: setattr(app.state, "hooks", hooks)
    app.state.hooks = own


async def test_hooks_get_the_additional_data_beside_the_written_row(
    admin: httpx.AsyncClient, use_hooks: Callable[[Hooks], None], path: str
) -> None:
    created, updated = Notes(), Notes()
    use_hooks({VARIANTS.created: (created,), VARIANTS.updated: (updated,)})

    answer = await admin.post(path, json=variant("New", additional_data={"brand": "Merx"}))
    [made] = good(answer)["product"]["variants"]
    good(await admin.post(f"{path}/{made['id']}", json={"title": "Newer"}))

    assert created.calls == [(["New"], {"brand": "Merx"})]
    assert updated.calls == [(["Newer"], {})]


async def test_a_hook_that_refuses_undoes_the_variant_and_gives_the_answer(
    admin: httpx.AsyncClient,
    tx: Transaction,
    use_hooks: Callable[[Hooks], None],
    shirt: Made,
    path: str,
) -> None:
    before = await emitted(tx)
    use_hooks({VARIANTS.created: (Notes(), refuse)})

    answer = await admin.post(path, json=variant(additional_data={"brand": "X"}))

    assert refused(answer) == "The brand X is unknown"
    assert await titles(tx, shirt.id) == []
    assert await emitted(tx) == before
