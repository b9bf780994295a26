"""Names that are blank, codes that are empty, values and titles that look the same."""

import pytest

from tests.answers import good, problems, refused
from tests.factories.products import make_product, variant

CREATED = {
    "products": {"title": "X", "options": [{"title": "Size", "values": ["S"]}]},
    "collections": {"title": "X"},
    "product-categories": {"name": "X"},
    "product-types": {"value": "X"},
    "product-tags": {"value": "X"},
    "product-options": {"title": "X", "values": ["S"]},
    "regions": {"name": "X", "currency_code": "eur"},
    "sales-channels": {"name": "X"},
    "stock-locations": {"name": "X"},
    "customer-groups": {"name": "X"},
    "price-lists": {"title": "X", "description": ""},
    "api-keys": {"title": "X", "type": "secret"},
    "shipping-profiles": {"name": "X", "type": "x"},
    "campaigns": {"name": "X", "campaign_identifier": "x"},
    "refund-reasons": {"label": "X", "code": "x"},
    "return-reasons": {"label": "X", "value": "x"},
}


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u00a0"])
@pytest.mark.parametrize("thing", CREATED)
async def test_a_blank_name_is_refused(admin, thing, name):
    key = next(key for key, value in CREATED[thing].items() if value == "X")

    answer = await admin.post(f"/admin/{thing}", json={**CREATED[thing], key: name})

    told = refused(answer)
    assert "must not be blank" in told or "is required" in told


async def test_a_name_is_not_made_blank(admin, tx):
    made = await make_product(tx, variants=[variant()])

    told = [
        await admin.post(f"/admin/products/{made.id}", json={"title": " "}),
        await admin.post(
            f"/admin/products/{made.id}/variants/{made.variant_ids[0]}", json={"title": ""}
        ),
        await admin.post(f"/admin/products/{made.id}/variants", json={"title": " ", "prices": []}),
    ]

    assert [refused(answer) for answer in told] == [
        "Invalid request: Field 'title' must not be blank"
    ] * 3


async def test_an_empty_code_is_none(admin, tx):
    made = await make_product(tx)
    codes = {"sku": "", "ean": " ", "upc": "", "barcode": ""}
    path = f"/admin/products/{made.id}/variants"
    fields = {"fields": "variants.sku,variants.ean,variants.upc,variants.barcode"}

    for title in ("One", "Two"):
        answer = await admin.post(path, json=variant(title, **codes), params=fields)

    for one in good(answer)["product"]["variants"]:
        assert {one[name] for name in codes} == {None}
    for _ in range(2):
        item = good(await admin.post("/admin/inventory-items", json={"sku": ""}))
        assert item["inventory_item"]["sku"] is None


async def test_two_options_of_one_title_are_refused(admin, tx):
    size = {"title": "Size", "values": ["S"]}
    words = "Product has two options with title: Size"
    body = {"title": "Shirt", "options": [size, {**size, "title": " Size "}]}

    new = await admin.post("/admin/products", json=body)
    made = await make_product(tx, options={"Size": ("S",), "Color": ("Red",)})
    path = f"/admin/products/{made.id}"
    added = await admin.post(f"{path}/options/batch", json={"add": [size]})
    shared = good(
        await admin.post("/admin/product-options", json={"title": "Size", "values": ["S"]})
    )["product_option"]["id"]
    linked = await admin.post(f"{path}/options/batch", json={"add": [shared]})
    options = good(await admin.get(f"{path}?fields=options.id,options.title"))["product"]
    ids = {row["title"]: row["id"] for row in options["options"]}
    replaced = await admin.post(path, json={"option_ids": [*ids.values(), shared]})
    renamed = await admin.post(f"/admin/product-options/{ids['Color']}", json={"title": "Size"})

    for answer in (new, added, linked, replaced, renamed):
        assert refused(answer) == words
    good(await admin.post(f"/admin/product-options/{ids['Color']}", json={"title": "Tint"}))


async def test_values_that_look_the_same_are_one(admin, tx):
    path = "/admin/product-options"

    twice = await admin.post(path, json={"title": "A", "values": ["XS", " xs "]})
    body = {"title": "Size", "values": [" M ", "Cafe\u0301"], "ranks": {" M ": 3}}
    made = good(await admin.post(path, json=body))["product_option"]
    by_value = {row["value"]: row for row in made["values"]}
    option = f"{path}/{made['id']}"
    same = await admin.post(option, json={"values": ["M", "m"]})
    renamed = await admin.post(f"{option}/values/{by_value['M']['id']}", json={"value": "CAFÉ"})

    assert by_value.keys() == {"M", "Café"}
    assert by_value["M"]["rank"] == 3
    for answer in (twice, same, renamed):
        assert "already exists" in refused(answer)
    good(await admin.post(f"{option}/values/{by_value['M']['id']}", json={"value": "m"}))


