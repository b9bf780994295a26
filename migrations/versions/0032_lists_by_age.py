"""lists by age"""

from merx.core.migrations import create_index_concurrently

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("product_variant", "inventory_item", "customer"):
        create_index_concurrently(f"ix_{table}_created_at", table, ["created_at"])
