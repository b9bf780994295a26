"""prices: find the rules of a list by its id; refuse negative tax rates"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_price_list_rule_price_list_id", "price_list_rule", ["price_list_id"], unique=False
    )
    # A deleted rate counts nowhere and keeps nobody from migrating; a live one should.
    op.execute("UPDATE tax_rate SET rate = 0 WHERE rate < 0 AND deleted_at IS NOT NULL")
    op.create_check_constraint(op.f("ck_tax_rate_rate_not_negative"), "tax_rate", "rate >= 0")
