"""orders: what is on its way back"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "order_summary",
        sa.Column(
            "return_requested_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
    )
    op.drop_constraint(op.f("ck_order_summary_pending_difference"), "order_summary")
    op.create_check_constraint(
        op.f("ck_order_summary_pending_difference"),
        "order_summary",
        "abs(accounting_total - return_requested_total - transaction_total"
        " - pending_difference) < 0.000001",
    )
