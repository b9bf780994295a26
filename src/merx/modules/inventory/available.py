"""How many of a variant can be sold, as one SQL expression.

The least, over the items that a piece of the variant takes, of what is available at all locations
divided by the required quantity; none without items. Null when the variant's stock is not managed.
"""

from merx.query.graph import Field, Kind

INVENTORY_QUANTITY = Field(
    """CASE WHEN {row}.manage_inventory THEN coalesce((
    SELECT min(floor(coalesce((
      SELECT sum(l.stocked_quantity - l.reserved_quantity) FROM inventory_level l
      WHERE l.inventory_item_id = k.inventory_item_id AND l.deleted_at IS NULL), 0)
      / k.required_quantity))
    FROM product_variant_inventory_item k WHERE k.variant_id = {row}.id), 0) END""",
    Kind.NUMBER,
    starred=False,
    shows=("manage_inventory",),
)
