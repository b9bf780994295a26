"""The table of points."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE loyalty_account (
            id text PRIMARY KEY,
            customer_id text NOT NULL REFERENCES customer (id),
            points integer NOT NULL,
            tier text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            deleted_at timestamptz,
            CONSTRAINT ck_loyalty_account_points_not_negative CHECK (points >= 0))""")
    op.execute("""
        CREATE UNIQUE INDEX uq_loyalty_account_customer_id ON loyalty_account (customer_id)
        WHERE deleted_at IS NULL AND customer_id IS NOT NULL""")
