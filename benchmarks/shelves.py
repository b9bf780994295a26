"""A shop for storefront pages: its paths, and 20 products like those of a storefront demo, created
through the API. Merx and the reference get the same ones."""

from dataclasses import dataclass
from typing import Any

from benchmarks import goods
from benchmarks.wire import Connection

PRODUCTS = 20
PAGE = 12
_SIZES = ("S", "M", "L", "XL")
_COLOURS = ("Black",)
# The fields of a product that the reference's Next.js storefront selects.
_FIELDS = "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+metadata,+tags"


@dataclass(frozen=True, slots=True)
class Storefront:
    """A connection with a publishable key, and the ids for its paths."""

    connection: Connection
    region_id: str
    category_id: str
    channel_id: str
    handle: str
    word: str

    def paths(self) -> dict[str, str]:
        """Row → path. The storefront reads a product through a list of one."""
        base = f"/store/products?limit={PAGE}&offset=0&region_id={self.region_id}&fields={_FIELDS}"
        return {
            "list 12": base,
            "product by handle": f"{base}&handle={self.handle}",
            "category page": f"{base}&category_id={self.category_id}",
            "search": f"{base}&q={self.word}",
        }


async def open_storefront(
    admin: Connection, url: str, mark: str, channel_id: str
) -> tuple[Connection, str]:
    """A storefront connection for the sales channel, and its region."""
    name = {"name": f"Europe {mark}", "currency_code": "eur"}
    region = await _make(admin, "regions", "region", name)
    path = "/admin/api-keys"
    body = {"title": mark, "type": "publishable"}
    key = (await admin.call("POST", path, body)).json()["api_key"]
    await admin.call("POST", f"{path}/{key['id']}/sales-channels", {"add": [channel_id]})
    storefront = await Connection(url).open()
    storefront.headers["x-publishable-api-key"] = key["token"]
    return storefront, region


async def fill_storefront(admin: Connection, url: str, mark: str) -> Storefront:
    """20 products with stock in a new channel, half of them in a category."""
    channel = await _make(admin, "sales-channels", "sales_channel", {"name": mark})
    place = await _make(admin, "stock-locations", "stock_location", {"name": mark})
    path = f"/admin/stock-locations/{place}/sales-channels"
    await admin.call("POST", path, {"add": [channel]})
    words = {"name": f"Shirts {mark}", "handle": mark, "is_active": True}
    category = await _make(admin, "product-categories", "product_category", words)
    collection = await _make(admin, "collections", "collection", {"title": mark})
    kind = await _make(admin, "product-types", "product_type", {"value": mark})
    tag = await _make(admin, "product-tags", "product_tag", {"value": mark})
    for number in range(PRODUCTS):
        groups = {"collection_id": collection, "type_id": kind, "tags": [{"id": tag}]}
        groups["sales_channels"] = [{"id": channel}]
        groups["categories"] = [{"id": category}] * (number % 2)
        body = {**_product(f"{mark}-{number}"), **groups}
        path = "/admin/products?fields=id,variants.inventory_items.inventory_item_id"
        made = (await admin.call("POST", path, body)).json()["product"]
        await _stock(admin, place, made)
    storefront, region = await open_storefront(admin, url, mark, channel)
    return Storefront(storefront, region, category, channel, f"{mark}-7", f"{mark}-7-s")


async def _stock(admin: Connection, location: str, product: dict[str, Any]) -> None:
    levels = [
        {"inventory_item_id": used["inventory_item_id"], "location_id": location} | _ON_HAND
        for variant in product["variants"]
        for used in variant["inventory_items"]
    ]
    await admin.call("POST", "/admin/inventory-items/location-levels/batch", {"create": levels})


_ON_HAND = {"stocked_quantity": 100}


def _product(handle: str) -> goods.Body:
    return {
        "title": f"Shirt {handle}",
        "handle": handle,
        "description": f"The shirt {handle}, cut by hand and sewn at home. " * 4,
        "status": "published",
        "images": [{"url": f"https://example.com/{handle}-{side}.jpg"} for side in range(3)],
        "thumbnail": f"https://example.com/{handle}-0.jpg",
        "options": [
            {"title": "Size", "values": list(_SIZES)},
            {"title": "Colour", "values": list(_COLOURS)},
        ],
        "variants": [
            {
                "title": f"{size} / {colour}",
                "sku": f"{handle}-{size}-{colour}".lower(),
                "options": {"Size": size, "Colour": colour},
                "prices": [
                    {"currency_code": "eur", "amount": 10 + place},
                    {"currency_code": "usd", "amount": 15 + place},
                ],
            }
            for place, (size, colour) in enumerate((s, c) for s in _SIZES for c in _COLOURS)
        ],
    }


async def _make(admin: Connection, plural: str, name: str, body: goods.Body) -> str:
    return (await admin.call("POST", f"/admin/{plural}?fields=id", body)).json()[name]["id"]
