"""Tables of carts: lines, shipping methods, adjustments, tax lines, and completions.

Totals are stored with the rows they belong to; `workflows/selling/carts` writes them with every
change.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Amount, Base, Flag, FlagOn, Id, Metadata, Time, Timestamps, index
from merx.modules.totals.columns import PartTotals, RowTotals, WholeTotals


class CartAddress(Base, Timestamps):
    """The shipping or billing address of a cart; country codes are stored as given."""

    __tablename__ = "cart_address"

    id: Mapped[Id]
    customer_id: Mapped[str | None]
    company: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    city: Mapped[str | None]
    country_code: Mapped[str | None]
    province: Mapped[str | None]
    postal_code: Mapped[str | None]
    phone: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class Cart(WholeTotals, Base, Timestamps):
    """A changeable intent to buy; `version` counts its changes."""

    __tablename__ = "cart"
    __table_args__ = (
        index("cart", "customer_id"),
        index("cart", "region_id"),
        index("cart", "sales_channel_id"),
        index("cart", "shipping_address_id"),
        index("cart", "billing_address_id"),
        # For the job that finds abandoned carts.
        Index(
            "ix_cart_open_updated_at",
            "updated_at",
            postgresql_where=text("completed_at IS NULL AND deleted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customer.id"))
    sales_channel_id: Mapped[str | None] = mapped_column(ForeignKey("sales_channel.id"))
    email: Mapped[str | None]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    shipping_address_id: Mapped[str | None] = mapped_column(ForeignKey("cart_address.id"))
    billing_address_id: Mapped[str | None] = mapped_column(ForeignKey("cart_address.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    locale: Mapped[str | None]
    completed_at: Mapped[Time | None]
    reminded_at: Mapped[Time | None]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))


class CartLineItem(RowTotals, Base, Timestamps):
    """A quantity of a variant at a price, with the product's data as of when it was added."""

    __tablename__ = "cart_line_item"
    __table_args__ = (
        index("cart_line_item", "cart_id"),
        index("cart_line_item", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
    )

    id: Mapped[Id]
    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"))
    title: Mapped[str]
    subtitle: Mapped[str | None]
    thumbnail: Mapped[str | None]
    quantity: Mapped[int]
    variant_id: Mapped[str | None] = mapped_column(ForeignKey("product_variant.id"))
    product_id: Mapped[str | None] = mapped_column(ForeignKey("product.id"))
    product_title: Mapped[str | None]
    product_description: Mapped[str | None]
    product_subtitle: Mapped[str | None]
    product_type: Mapped[str | None]
    product_type_id: Mapped[str | None]
    product_collection: Mapped[str | None]
    product_handle: Mapped[str | None]
    variant_sku: Mapped[str | None]
    variant_barcode: Mapped[str | None]
    variant_title: Mapped[str | None]
    variant_option_values: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    requires_shipping: Mapped[FlagOn]
    is_discountable: Mapped[FlagOn]
    is_giftcard: Mapped[Flag]
    is_tax_inclusive: Mapped[Flag]
    is_custom_price: Mapped[Flag]
    compare_at_unit_price: Mapped[Decimal | None] = mapped_column(Numeric)
    unit_price: Mapped[Amount]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class CartLineItemTaxLine(PartTotals, Base, Timestamps):
    """A tax rate that applies to a line; which rate it is, only the tax provider knows."""

    __tablename__ = "cart_line_item_tax_line"
    __table_args__ = (index("cart_line_item_tax_line", "item_id"),)

    id: Mapped[Id]
    description: Mapped[str | None]
    tax_rate_id: Mapped[str | None]
    code: Mapped[str]
    rate: Mapped[Amount]
    provider_id: Mapped[str | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    item_id: Mapped[str] = mapped_column(ForeignKey("cart_line_item.id", ondelete="CASCADE"))


class CartLineItemAdjustment(PartTotals, Base, Timestamps):
    """A promotion's discount on a line."""

    __tablename__ = "cart_line_item_adjustment"
    __table_args__ = (
        index("cart_line_item_adjustment", "item_id"),
        index("cart_line_item_adjustment", "promotion_id"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[Id]
    description: Mapped[str | None]
    promotion_id: Mapped[str | None] = mapped_column(ForeignKey("promotion.id"))
    code: Mapped[str | None]
    amount: Mapped[Amount]
    is_tax_inclusive: Mapped[Flag]
    provider_id: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    item_id: Mapped[str] = mapped_column(ForeignKey("cart_line_item.id", ondelete="CASCADE"))


class CartShippingMethod(RowTotals, Base, Timestamps):
    """A chosen shipping option with its price."""

    __tablename__ = "cart_shipping_method"
    __table_args__ = (
        index("cart_shipping_method", "cart_id"),
        index("cart_shipping_method", "shipping_option_id"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[Id]
    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"))
    name: Mapped[str]
    description: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    amount: Mapped[Amount]
    is_tax_inclusive: Mapped[Flag]
    shipping_option_id: Mapped[str | None] = mapped_column(ForeignKey("shipping_option.id"))
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class CartShippingMethodTaxLine(PartTotals, Base, Timestamps):
    """A tax rate that applies to a shipping method."""

    __tablename__ = "cart_shipping_method_tax_line"
    __table_args__ = (index("cart_shipping_method_tax_line", "shipping_method_id"),)

    id: Mapped[Id]
    description: Mapped[str | None]
    tax_rate_id: Mapped[str | None]
    code: Mapped[str]
    rate: Mapped[Amount]
    provider_id: Mapped[str | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    shipping_method_id: Mapped[str] = mapped_column(
        ForeignKey("cart_shipping_method.id", ondelete="CASCADE")
    )


class CartShippingMethodAdjustment(PartTotals, Base, Timestamps):
    """A promotion's discount on a shipping method."""

    __tablename__ = "cart_shipping_method_adjustment"
    __table_args__ = (
        index("cart_shipping_method_adjustment", "shipping_method_id"),
        index("cart_shipping_method_adjustment", "promotion_id"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[Id]
    description: Mapped[str | None]
    promotion_id: Mapped[str | None] = mapped_column(ForeignKey("promotion.id"))
    code: Mapped[str | None]
    amount: Mapped[Amount]
    provider_id: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    shipping_method_id: Mapped[str] = mapped_column(
        ForeignKey("cart_shipping_method.id", ondelete="CASCADE")
    )


class CartCreditLine(Base, Timestamps):
    """An amount that pays part of the cart before any payment: a gift card, a goodwill credit."""

    __tablename__ = "cart_credit_line"
    __table_args__ = (index("cart_credit_line", "cart_id"),)

    id: Mapped[Id]
    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"))
    reference: Mapped[str | None]
    reference_id: Mapped[str | None]
    amount: Mapped[Amount]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class CartPromotion(Base):
    """A promotion of the cart, by code or automatic; whether it applies is computed."""

    __tablename__ = "cart_promotion"
    __table_args__ = (index("cart_promotion", "promotion_id"),)

    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"), primary_key=True)
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"), primary_key=True)
    id: Mapped[str]


class CartCompletion(Base):
    """The completion of a cart, written before the payment provider is asked.

    A `started` one whose process died is finished or released by the reconciler; a `failed` one may
    be started again. The payment request has its own idempotency key.
    """

    __tablename__ = "cart_completion"
    __table_args__ = (
        CheckConstraint("state IN ('started', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'done') = (order_id IS NOT NULL)", name="order_of_done"),
        Index(
            "ix_cart_completion_started",
            "asked_at",
            postgresql_where=text("state = 'started'"),
        ),
        Index("uq_cart_completion_order_id", "order_id", unique=True),
    )

    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"), primary_key=True)
    state: Mapped[str] = mapped_column(server_default=text("'started'"))
    version: Mapped[int]
    payment_session_id: Mapped[str | None]
    order_id: Mapped[str | None] = mapped_column(ForeignKey("order.id"))
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    asked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class OrderCart(Base):
    """The order that a cart became; at most one per cart."""

    __tablename__ = "order_cart"
    __table_args__ = (Index("uq_order_cart_order_id", "order_id", unique=True),)

    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    id: Mapped[str]
