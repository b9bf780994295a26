"""tax: rates are not negative"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(op.f("ck_tax_rate_rate_not_negative"), "tax_rate", "rate >= 0")
