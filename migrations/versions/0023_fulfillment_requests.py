"""fulfillment: a handover that is being given up is open, too"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_STATES = "state IN ('requested','done','failed','undoing','undone')"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_fulfillment_request_state"), "fulfillment_request", type_="check")
    op.create_check_constraint(op.f("ck_fulfillment_request_state"), "fulfillment_request", _STATES)
    op.drop_index("ix_fulfillment_request_open", table_name="fulfillment_request")
    op.create_index(
        "ix_fulfillment_request_open",
        "fulfillment_request",
        ["updated_at"],
        postgresql_where=sa.text("state IN ('requested','undoing')"),
    )
