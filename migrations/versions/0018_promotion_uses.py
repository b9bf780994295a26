"""promotions: a use is one of an order"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Uses have only been written in the transaction that wrote their order.
    op.create_foreign_key(
        op.f("fk_promotion_use_order_id"), "promotion_use", "order", ["order_id"], ["id"]
    )
