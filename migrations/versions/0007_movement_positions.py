"""movements: count them in the order in which they happened"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Movements that are there already are counted as they lie, which is as they came.
    op.add_column(
        "inventory_movement",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    )
    op.drop_index(
        op.f("ix_inventory_movement_inventory_item_id_id"), table_name="inventory_movement"
    )
    op.create_index(
        "ix_inventory_movement_inventory_item_id_position",
        "inventory_movement",
        ["inventory_item_id", "position"],
        unique=False,
    )
