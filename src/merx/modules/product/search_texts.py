"""The texts searched in products and in variants: their own columns."""

PRODUCT_TEXTS = ("title", "subtitle", "description", "handle")
VARIANT_TEXTS = ("title", "sku", "barcode", "ean", "upc")
