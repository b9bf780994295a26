"""The ETag of a product that is read with all its parts changes when any of them changes."""

from tests.answers import good
from tests.api.admin.test_audit_log_revert import make_product

PARTS = (
    "*options.values,*images,*tags,*categories,*sales_channels,*variants.options,*variants.prices,"
    "*variants.inventory_items,*variants.inventory_items.inventory.location_levels,"
    "*translations,*variants.translations,*type,*collection,*shipping_profile"
)


async def made(admin, path, key, **body):
    return good(await admin.post(path, json=body))[key]["id"]


async def test_a_change_of_each_kind_of_part_gives_another_tag(admin):
    product = await make_product(admin)
    path, variant = f"/admin/products/{product['id']}", product["variants"][0]
    [option] = product["options"]
    category = await made(admin, "/admin/product-categories", "product_category", name="C")
    tag = await made(admin, "/admin/product-tags", "product_tag", value="T")
    item = await made(admin, "/admin/inventory-items", "inventory_item", sku="I")
    place = await made(admin, "/admin/stock-locations", "stock_location", name="L")
    channel = await made(admin, "/admin/sales-channels", "sales_channel", name="S")
    of_variant, levels = (
        f"{path}/variants/{variant['id']}",
        f"/admin/inventory-items/{item}/location-levels",
    )
    kind = await made(admin, "/admin/product-types", "product_type", value="K")
    group = await made(admin, "/admin/collections", "collection", title="G")
    profile = await made(
        admin, "/admin/shipping-profiles", "shipping_profile", name="P", type="default"
    )
    german = {"locale_code": "de-DE", "translations": {"title": "Hemd"}}
    larger = {"product_option_id": option["id"], "add": [{"value": "XXL"}]}
    words = [
        {"reference": "product", "reference_id": product["id"], **german},
        {"reference": "product_variant", "reference_id": variant["id"], **german},
    ]
    steps = [
        (path, {"title": "Blouse"}),
        (path, {"metadata": {"cut": "wide"}}),
        (of_variant, {"metadata": {"cut": "slim"}}),
        (path, {"type_id": kind}),
        (path, {"collection_id": group}),
        (path, {"shipping_profile_id": profile}),
        (f"/admin/collections/{group}", {"title": "H"}),
        ("/admin/translations/batch", {"create": words[:1]}),
        ("/admin/translations/batch", {"create": words[1:]}),
        (f"{path}/options/batch", {"update": [larger]}),
        (of_variant, {"title": "Tiny"}),
        (of_variant, {"prices": [{"amount": 3, "currency_code": "usd"}]}),
        (f"/admin/product-options/{option['id']}", {"title": "Width"}),
        (path, {"images": [{"url": "https://example.com/a.png"}]}),
        (path, {"tags": [{"id": tag}]}),
        (f"/admin/product-tags/{tag}", {"value": "U"}),
        (path, {"categories": [{"id": category}]}),
        (f"/admin/product-categories/{category}", {"name": "D"}),
        (f"/admin/product-categories/{category}/products", {"remove": [product["id"]]}),
        (f"/admin/sales-channels/{channel}/products", {"add": [product["id"]]}),
        (f"{of_variant}/inventory-items", {"inventory_item_id": item, "required_quantity": 2}),
        (f"{of_variant}/inventory-items/{item}", {"required_quantity": 3}),
        (levels, {"location_id": place, "stocked_quantity": 3}),
        (f"{levels}/{place}", {"stocked_quantity": 4}),
        (f"{path}/variants/batch", {"delete": [variant["id"]]}),
    ]
    before = (await admin.get(path, params={"fields": PARTS})).headers["etag"]
    for to, body in steps:
        good(await admin.post(to, json=body))
        after = (await admin.get(path, params={"fields": PARTS})).headers["etag"]
        assert after != before, (to, body)
        before = after


async def test_a_change_with_the_tag_of_all_parts_is_refused_after_a_change_of_any(admin):
    product = await make_product(admin)
    path, query = f"/admin/products/{product['id']}", {"fields": PARTS}
    category = await made(admin, "/admin/product-categories", "product_category", name="C")
    etag = (await admin.get(path, params=query)).headers["etag"]
    good(await admin.post(path, json={"categories": [{"id": category}]}))

    answer = await admin.post(
        path, params=query, json={"title": "Blouse"}, headers={"if-match": etag}
    )

    assert answer.status_code == 412, answer.text
    assert answer.headers["etag"] == (await admin.get(path, params=query)).headers["etag"]
