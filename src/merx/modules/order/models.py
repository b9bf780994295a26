"""Tables of orders: what was ordered, at each version, and its totals.

The rows of a version never change: a change copies the rows of the current version to the next one.
What cannot change (an item's product, a shipping method) is stored once, beside them.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, Sequence, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import (
    Amount,
    Base,
    Flag,
    FlagOn,
    Id,
    Metadata,
    Time,
    Timestamps,
    grams_index,
    index,
)
from merx.modules.order.kinds import Quantity, one_of
from merx.modules.order.search_texts import ADDRESS_TEXTS, ORDER_TEXTS
from merx.modules.totals.columns import PartTotals, RowTotals, WholeTotals

DISPLAY_ID = Sequence("order_display_id_seq", metadata=Base.metadata)

_FIRST = text("1")


class OrderAddress(Base, Timestamps):
    __tablename__ = "order_address"
    __table_args__ = (
        index("order_address", "customer_id"),
        grams_index("order_address", *ADDRESS_TEXTS),
    )

    id: Mapped[Id]
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customer.id"))
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


class Order(Base, Timestamps, WholeTotals):
    """A customer's order, or a draft of one; the totals are those of the current version."""

    __tablename__ = "order"
    __table_args__ = (
        # For lists of all orders by the usual sort keys, and of one customer, channel or region.
        Index("ix_order_is_draft_order_created_at", "is_draft_order", "created_at", "id"),
        Index("ix_order_is_draft_order_id", "is_draft_order", "id"),
        Index("ix_order_is_draft_order_total", "is_draft_order", "total"),
        Index("uq_order_display_id", "display_id", unique=True),
        index("order", "customer_id", "created_at"),
        index("order", "sales_channel_id", "created_at"),
        index("order", "region_id", "created_at"),
        index("order", "email"),
        grams_index("order", *ORDER_TEXTS),
        index("order", "status", "created_at"),
        index("order", "shipping_address_id"),
        index("order", "billing_address_id"),
        one_of(
            "status", "pending", "completed", "draft", "archived", "canceled", "requires_action"
        ),
        CheckConstraint("version >= 1", name="version"),
    )

    id: Mapped[Id]
    region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))
    display_id: Mapped[int] = mapped_column(
        Integer, DISPLAY_ID, server_default=DISPLAY_ID.next_value()
    )
    custom_display_id: Mapped[str | None]
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customer.id"))
    version: Mapped[int] = mapped_column(Integer, server_default=_FIRST)
    sales_channel_id: Mapped[str | None] = mapped_column(ForeignKey("sales_channel.id"))
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    is_draft_order: Mapped[Flag]
    email: Mapped[str | None]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    shipping_address_id: Mapped[str | None] = mapped_column(ForeignKey("order_address.id"))
    billing_address_id: Mapped[str | None] = mapped_column(ForeignKey("order_address.id"))
    no_notification: Mapped[bool | None]
    locale: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    canceled_at: Mapped[Time | None]


