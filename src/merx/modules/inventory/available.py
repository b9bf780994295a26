"""The quantity of a variant that can be sold, as one SQL expression.

The minimum, over the inventory items of the variant, of the available quantity divided by the
required quantity; null without items. Left out if the variant's stock is not managed. Only
locations of the reader's sales channels (comma-separated ids) count; without channels, all
locations.
"""

from merx.query.graph import Field, Kind

_SERVES = """({context[sales_channel_id]} IS NULL OR EXISTS (
        SELECT FROM sales_channel_stock_location s WHERE s.stock_location_id = l.location_id
        AND s.sales_channel_id = ANY(string_to_array({context[sales_channel_id]}, ','))))"""

INVENTORY_QUANTITY = Field(
    f"""CASE WHEN {{row}}.manage_inventory THEN coalesce((
    SELECT min(floor(coalesce((
      SELECT sum(l.stocked_quantity - l.reserved_quantity) FROM inventory_level l
      WHERE l.inventory_item_id = k.inventory_item_id AND l.deleted_at IS NULL AND {_SERVES}), 0)
      / k.required_quantity))
    FROM product_variant_inventory_item k WHERE k.variant_id = {{row}}.id), 0) END""",
    Kind.NUMBER,
    starred=False,
    shows=("manage_inventory",),
    uses=("sales_channel_id",),
    sparse=True,
)
