"""The published JavaScript SDK against a running server: what applications do with it works."""

import pytest

pytestmark = pytest.mark.sdk

HOW = pytest.mark.parametrize("how", ["bearer", "api-key", "session"])


@HOW
async def test_variants_are_created_one_by_one_and_in_a_batch(run, name, how):
    seen = await run("variants.mjs", how=how, name=name)

    created = {variant["title"]: variant for variant in seen["created"]["product"]["variants"]}
    blue = created["Blue Shirt"]
    assert set(created) == {"Red Shirt", "Green Shirt", "Blue Shirt"}
    assert [(price["amount"], price["currency_code"]) for price in blue["prices"]] == [(10, "usd")]
    assert [option["value"] for option in blue["options"]] == ["Blue"]
    parent = seen["deleted"].pop("parent")
    assert seen["deleted"] == {"id": blue["id"], "object": "variant", "deleted": True}
    assert parent["id"] == seen["product"]["id"]

    batch = seen["batch"]
    assert [variant["title"] for variant in batch["created"]] == ["Blue Shirt"]
    assert [(v["id"], v["title"]) for v in batch["updated"]] == [(seen["red"]["id"], "Pants")]
    assert batch["deleted"] == {"ids": [seen["green"]["id"]], "object": "variant", "deleted": True}

    assert set(seen["lean"]["product"]) == {"id", "variants"}
    assert [v["title"] for v in seen["left"]["variants"]] == ["Black Shirt", "Blue Shirt", "Pants"]


@HOW
async def test_links_to_stock_are_made_changed_and_deleted_in_a_batch(run, name, how):
    seen = await run("inventory_items.mjs", how=how, name=name)

    def pair(item):
        return {
            "product": {"variant_id": seen["variant_id"]},
            "inventory": {"inventory_item_id": seen[item]},
        }

    assert seen["batch"] == {
        "created": [{**pair("box"), "data": {"required_quantity": 10}}],
        "updated": [{**pair("lid"), "data": {"required_quantity": 20}}],
        "deleted": [pair("label")],
    }
    links = seen["variant"]["inventory_items"]
    assert {link["inventory_item_id"]: link["required_quantity"] for link in links} == {
        seen["box"]: 10,
        seen["lid"]: 20,
    }


async def test_log_in_refresh_and_log_out(run, server):
    seen = await run("auth.mjs")

    token, session = seen["token"], seen["session"]
    unauthorized = {"name": "FetchError", "status": 401, "message": "Unauthorized"}
    for refused in (token["anonymous"], token["after"], session["anonymous"], session["after"]):
        assert {**refused, **unauthorized} == refused
    assert token["me"]["user"]["email"] == server.email
    assert token["still"] == token["me"] == session["me"] == session["still"]
    assert token["renewed"].count(".") == 2
    assert session["cookies"] == ["connect.sid"]
    assert session["left"] == []
    assert seen["wrong"]["status"] == 401
    assert seen["wrong"]["message"] == "Invalid email or password"


async def test_products_are_listed_read_changed_and_deleted(run, name):
    seen = await run("products.mjs", name=name)

    product = seen["product"]
    found = seen["found"]
    assert [row["title"] for row in found["products"]] == [f"{name} shirt"]
    assert (found["count"], found["limit"], found["offset"]) == (2, 1, 0)
    titles = [(set(row), row["title"]) for row in seen["named"]["products"]]
    assert titles == [({"id", "title"}, f"{name} hat"), ({"id", "title"}, f"{name} shirt")]
    assert seen["whole"]["product"] == product
    assert set(seen["lean"]["product"]) == {"id", "title", "variants"}
    for variant in seen["lean"]["product"]["variants"]:
        assert set(variant) == {"id", "sku", "prices"}
        amounts = {price["currency_code"]: price["amount"] for price in variant["prices"]}
        assert amounts == {"usd": 10, "eur": 9.95}
    assert [row["sku"] for row in seen["bySku"]["variants"]] == [f"{name}-M"]
    updated = seen["updated"]["product"]
    assert (updated["subtitle"], updated["metadata"]) == ("cut straight", {"fabric": "cotton"})
    assert seen["deleted"] == {"id": product["id"], "object": "product", "deleted": True}


async def test_refusals_are_fetch_errors_with_status_and_message(run, name):
    seen = await run("errors.mjs", name=name)

    expected = {
        "anonymous": (401, "Unauthorized"),
        "badKey": (401, "Unauthorized"),
        "missing": (404, "Product not found"),
        "invalid": (
            400,
            "Invalid request: Field 'title' is required; Field 'prices' is required",
        ),
        "combination": (400, "Variant (Blue) with provided options already exists."),
        "sku": (400, f"Product variant with sku: {name}, already exists."),
        "link": (404, "Inventory Items with ids: iitem_none was not found"),
    }
    assert {key: (seen[key]["status"], seen[key]["message"]) for key in expected} == expected
    assert {seen[key]["name"] for key in expected} == {"FetchError"}


@pytest.mark.parametrize("how", ["jwt", "session"])
async def test_a_buyer_becomes_a_customer_and_keeps_addresses(run, name, how):
    seen = await run("customers.mjs", how=how, name=name)

    customer = seen["customer"]
    assert (customer["email"], customer["has_account"]) == (f"{name}@home.test", True)
    assert seen["seen"] == customer
    assert seen["changed"] == {"id": customer["id"], "phone": "1"}
    assert {address["city"] for address in seen["moved"]["addresses"]} == {"Cologne", "Bonn"}
    assert [(a["address_name"], a["is_default_shipping"]) for a in seen["addresses"]] == [
        ("Home", False),
        ("Work", True),
    ]
    assert seen["one"]["city"] == "Cologne"
    assert (seen["gone"]["deleted"], seen["gone"]["object"]) == (True, "address")
    assert [address["address_name"] for address in seen["left"]["addresses"]] == ["Work"]
    assert [found["id"] for found in seen["customers"]] == [customer["id"]]
    assert [refusal["status"] for refusal in seen["refusals"]] == [401] * 4


@pytest.mark.parametrize("how", ["bearer", "session"])
async def test_register_become_a_user_log_in_refresh_and_log_out(run, name, how):
    seen = await run("register.mjs", how=how, name=name)

    assert seen["registered"].count(".") == 2
    assert (seen["taken"]["status"], seen["taken"]["message"]) == (
        401, "Identity with email already exists",
    )  # fmt: skip
    user = seen["accepted"]["user"]
    assert (user["email"], user["first_name"]) == (f"{name}@shop.test", "Ann")
    assert seen["me"]["user"]["id"] == seen["still"]["user"]["id"] == user["id"]
    assert [way["id"] for way in seen["ways"]["providers"]] == ["emailpass"]
    assert (seen["after"]["status"], seen["left"]) == (401, [])


async def test_a_secret_key_stands_for_a_log_in_until_it_is_revoked(run, name):
    seen = await run("keys.mjs", name=name)

    assert seen["created"]["api_key"]["token"].startswith("sk_")
    assert seen["listed"]["api_keys"][0]["id"] == seen["created"]["api_key"]["id"]
    assert seen["read"]["api_key"]["token"] == ""
    assert seen["before"]["count"] >= 1
    assert (seen["after"]["status"], seen["after"]["message"]) == (401, "Unauthorized")