class OrderSummary(Base, Timestamps):
    """The money of an order at one version; `whole` keeps the totals of past versions."""

    __tablename__ = "order_summary"
    __table_args__ = (
        Index("uq_order_summary_order_id_version", "order_id", "version", unique=True),
        # The amount due is the order's total less what is being returned and what was paid, at any
        # time and version, up to truncated digits.
        CheckConstraint(
            "abs(accounting_total - return_requested_total - transaction_total"
            " - pending_difference) < 0.000001",
            name="pending_difference",
        ),
        CheckConstraint("transaction_total = paid_total - refunded_total", name="transactions"),
        CheckConstraint("paid_total >= 0 AND refunded_total >= 0", name="signs"),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    version: Mapped[int] = mapped_column(Integer, server_default=_FIRST)
    paid_total: Mapped[Quantity]
    refunded_total: Mapped[Quantity]
    accounting_total: Mapped[Quantity]
    credit_line_total: Mapped[Quantity]
    transaction_total: Mapped[Quantity]
    pending_difference: Mapped[Quantity]
    current_order_total: Mapped[Quantity]
    original_order_total: Mapped[Quantity]
    return_requested_total: Mapped[Quantity]
    whole: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class OrderLineItem(Base, Timestamps):
    """A sold item with its title and price as of the sale: it outlives its product."""

    __tablename__ = "order_line_item"
    __table_args__ = (
        index("order_line_item", "variant_id"),
        index("order_line_item", "product_id"),
    )

    id: Mapped[Id]
    title: Mapped[str]
    subtitle: Mapped[str | None]
    thumbnail: Mapped[str | None]
    variant_id: Mapped[str | None]
    product_id: Mapped[str | None]
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
    is_giftcard: Mapped[Flag]
    is_discountable: Mapped[FlagOn]
    is_tax_inclusive: Mapped[Flag]
    is_custom_price: Mapped[Flag]
    compare_at_unit_price: Mapped[Decimal | None] = mapped_column(Numeric)
    unit_price: Mapped[Amount]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderItem(Base, Timestamps, RowTotals):
    """The quantities of a line item at a version: ordered, fulfilled, shipped, returned."""

    __tablename__ = "order_item"
    __table_args__ = (
        Index(
            "uq_order_item_order_id_version_item_id", "order_id", "version", "item_id", unique=True
        ),
        index("order_item", "item_id"),
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("fulfilled_quantity BETWEEN 0 AND quantity", name="fulfilled"),
        CheckConstraint("shipped_quantity BETWEEN 0 AND fulfilled_quantity", name="shipped"),
        CheckConstraint("delivered_quantity BETWEEN 0 AND fulfilled_quantity", name="delivered"),
        CheckConstraint(
            "return_requested_quantity >= 0 AND return_received_quantity >= 0"
            " AND return_dismissed_quantity >= 0 AND written_off_quantity >= 0",
            name="returned_sign",
        ),
        CheckConstraint(
            "return_requested_quantity + return_received_quantity + return_dismissed_quantity"
            " <= fulfilled_quantity",
            name="returned",
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    version: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[str] = mapped_column(ForeignKey("order_line_item.id"))
    quantity: Mapped[Amount]
    fulfilled_quantity: Mapped[Quantity]
    delivered_quantity: Mapped[Quantity]
    shipped_quantity: Mapped[Quantity]
    return_requested_quantity: Mapped[Quantity]
    return_received_quantity: Mapped[Quantity]
    return_dismissed_quantity: Mapped[Quantity]
    written_off_quantity: Mapped[Quantity]
    # Set if a change gave the item another price than it was bought at.
    unit_price: Mapped[Decimal | None] = mapped_column(Numeric)
    compare_at_unit_price: Mapped[Decimal | None] = mapped_column(Numeric)
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    refundable_total_per_unit: Mapped[Quantity]
    refundable_total: Mapped[Quantity]
    fulfilled_total: Mapped[Quantity]
    shipped_total: Mapped[Quantity]
    return_requested_total: Mapped[Quantity]
    return_received_total: Mapped[Quantity]
    return_dismissed_total: Mapped[Quantity]
    write_off_total: Mapped[Quantity]


class OrderLineItemTaxLine(Base, Timestamps):
    __tablename__ = "order_line_item_tax_line"
    __table_args__ = (index("order_line_item_tax_line", "item_id"),)

    id: Mapped[Id]
    description: Mapped[str | None]
    tax_rate_id: Mapped[str | None]
    code: Mapped[str]
    rate: Mapped[Amount]
    provider_id: Mapped[str | None]
    item_id: Mapped[str] = mapped_column(ForeignKey("order_line_item.id"))
    data: Mapped[dict[str, Any] | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderLineItemAdjustment(Base, Timestamps, PartTotals):
    """A discount on an item at a version."""

    __tablename__ = "order_line_item_adjustment"
    __table_args__ = (
        index("order_line_item_adjustment", "item_id", "version"),
        index("order_line_item_adjustment", "promotion_id"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(Integer, server_default=_FIRST)
    description: Mapped[str | None]
    promotion_id: Mapped[str | None] = mapped_column(ForeignKey("promotion.id"))
    code: Mapped[str | None]
    amount: Mapped[Amount]
    provider_id: Mapped[str | None]
    is_tax_inclusive: Mapped[Flag]
    item_id: Mapped[str] = mapped_column(ForeignKey("order_line_item.id"))


class OrderShippingMethod(Base, Timestamps):
    __tablename__ = "order_shipping_method"
    __table_args__ = (index("order_shipping_method", "shipping_option_id"),)

    id: Mapped[Id]
    name: Mapped[str]
    description: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    amount: Mapped[Amount]
    is_tax_inclusive: Mapped[Flag]
    is_custom_amount: Mapped[Flag]
    shipping_option_id: Mapped[str | None] = mapped_column(ForeignKey("shipping_option.id"))
    data: Mapped[dict[str, Any] | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderShipping(Base, Timestamps, RowTotals):
    """A shipping method of the order at a version, of the whole order or of a return, claim or
    exchange.
    """

    __tablename__ = "order_shipping"
    __table_args__ = (
        Index(
            "uq_order_shipping_order_id_version_shipping_method_id",
            "order_id",
            "version",
            "shipping_method_id",
            unique=True,
        ),
        index("order_shipping", "shipping_method_id"),
        index("order_shipping", "return_id"),
        index("order_shipping", "exchange_id"),
        index("order_shipping", "claim_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    version: Mapped[int] = mapped_column(Integer)
    shipping_method_id: Mapped[str] = mapped_column(ForeignKey("order_shipping_method.id"))
    return_id: Mapped[str | None] = mapped_column(ForeignKey("return.id"))
    exchange_id: Mapped[str | None] = mapped_column(ForeignKey("order_exchange.id"))
    claim_id: Mapped[str | None] = mapped_column(ForeignKey("order_claim.id"))


class OrderShippingMethodTaxLine(Base, Timestamps):
    __tablename__ = "order_shipping_method_tax_line"
    __table_args__ = (index("order_shipping_method_tax_line", "shipping_method_id"),)

    id: Mapped[Id]
    description: Mapped[str | None]
    tax_rate_id: Mapped[str | None]
    code: Mapped[str]
    rate: Mapped[Amount]
    provider_id: Mapped[str | None]
    shipping_method_id: Mapped[str] = mapped_column(ForeignKey("order_shipping_method.id"))
    data: Mapped[dict[str, Any] | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderShippingMethodAdjustment(Base, Timestamps, PartTotals):
    """A discount on a shipping method at a version."""

    __tablename__ = "order_shipping_method_adjustment"
    __table_args__ = (
        index("order_shipping_method_adjustment", "shipping_method_id", "version"),
        index("order_shipping_method_adjustment", "promotion_id"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(Integer, server_default=_FIRST)
    description: Mapped[str | None]
    promotion_id: Mapped[str | None] = mapped_column(ForeignKey("promotion.id"))
    code: Mapped[str | None]
    amount: Mapped[Amount]
    provider_id: Mapped[str | None]
    shipping_method_id: Mapped[str] = mapped_column(ForeignKey("order_shipping_method.id"))


class OrderCreditLine(Base, Timestamps):
    """An amount by which an order is lowered at a version, for a refund or goodwill."""

    __tablename__ = "order_credit_line"
    __table_args__ = (index("order_credit_line", "order_id", "version"),)

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(Integer, server_default=_FIRST)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    reference: Mapped[str | None]
    reference_id: Mapped[str | None]
    amount: Mapped[Amount]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class OrderTransaction(Base, Timestamps):
    """Money received for an order, or paid out (negative); each movement is recorded once."""

    __tablename__ = "order_transaction"
    __table_args__ = (
        index("order_transaction", "order_id"),
        index("order_transaction", "return_id"),
        index("order_transaction", "exchange_id"),
        index("order_transaction", "claim_id"),
        Index(
            "uq_order_transaction_reference",
            "reference_id",
            "reference",
            unique=True,
            postgresql_where=text("reference IN ('capture', 'refund')"),
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"))
    version: Mapped[int] = mapped_column(Integer, server_default=_FIRST)
    amount: Mapped[Amount]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    reference: Mapped[str | None]
    reference_id: Mapped[str | None]
    return_id: Mapped[str | None] = mapped_column(ForeignKey("return.id"))
    exchange_id: Mapped[str | None] = mapped_column(ForeignKey("order_exchange.id"))
    claim_id: Mapped[str | None] = mapped_column(ForeignKey("order_claim.id"))
