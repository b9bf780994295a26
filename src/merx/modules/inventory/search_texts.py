"""The texts searched in inventory items."""

ITEM_TEXTS = ("sku", "title", "description", "hs_code", "mid_code")
