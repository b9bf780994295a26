"""orders: orders, their changes and what comes back"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


_SEQUENCES = (
    "order_display_id_seq",
    "return_display_id_seq",
    "order_claim_display_id_seq",
    "order_exchange_display_id_seq",
    "order_change_action_ordering_seq",
)


def upgrade() -> None:
    for name in _SEQUENCES:
        op.execute(f"CREATE SEQUENCE {name}")
    op.create_table(
        "order_line_item",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subtitle", sa.Text(), nullable=True),
        sa.Column("thumbnail", sa.Text(), nullable=True),
        sa.Column("variant_id", sa.Text(), nullable=True),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("product_title", sa.Text(), nullable=True),
        sa.Column("product_description", sa.Text(), nullable=True),
        sa.Column("product_subtitle", sa.Text(), nullable=True),
        sa.Column("product_type", sa.Text(), nullable=True),
        sa.Column("product_type_id", sa.Text(), nullable=True),
        sa.Column("product_collection", sa.Text(), nullable=True),
        sa.Column("product_handle", sa.Text(), nullable=True),
        sa.Column("variant_sku", sa.Text(), nullable=True),
        sa.Column("variant_barcode", sa.Text(), nullable=True),
        sa.Column("variant_title", sa.Text(), nullable=True),
        sa.Column("variant_option_values", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "requires_shipping", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
        sa.Column("is_giftcard", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_discountable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "is_tax_inclusive", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("is_custom_price", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("compare_at_unit_price", sa.Numeric(), nullable=True),
        sa.Column("unit_price", sa.Numeric(), nullable=False),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line_item")),
    )
    op.create_index(
        "ix_order_line_item_product_id", "order_line_item", ["product_id"], unique=False
    )
    op.create_index(
        "ix_order_line_item_variant_id", "order_line_item", ["variant_id"], unique=False
    )
    op.create_table(
        "order_address",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
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
            ["customer_id"], ["customer.id"], name=op.f("fk_order_address_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_address")),
    )
    op.create_index("ix_order_address_customer_id", "order_address", ["customer_id"], unique=False)
    op.create_table(
        "order_line_item_tax_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tax_rate_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
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
            ["item_id"], ["order_line_item.id"], name=op.f("fk_order_line_item_tax_line_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line_item_tax_line")),
    )
    op.create_index(
        "ix_order_line_item_tax_line_item_id", "order_line_item_tax_line", ["item_id"], unique=False
    )
    op.create_table(
        "order",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Text(), nullable=True),
        sa.Column(
            "display_id",
            sa.Integer(),
            server_default=sa.text("nextval('order_display_id_seq')"),
            nullable=False,
        ),
        sa.Column("custom_display_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("sales_channel_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("is_draft_order", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("shipping_address_id", sa.Text(), nullable=True),
        sa.Column("billing_address_id", sa.Text(), nullable=True),
        sa.Column("no_notification", sa.Boolean(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("item_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("item_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("item_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("item_discount_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_item_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "original_item_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "original_item_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("shipping_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipping_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipping_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "shipping_discount_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "original_shipping_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "original_shipping_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "original_shipping_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("credit_line_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "credit_line_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "credit_line_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
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
        sa.CheckConstraint(
            "status IN ('pending', 'completed', 'draft', 'archived', 'canceled', 'requires_action')",
            name=op.f("ck_order_status"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_order_version")),
        sa.ForeignKeyConstraint(
            ["billing_address_id"], ["order_address.id"], name=op.f("fk_order_billing_address_id")
        ),
        sa.ForeignKeyConstraint(
            ["currency_code"], ["currency.code"], name=op.f("fk_order_currency_code")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_order_customer_id")
        ),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_order_region_id")),
        sa.ForeignKeyConstraint(
            ["sales_channel_id"], ["sales_channel.id"], name=op.f("fk_order_sales_channel_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipping_address_id"], ["order_address.id"], name=op.f("fk_order_shipping_address_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
    )
    op.create_index("ix_order_billing_address_id", "order", ["billing_address_id"], unique=False)
    op.create_index(
        "ix_order_customer_id_created_at", "order", ["customer_id", "created_at"], unique=False
    )
    op.create_index("ix_order_email", "order", ["email"], unique=False)
    op.create_index(
        "ix_order_is_draft_order_created_at",
        "order",
        ["is_draft_order", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_order_is_draft_order_id", "order", ["is_draft_order", "id"], unique=False)
    op.create_index(
        "ix_order_is_draft_order_total", "order", ["is_draft_order", "total"], unique=False
    )
    op.create_index(
        "ix_order_region_id_created_at", "order", ["region_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_order_sales_channel_id_created_at",
        "order",
        ["sales_channel_id", "created_at"],
        unique=False,
    )
    op.create_index("ix_order_shipping_address_id", "order", ["shipping_address_id"], unique=False)
    op.create_index("ix_order_status_created_at", "order", ["status", "created_at"], unique=False)
    op.create_index("uq_order_display_id", "order", ["display_id"], unique=True)
    op.create_table(
        "order_line_item_adjustment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("promotion_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column(
            "is_tax_inclusive", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
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
            ["item_id"], ["order_line_item.id"], name=op.f("fk_order_line_item_adjustment_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["promotion_id"],
            ["promotion.id"],
            name=op.f("fk_order_line_item_adjustment_promotion_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line_item_adjustment")),
    )
    op.create_index(
        "ix_order_line_item_adjustment_item_id_version",
        "order_line_item_adjustment",
        ["item_id", "version"],
        unique=False,
    )
    op.create_index(
        "ix_order_line_item_adjustment_promotion_id",
        "order_line_item_adjustment",
        ["promotion_id"],
        unique=False,
    )
    op.create_table(
        "order_claim",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=True),
        sa.Column("order_version", sa.Integer(), nullable=False),
        sa.Column(
            "display_id",
            sa.Integer(),
            server_default=sa.text("nextval('order_claim_display_id_seq')"),
            nullable=False,
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("no_notification", sa.Boolean(), nullable=True),
        sa.Column("refund_amount", sa.Numeric(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.CheckConstraint("type IN ('refund', 'replace')", name=op.f("ck_order_claim_type")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_claim_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_claim")),
    )
    op.create_index("ix_order_claim_created_at", "order_claim", ["created_at"], unique=False)
    op.create_index("ix_order_claim_order_id", "order_claim", ["order_id"], unique=False)
    op.create_index("ix_order_claim_return_id", "order_claim", ["return_id"], unique=False)
    op.create_index("uq_order_claim_display_id", "order_claim", ["display_id"], unique=True)
    op.create_table(
        "order_credit_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=False),
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
            ["order_id"], ["order.id"], name=op.f("fk_order_credit_line_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_credit_line")),
    )
    op.create_index(
        "ix_order_credit_line_order_id_version",
        "order_credit_line",
        ["order_id", "version"],
        unique=False,
    )
    op.create_table(
        "order_exchange",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=True),
        sa.Column("order_version", sa.Integer(), nullable=False),
        sa.Column(
            "display_id",
            sa.Integer(),
            server_default=sa.text("nextval('order_exchange_display_id_seq')"),
            nullable=False,
        ),
        sa.Column("no_notification", sa.Boolean(), nullable=True),
        sa.Column("allow_backorder", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("difference_due", sa.Numeric(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
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
            ["order_id"], ["order.id"], name=op.f("fk_order_exchange_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_exchange")),
    )
    op.create_index("ix_order_exchange_created_at", "order_exchange", ["created_at"], unique=False)
    op.create_index("ix_order_exchange_order_id", "order_exchange", ["order_id"], unique=False)
    op.create_index("ix_order_exchange_return_id", "order_exchange", ["return_id"], unique=False)
    op.create_index("uq_order_exchange_display_id", "order_exchange", ["display_id"], unique=True)
    op.create_table(
        "order_item",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("fulfilled_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipped_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "return_requested_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "return_received_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "return_dismissed_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "written_off_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("unit_price", sa.Numeric(), nullable=True),
        sa.Column("compare_at_unit_price", sa.Numeric(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "refundable_total_per_unit", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("refundable_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("fulfilled_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("shipped_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "return_requested_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "return_received_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "return_dismissed_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("write_off_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
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
        sa.CheckConstraint(
            "delivered_quantity BETWEEN 0 AND fulfilled_quantity",
            name=op.f("ck_order_item_delivered"),
        ),
        sa.CheckConstraint(
            "fulfilled_quantity BETWEEN 0 AND quantity", name=op.f("ck_order_item_fulfilled")
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_order_item_quantity")),
        sa.CheckConstraint(
            "return_requested_quantity + return_received_quantity + return_dismissed_quantity <= fulfilled_quantity",
            name=op.f("ck_order_item_returned"),
        ),
        sa.CheckConstraint(
            "return_requested_quantity >= 0 AND return_received_quantity >= 0 AND return_dismissed_quantity >= 0 AND written_off_quantity >= 0",
            name=op.f("ck_order_item_returned_sign"),
        ),
        sa.CheckConstraint(
            "shipped_quantity BETWEEN 0 AND fulfilled_quantity", name=op.f("ck_order_item_shipped")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["order_line_item.id"], name=op.f("fk_order_item_item_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_item_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_item")),
    )
    op.create_index("ix_order_item_item_id", "order_item", ["item_id"], unique=False)
    op.create_index(
        "uq_order_item_order_id_version_item_id",
        "order_item",
        ["order_id", "version", "item_id"],
        unique=True,
    )
    op.create_table(
        "order_promotion",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("promotion_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_promotion_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotion.id"], name=op.f("fk_order_promotion_promotion_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "promotion_id", name=op.f("pk_order_promotion")),
    )
    op.create_index(
        "ix_order_promotion_promotion_id_order_id",
        "order_promotion",
        ["promotion_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "order_shipping_method",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column(
            "is_tax_inclusive", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "is_custom_amount", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("shipping_option_id", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
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
            ["shipping_option_id"],
            ["shipping_option.id"],
            name=op.f("fk_order_shipping_method_shipping_option_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_shipping_method")),
    )
    op.create_index(
        "ix_order_shipping_method_shipping_option_id",
        "order_shipping_method",
        ["shipping_option_id"],
        unique=False,
    )
    op.create_table(
        "order_summary",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("paid_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("accounting_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("credit_line_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("transaction_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("pending_difference", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("current_order_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "original_order_total", sa.Numeric(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("whole", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
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
        sa.CheckConstraint(
            "paid_total >= 0 AND refunded_total >= 0", name=op.f("ck_order_summary_signs")
        ),
        sa.CheckConstraint(
            "pending_difference = accounting_total - transaction_total",
            name=op.f("ck_order_summary_pending_difference"),
        ),
        sa.CheckConstraint(
            "transaction_total = paid_total - refunded_total",
            name=op.f("ck_order_summary_transactions"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_summary_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_summary")),
    )
    op.create_index(
        "uq_order_summary_order_id_version", "order_summary", ["order_id", "version"], unique=True
    )
    op.create_table(
        "order_claim_item",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column(
            "is_additional_item", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
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
        sa.CheckConstraint(
            "reason IS NULL OR reason IN ('missing_item', 'wrong_item', 'production_failure', 'other')",
            name=op.f("ck_order_claim_item_reason"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_order_claim_item_quantity")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["order_claim.id"], name=op.f("fk_order_claim_item_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["order_line_item.id"], name=op.f("fk_order_claim_item_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_claim_item")),
    )
    op.create_index("ix_order_claim_item_claim_id", "order_claim_item", ["claim_id"], unique=False)
    op.create_index("ix_order_claim_item_item_id", "order_claim_item", ["item_id"], unique=False)
    op.create_table(
        "order_exchange_item",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
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
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_order_exchange_item_quantity")),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["order_exchange.id"], name=op.f("fk_order_exchange_item_exchange_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["order_line_item.id"], name=op.f("fk_order_exchange_item_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_exchange_item")),
    )
    op.create_index(
        "ix_order_exchange_item_exchange_id", "order_exchange_item", ["exchange_id"], unique=False
    )
    op.create_index(
        "ix_order_exchange_item_item_id", "order_exchange_item", ["item_id"], unique=False
    )
    op.create_table(
        "order_fulfillment",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("fulfillment_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillment.id"], name=op.f("fk_order_fulfillment_fulfillment_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_fulfillment_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "fulfillment_id", name=op.f("pk_order_fulfillment")),
    )
    op.create_index(
        "uq_order_fulfillment_fulfillment_id", "order_fulfillment", ["fulfillment_id"], unique=True
    )
    op.create_table(
        "order_shipping_method_adjustment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("promotion_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("shipping_method_id", sa.Text(), nullable=False),
        sa.Column("subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
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
            ["promotion_id"],
            ["promotion.id"],
            name=op.f("fk_order_shipping_method_adjustment_promotion_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shipping_method_id"],
            ["order_shipping_method.id"],
            name=op.f("fk_order_shipping_method_adjustment_shipping_method_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_shipping_method_adjustment")),
    )
    op.create_index(
        "ix_order_shipping_method_adjustment_promotion_id",
        "order_shipping_method_adjustment",
        ["promotion_id"],
        unique=False,
    )
    op.create_index(
        "ix_order_shipping_method_adjustment_shipping_method_id_version",
        "order_shipping_method_adjustment",
        ["shipping_method_id", "version"],
        unique=False,
    )
    op.create_table(
        "order_shipping_method_tax_line",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("tax_rate_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("shipping_method_id", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
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
            ["shipping_method_id"],
            ["order_shipping_method.id"],
            name=op.f("fk_order_shipping_method_tax_line_shipping_method_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_shipping_method_tax_line")),
    )
    op.create_index(
        "ix_order_shipping_method_tax_line_shipping_method_id",
        "order_shipping_method_tax_line",
        ["shipping_method_id"],
        unique=False,
    )
    op.create_table(
        "return",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=True),
        sa.Column("exchange_id", sa.Text(), nullable=True),
        sa.Column("order_version", sa.Integer(), nullable=False),
        sa.Column(
            "display_id",
            sa.Integer(),
            server_default=sa.text("nextval('return_display_id_seq')"),
            nullable=False,
        ),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=True),
        sa.Column("no_notification", sa.Boolean(), nullable=True),
        sa.Column("refund_amount", sa.Numeric(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.CheckConstraint(
            "status IN ('open', 'requested', 'received', 'partially_received', 'canceled')",
            name=op.f("ck_return_status"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["order_claim.id"], name=op.f("fk_return_claim_id")),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["order_exchange.id"], name=op.f("fk_return_exchange_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_location.id"], name=op.f("fk_return_location_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_return_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return")),
    )
    op.create_index("ix_return_claim_id", "return", ["claim_id"], unique=False)
    op.create_index("ix_return_created_at", "return", ["created_at"], unique=False)
    op.create_index("ix_return_exchange_id", "return", ["exchange_id"], unique=False)
    op.create_index("ix_return_location_id", "return", ["location_id"], unique=False)
    op.create_index("ix_return_order_id", "return", ["order_id"], unique=False)
    op.create_index("uq_return_display_id", "return", ["display_id"], unique=True)
    op.create_table(
        "order_change",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=True),
        sa.Column("exchange_id", sa.Text(), nullable=True),
        sa.Column("claim_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change_type", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("internal_note", sa.Text(), nullable=True),
        sa.Column("carry_over_promotions", sa.Boolean(), nullable=True),
        sa.Column("no_notification", sa.Boolean(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_by", sa.Text(), nullable=True),
        sa.Column("declined_reason", sa.Text(), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_by", sa.Text(), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.CheckConstraint(
            "status IN ('pending', 'requested', 'confirmed', 'declined', 'canceled')",
            name=op.f("ck_order_change_status"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["order_claim.id"], name=op.f("fk_order_change_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["order_exchange.id"], name=op.f("fk_order_change_exchange_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_change_order_id")),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return.id"], name=op.f("fk_order_change_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_change")),
    )
    op.create_index("ix_order_change_claim_id", "order_change", ["claim_id"], unique=False)
    op.create_index("ix_order_change_exchange_id", "order_change", ["exchange_id"], unique=False)
    op.create_index(
        "ix_order_change_order_id_version", "order_change", ["order_id", "version"], unique=False
    )
    op.create_index("ix_order_change_return_id", "order_change", ["return_id"], unique=False)
    op.create_index(
        "uq_order_change_open",
        "order_change",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('pending', 'requested') AND deleted_at IS NULL"),
    )
    op.create_table(
        "order_claim_item_image",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("claim_item_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
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
            ["claim_item_id"],
            ["order_claim_item.id"],
            name=op.f("fk_order_claim_item_image_claim_item_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_claim_item_image")),
    )
    op.create_index(
        "ix_order_claim_item_image_claim_item_id",
        "order_claim_item_image",
        ["claim_item_id"],
        unique=False,
    )
    op.create_table(
        "order_shipping",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shipping_method_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=True),
        sa.Column("exchange_id", sa.Text(), nullable=True),
        sa.Column("claim_id", sa.Text(), nullable=True),
        sa.Column("subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_subtotal", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("original_tax_total", sa.Numeric(), server_default=sa.text("0"), nullable=False),
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
            ["claim_id"], ["order_claim.id"], name=op.f("fk_order_shipping_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["order_exchange.id"], name=op.f("fk_order_shipping_exchange_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_shipping_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return.id"], name=op.f("fk_order_shipping_return_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipping_method_id"],
            ["order_shipping_method.id"],
            name=op.f("fk_order_shipping_shipping_method_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_shipping")),
    )
    op.create_index("ix_order_shipping_claim_id", "order_shipping", ["claim_id"], unique=False)
    op.create_index(
        "ix_order_shipping_exchange_id", "order_shipping", ["exchange_id"], unique=False
    )
    op.create_index("ix_order_shipping_return_id", "order_shipping", ["return_id"], unique=False)
    op.create_index(
        "ix_order_shipping_shipping_method_id",
        "order_shipping",
        ["shipping_method_id"],
        unique=False,
    )
    op.create_index(
        "uq_order_shipping_order_id_version_shipping_method_id",
        "order_shipping",
        ["order_id", "version", "shipping_method_id"],
        unique=True,
    )
    op.create_table(
        "order_transaction",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency_code", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_id", sa.Text(), nullable=True),
        sa.Column("return_id", sa.Text(), nullable=True),
        sa.Column("exchange_id", sa.Text(), nullable=True),
        sa.Column("claim_id", sa.Text(), nullable=True),
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
            ["claim_id"], ["order_claim.id"], name=op.f("fk_order_transaction_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["currency_code"], ["currency.code"], name=op.f("fk_order_transaction_currency_code")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["order_exchange.id"], name=op.f("fk_order_transaction_exchange_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_transaction_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return.id"], name=op.f("fk_order_transaction_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_transaction")),
    )
    op.create_index(
        "ix_order_transaction_claim_id", "order_transaction", ["claim_id"], unique=False
    )
    op.create_index(
        "ix_order_transaction_exchange_id", "order_transaction", ["exchange_id"], unique=False
    )
    op.create_index(
        "ix_order_transaction_order_id", "order_transaction", ["order_id"], unique=False
    )
    op.create_index(
        "ix_order_transaction_return_id", "order_transaction", ["return_id"], unique=False
    )
    op.create_index(
        "uq_order_transaction_reference",
        "order_transaction",
        ["reference_id", "reference"],
        unique=True,
        postgresql_where=sa.text("reference IN ('capture', 'refund')"),
    )
    op.create_table(
        "return_fulfillment",
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("fulfillment_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillment.id"],
            name=op.f("fk_return_fulfillment_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return.id"], name=op.f("fk_return_fulfillment_return_id")
        ),
        sa.PrimaryKeyConstraint("return_id", "fulfillment_id", name=op.f("pk_return_fulfillment")),
    )
    op.create_index(
        "uq_return_fulfillment_fulfillment_id",
        "return_fulfillment",
        ["fulfillment_id"],
        unique=True,
    )
    op.create_table(
        "return_item",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("reason_id", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("received_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("damaged_quantity", sa.Numeric(), server_default=sa.text("0"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
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
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_return_item_quantity")),
        sa.CheckConstraint(
            "received_quantity >= 0 AND damaged_quantity >= 0 AND received_quantity + damaged_quantity <= quantity",
            name=op.f("ck_return_item_received"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["order_line_item.id"], name=op.f("fk_return_item_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return.id"], name=op.f("fk_return_item_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_item")),
    )
    op.create_index("ix_return_item_item_id", "return_item", ["item_id"], unique=False)
    op.create_index("ix_return_item_reason_id", "return_item", ["reason_id"], unique=False)
    op.create_index("ix_return_item_return_id", "return_item", ["return_id"], unique=False)
    op.create_table(
        "order_change_action",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=True),
        sa.Column("exchange_id", sa.Text(), nullable=True),
        sa.Column("claim_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "ordering",
            sa.BigInteger(),
            server_default=sa.text("nextval('order_change_action_ordering_seq')"),
            nullable=False,
        ),
        sa.Column("order_change_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("internal_note", sa.Text(), nullable=True),
        sa.Column("applied", sa.Boolean(), server_default=sa.text("false"), nullable=False),
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
            ["claim_id"], ["order_claim.id"], name=op.f("fk_order_change_action_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["order_exchange.id"], name=op.f("fk_order_change_action_exchange_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_change_id"],
            ["order_change.id"],
            name=op.f("fk_order_change_action_order_change_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_change_action_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return.id"], name=op.f("fk_order_change_action_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_change_action")),
    )
    op.create_index(
        "ix_order_change_action_claim_id", "order_change_action", ["claim_id"], unique=False
    )
    op.create_index(
        "ix_order_change_action_exchange_id", "order_change_action", ["exchange_id"], unique=False
    )
    op.create_index(
        "ix_order_change_action_order_change_id_ordering",
        "order_change_action",
        ["order_change_id", "ordering"],
        unique=False,
    )
    op.create_index(
        "ix_order_change_action_order_id", "order_change_action", ["order_id"], unique=False
    )
    op.create_index(
        "ix_order_change_action_return_id", "order_change_action", ["return_id"], unique=False
    )
    # A claim or an exchange names its return, and the return names it.
    for table in ("order_claim", "order_exchange"):
        op.create_foreign_key(op.f(f"fk_{table}_return_id"), table, "return", ["return_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_order_cart_order_id"), "order_cart", "order", ["order_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_return_item_reason_id"), "return_item", "return_reason", ["reason_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_order_payment_collection_order_id"),
        "order_payment_collection",
        "order",
        ["order_id"],
        ["id"],
    )
