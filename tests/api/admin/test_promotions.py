"""Promotions and campaigns, as far as recordings do not tell: what is tried, and what is strict."""

import pytest

from tests.answers import good, refused
from tests.factories.products import make_product, variant
from tests.factories.promotions import PROMOTIONS, make_promotion
from tests.factories.taxes import make_region

EVALUATE = f"{PROMOTIONS}/evaluate"
ITEM = {"unit_price": 10, "quantity": 3}


async def evaluate(admin, **more):
    body = {"currency_code": "eur", "items": [ITEM], **more}
    return good(await admin.post(EVALUATE, json=body))


def told(answer):
    return {
        one["code"]: (one["applied"], one["amount"], one["reason"]) for one in answer["promotions"]
    }


async def test_a_try_tells_of_each_promotion_what_it_does(admin):
    await make_promotion(admin, "ALL", is_automatic=True)
    await make_promotion(admin, "BIG", rules=[rule("item_total", "gte", "100")])
    await make_promotion(admin, "DRAFT", status="draft")
    await make_promotion(admin, "USD", method={"currency_code": "usd"})

    answer = await evaluate(admin, promo_codes=["BIG", "DRAFT", "USD"])

    assert told(answer) == {
        "ALL": (True, 3, None),
        "BIG": (False, 0, "rule"),
        "DRAFT": (False, 0, "status"),
        "USD": (False, 0, "currency"),
    }
    [failed] = [one for one in answer["promotions"] if one["rule"]]
    assert failed["message"] == "The rule item_total gte 100 is not met"
    assert failed["rule"]["attribute"] == "item_total"
    [adjustment] = answer["adjustments"]
    assert (adjustment["code"], adjustment["item_id"], adjustment["amount"]) == (
        "ALL",
        "items[0]",
        3,
    )


def rule(attribute, operator, *values):
    return {"attribute": attribute, "operator": operator, "values": list(values)}


async def test_a_try_knows_the_products_of_variants_and_the_region(admin, tx):
    product = await make_product(tx, variants=[variant()])
    [variant_id] = product.variant_ids
    region_id = await make_region(tx, "Europe")
    target = [rule("items.product.id", "eq", product.id)]
    await make_promotion(
        admin, "ONE", rules=[rule("region.id", "eq", region_id)], method={"target_rules": target}
    )
    items = [ITEM, {**ITEM, "variant_id": variant_id}, {**ITEM, "product_id": product.id}]

    answer = await evaluate(admin, items=items, promo_codes=["ONE"], region_id=region_id)

    assert [one["item_id"] for one in answer["adjustments"]] == ["items[1]", "items[2]"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"promo_codes": ["NOPE"]}, "The promotion code NOPE is invalid"),
        ({"items": [{**ITEM, "unit_price": -1}]}, "Field 'items, 0, unit_price' must not be"),
        ({"items": [{**ITEM, "quantity": 0}]}, "too small, expected at least: '1'"),
        ({"nope": 1}, "Unrecognized fields: 'nope'"),
        ({"currency_code": None}, "Expected type: 'string' for field 'currency_code'"),
    ],
    ids=lambda value: "",
)
async def test_a_try_that_cannot_be_understood_is_refused(admin, body, message):
    asked = {"currency_code": "eur", "items": [ITEM], **body}

    assert message in refused(await admin.post(EVALUATE, json=asked))


async def test_a_try_of_an_unknown_variant_is_refused(admin):
    items = [{**ITEM, "variant_id": "variant_nope"}]
    answer = await admin.post(EVALUATE, json={"currency_code": "eur", "items": items})

    assert refused(answer, 404) == "Variants with ids variant_nope were not found"


async def test_a_budget_by_attribute_needs_its_value(admin):
    budget = {"type": "use_by_attribute", "limit": 1, "attribute": "customer_email"}
    campaign = {"name": "c", "campaign_identifier": "c", "budget": budget}
    await make_promotion(admin, "MINE", campaign=campaign)

    answer = await admin.post(EVALUATE, json={"currency_code": "eur", "promo_codes": ["MINE"]})
    assert "customer_email" in refused(answer)

    assert told(await evaluate(admin, promo_codes=["MINE"], email="a@b.de"))["MINE"][0]


async def test_a_limit_of_a_budget_of_nothing_is_nothing(admin):
    """The reference takes a limit of 0 for none."""
    campaign = {"name": "c", "campaign_identifier": "c", "budget": {"type": "usage", "limit": 0}}
    await make_promotion(admin, "NONE", campaign=campaign)

    assert told(await evaluate(admin, promo_codes=["NONE"]))["NONE"] == (False, 0, "budget")


async def test_a_rule_that_compares_with_no_number_holds_for_no_cart(admin):
    """On the reference such a rule fails every cart of the shop with 500."""
    await make_promotion(admin, "ODD", is_automatic=True, rules=[rule("item_total", "gt", "abc")])

    assert told(await evaluate(admin))["ODD"] == (False, 0, "rule")


async def test_hooks_and_events_tell_of_promotions_and_campaigns(admin, tx):
    campaign = {"name": "c", "campaign_identifier": "c"}
    made = await make_promotion(admin, "NEW", campaign=campaign)
    await admin.delete(f"{PROMOTIONS}/{made['id']}")

    names = await tx.fetch("SELECT name FROM event ORDER BY id")

    assert [row["name"] for row in names] == [
        "promotion.created",
        "campaign.created",
        "promotion.deleted",
    ]


async def test_a_deleted_promotion_leaves_nothing_that_lives(admin, tx):
    made = await make_promotion(admin, "GONE", rules=[rule("region.id", "in", "a", "b")])
    await admin.delete(f"{PROMOTIONS}/{made['id']}")

    tables = ("promotion", "promotion_application_method", "promotion_rule", "promotion_rule_value")
    counts = [
        await tx.fetchval(f"SELECT count(*) FROM {table} WHERE deleted_at IS NULL")
        for table in tables
    ]

    assert counts == [0, 0, 0, 0]
