"""search of products"""

import sqlalchemy as sa

from merx.core.migrations import create_index_concurrently

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_TEXTS = {
    "product": ("title", "subtitle", "description", "handle"),
    "product_variant": ("title", "sku", "barcode", "ean", "upc"),
    "inventory_item": ("sku", "title", "description", "hs_code", "mid_code"),
}


def upgrade() -> None:
    for table, columns in _TEXTS.items():
        pieces = sa.text(f"{table}_grams({', '.join(columns)})")
        create_index_concurrently(f"ix_{table}_grams", table, [pieces], postgresql_using="gin")
