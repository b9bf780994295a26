"""orders of carts"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_foreign_key(
        "fk_cart_completion_order_id", "cart_completion", "order", ["order_id"], ["id"]
    )