async def test_a_value_that_a_product_offers_already_is_not_made_again(admin, tx):
    made = await make_product(tx, options={"Size": ("S",)})
    path = f"/admin/products/{made.id}"
    [option] = good(await admin.get(f"{path}?fields=options.id"))["product"]["options"]
    patch = {"product_option_id": option["id"], "add": [{"value": " s "}]}

    good(await admin.post(f"{path}/options/batch", json={"update": [patch]}))

    values = "SELECT array_agg(value) FROM product_option_value WHERE deleted_at IS NULL"
    assert await tx.fetchval(values) == ["S"]


async def test_a_value_that_is_not_offered_is_told_from_one_that_does_not_exist(admin, tx):
    shared = good(
        await admin.post("/admin/product-options", json={"title": "Size", "values": ["S", "XS"]})
    )["product_option"]
    ids = {row["value"]: row["id"] for row in shared["values"]}
    body = {"title": "Shirt", "options": [{"id": shared["id"], "value_ids": [ids["S"]]}]}
    made = good(await admin.post("/admin/products", json=body))["product"]["id"]
    path = f"/admin/products/{made}/variants"

    hidden = await admin.post(path, json=variant(options={"Size": "XS"}))
    unknown = await admin.post(path, json=variant(options={"Size": "XL"}))

    assert refused(hidden) == "Option value XS of option Size is not offered by the product"
    assert list(problems(hidden).values()) == [refused(hidden)]
    assert refused(unknown) == "Option value XL does not exist for option Size"


async def test_products_leave_a_collection_and_a_type_that_are_deleted(admin, tx):
    collection = good(await admin.post("/admin/collections", json={"title": "Summer"}))
    kind = good(await admin.post("/admin/product-types", json={"value": "Cloth"}))
    ids = {
        "collection_id": collection["collection"]["id"],
        "type_id": kind["product_type"]["id"],
    }
    made, other = await make_product(tx, "A", **ids), await make_product(tx, "B")

    good(await admin.delete(f"/admin/collections/{ids['collection_id']}"))
    good(await admin.delete(f"/admin/product-types/{ids['type_id']}"))
    good(await admin.delete("/admin/collections/pcol_none"))

    for product_id in (made.id, other.id):
        row = good(await admin.get(f"/admin/products/{product_id}"))["product"]
        assert {row[name] for name in ("collection_id", "collection", "type_id", "type")} == {None}


async def test_a_price_list_does_not_end_before_it_starts(admin):
    times = {"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}
    body = {"title": "Sale", "description": ""}
    words = "A price list must not end before it starts"

    assert refused(await admin.post("/admin/price-lists", json={**body, **times})) == words
    begun = {**body, "starts_at": times["starts_at"]}
    made = good(await admin.post("/admin/price-lists", json=begun))["price_list"]["id"]
    later = await admin.post(f"/admin/price-lists/{made}", json={"ends_at": times["ends_at"]})

    assert refused(later) == words
    good(await admin.post(f"/admin/price-lists/{made}", json={"ends_at": "2026-03-01"}))


@pytest.mark.parametrize("attribute", ["region_id", "customer.groups.id", "customer_group_id"])
async def test_rules_on_things_that_do_not_exist_are_refused(admin, tx, attribute):
    made = await make_product(tx, variants=[variant()])
    [variant_id] = made.variant_ids
    price = {"currency_code": "usd", "amount": 1, "rules": {attribute: "none"}}
    listed = {**price, "variant_id": variant_id}
    body = {"title": "Sale", "description": ""}
    lists = "/admin/price-lists"
    list_id = good(await admin.post(lists, json=body))["price_list"]["id"]
    variants = f"/admin/products/{made.id}/variants"

    answers = [
        await admin.post(variants, json=variant("New", prices=[price])),
        await admin.post(f"{variants}/{variant_id}", json={"prices": [price]}),
        await admin.post(lists, json={**body, "prices": [listed]}),
        await admin.post(lists, json={**body, "rules": {attribute: ["none"]}}),
        await admin.post(f"{lists}/{list_id}", json={"rules": {attribute: ["none"]}}),
        await admin.post(f"{lists}/{list_id}/prices/batch", json={"create": [listed]}),
    ]

    assert {refused(answer) for answer in answers} == {
        f"Rule {attribute} names none, which does not exist"
    }
    assert list(problems(answers[5])) == [f"create[0].rules.{attribute}"]
    assert await tx.fetchval("SELECT count(*) FROM price") == 0
