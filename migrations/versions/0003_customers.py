"""customers: addresses, and identities by their customer"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_address",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("address_name", sa.Text(), nullable=True),
        sa.Column(
            "is_default_shipping", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "is_default_billing", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("address_1", sa.Text(), nullable=True),
        sa.Column("address_2", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country_code", sa.Text(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_address_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_address")),
    )
    op.create_index(
        "ix_customer_address_customer_id", "customer_address", ["customer_id"], unique=False
    )
    op.create_index(
        "uq_customer_address_default_billing",
        "customer_address",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL AND is_default_billing"),
    )
    op.create_index(
        "uq_customer_address_default_shipping",
        "customer_address",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL AND is_default_shipping"),
    )
    op.create_index(
        "ix_auth_identity_customer_id",
        "auth_identity",
        [sa.literal_column("(app_metadata ->> 'customer_id')")],
        unique=False,
    )
    op.create_index(
        "ix_customer_group_customer_customer_id_customer_group_id",
        "customer_group_customer",
        ["customer_id", "customer_group_id"],
        unique=False,
    )
    op.drop_index("ix_customer_group_customer_customer_id", table_name="customer_group_customer")
