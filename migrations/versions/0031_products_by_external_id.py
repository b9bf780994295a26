"""products by external id"""

from merx.core.migrations import create_index_concurrently

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently("ix_product_external_id", "product", ["external_id"])
