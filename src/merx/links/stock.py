"""Stock: the inventory items of variants, their locations, and the channels sold from there."""

from merx.modules.export import models as _export
from merx.modules.inventory import graph as inventory
from merx.modules.inventory.available import INVENTORY_QUANTITY
from merx.modules.product.models import ProductVariantInventoryItem
from merx.modules.sales_channel import graph as sales_channel
from merx.modules.stock_location import graph as stock_location
from merx.modules.stock_location.models import SalesChannelStockLocation
from merx.query.graph import Field, Kind, Through, many, one, through

VARIANT_ITEMS = Through(ProductVariantInventoryItem.__table__, "variant_id", "inventory_item_id")
LOCATION_CHANNELS = Through(
    SalesChannelStockLocation.__table__, "stock_location_id", "sales_channel_id", "scloc"
)

ENTITIES = (*inventory.ENTITIES, *stock_location.ENTITIES, *sales_channel.ENTITIES)
# Tables that are not read through the graph.
TABLES = (_export,)

_ITEMS_OF_VARIANT = many("product_variant_inventory_item", "variant_id", order="{child}.id")

LINKS = {
    "product_variant.inventory_items": _ITEMS_OF_VARIANT,
    "store_variant.inventory_items": _ITEMS_OF_VARIANT,
    "product_variant.inventory": through("inventory_item", VARIANT_ITEMS),
    "product_variant_inventory_item.inventory": one(
        "inventory_item", "inventory_item_id", with_key=True
    ),
    "inventory_item.variants": through("product_variant", VARIANT_ITEMS.back),
    "inventory_level.stock_locations": many(
        "stock_location", "id", near="location_id", shows=("location_id",)
    ),
    "reservation_item.location": one("stock_location", "location_id"),
    "sales_channel.stock_locations": through("stock_location", LOCATION_CHANNELS.back),
    "stock_location.sales_channels": through("sales_channel", LOCATION_CHANNELS),
}

# A variant can be bought: it is in stock, can be backordered, or its stock is not managed.
_AVAILABLE = f"""EXISTS (SELECT FROM product_variant b
    WHERE b.product_id = {{row}}.id AND b.deleted_at IS NULL
    AND (NOT b.manage_inventory OR b.allow_backorder
         OR coalesce({INVENTORY_QUANTITY.sql.replace("{row}", "b")}, 0) > 0))"""

FIELDS = {
    "product_variant.inventory_quantity": INVENTORY_QUANTITY,
    "store_variant.inventory_quantity": INVENTORY_QUANTITY,
    "store_product.is_available": Field(
        _AVAILABLE, Kind.BOOLEAN, starred=False, uses=INVENTORY_QUANTITY.uses
    ),
}
