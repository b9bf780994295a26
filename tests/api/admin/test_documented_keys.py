"""Every key that the published API reference shows for products can be read through `fields`."""

from typing import Any

import httpx
import pytest

from merx.core.database import Transaction
from tests.answers import good
from tests.factories.catalogue import (
    make_category,
    make_collection,
    make_tag,
    make_translation,
    make_type,
)
from tests.factories.products import (
    Made,
    item_of,
    make_location,
    make_product,
    make_sales_channel,
    make_shipping_profile,
    prices,
    variant,
)
from tests.factories.stock import make_level

ROW = "id metadata created_at updated_at deleted_at"
MEASURES = "weight length height width hs_code mid_code origin_country material"
PRODUCT = f"""{ROW} {MEASURES} title handle subtitle description is_giftcard status thumbnail
    discountable external_id collection_id type_id collection type tags options images categories
    variants sales_channels shipping_profile"""
VARIANT = f"""{ROW} {MEASURES} title sku barcode ean upc allow_backorder manage_inventory thumbnail
    variant_rank product_id product prices options images inventory_items inventory_quantity
    calculated_price translations"""
OPTION = f"{ROW} title product_id product values"
VALUE = f"{ROW} value option_id option"
CATEGORY = f"""{ROW} name description handle is_active is_internal rank parent_category_id
    parent_category category_children products"""
ITEM = f"{ROW} {MEASURES} sku title description requires_shipping thumbnail location_levels"
CALCULATED = """id calculated_amount original_amount currency_code original_amount_with_tax
    original_amount_without_tax is_calculated_price_price_list is_calculated_price_tax_inclusive
    calculated_amount_with_tax calculated_amount_without_tax is_original_price_price_list
    is_original_price_tax_inclusive calculated_price original_price"""

KEYS = {
    "": PRODUCT,
    "collection": f"{ROW} title handle products",
    "collection.products": PRODUCT,
    "type": f"{ROW} value",
    "tags": f"{ROW} value",
    "images": f"{ROW} url rank",
    "sales_channels": f"{ROW} name description is_disabled",
    "shipping_profile": f"{ROW} name type",
    "categories": CATEGORY,
    "categories.parent_category": CATEGORY,
    "categories.category_children": CATEGORY,
    "options": OPTION,
    "options.values": VALUE,
    "variants": VARIANT,
    "variants.images": f"{ROW} url rank",
    "variants.options": VALUE,
    "variants.options.option": OPTION,
    "variants.prices": """id title currency_code amount raw_amount min_quantity max_quantity
        price_set_id created_at updated_at deleted_at""",
    "variants.calculated_price": CALCULATED,
    "variants.inventory_items": """id variant_id inventory_item_id required_quantity variant
        inventory""",
    "variants.inventory_items.inventory": ITEM,
    "variants.inventory_items.inventory.location_levels": f"""{ROW} inventory_item_id location_id
        stocked_quantity reserved_quantity incoming_quantity available_quantity inventory_item""",
    "variants.translations": """id reference reference_id locale_code translations created_at
        updated_at deleted_at""",
}


@pytest.fixture
async def rich(tx: Transaction) -> Made:
    """A product that has something of everything."""
    above = await make_category(tx, "Above")
    between = await make_category(tx, "Between", above)
    await make_category(tx, "Below", between)
    made = await make_product(
        tx,
        collection_id=await make_collection(tx, "Summer"),
        type_id=await make_type(tx, "shirt"),
        tags=[{"id": await make_tag(tx, "new")}],
        categories=[{"id": between}],
        sales_channels=[{"id": await make_sales_channel(tx)}],
        shipping_profile_id=await make_shipping_profile(tx),
        images=[{"url": "a"}],
        variants=[variant(prices=prices(eur=1), options={"Color": "Blue"})],
    )
    [variant_id] = made.variant_ids
    await make_translation(tx, "product_variant", variant_id, "fr-FR", title="Chaussures")
    await make_level(tx, await item_of(tx, variant_id), await make_location(tx), stocked=1)
    return made


@pytest.mark.parametrize("prefix", KEYS, ids=lambda prefix: prefix or "product")
async def test_every_documented_key_can_be_read(
    admin: httpx.AsyncClient, rich: Made, prefix: str
) -> None:
    keys = KEYS[prefix].split()
    paths = [starred(f"{prefix}.{key}".lstrip(".")) for key in keys]
    query = {"fields": ",".join(paths), "currency_code": "eur"}

    answer = good(await admin.get(f"/admin/products/{rich.id}", params=query))

    shown = first(answer["product"], prefix.split(".") if prefix else [])
    assert [key for key in keys if key not in shown] == []


@pytest.mark.parametrize("route", ["create", "batch"])
async def test_they_can_be_read_from_the_answer_to_a_write(
    admin: httpx.AsyncClient, rich: Made, route: str
) -> None:
    path = f"/admin/products/{rich.id}/variants"
    keys = VARIANT.split()
    body = variant("New", prices=prices(eur=1), options={"Color": "Green"})
    if route == "create":
        fields, body = [starred(f"variants.{key}") for key in keys], body
    else:
        fields, path, body = [*map(starred, keys)], f"{path}/batch", {"create": [body]}

    query = {"fields": ",".join(fields), "currency_code": "eur"}
    answer = good(await admin.post(path, json=body, params=query))

    shown = answer["product"]["variants"] if route == "create" else answer["created"]
    assert [key for key in keys if key not in shown[-1]] == []


RELATIONS = {
    "collection", "type", "tags", "options", "images", "categories", "variants", "sales_channels",
    "shipping_profile", "product", "prices", "inventory_items", "inventory", "translations",
    "values", "option", "parent_category", "category_children", "products", "location_levels",
    "variant", "inventory_item",
}  # fmt: skip


def starred(path: str) -> str:
    """A relation is shown whole by a star alone; two columns are named as relations are."""
    is_column = path.endswith(("shipping_profile.type", "translations.translations"))
    return f"*{path}" if path.rpartition(".")[2] in RELATIONS and not is_column else path


def first(value: Any, path: list[str]) -> Any:
    """The first thing at the end of a path."""
    if isinstance(value, list):
        return first(value[0], path)
    return first(value[path[0]], path[1:]) if path else value
