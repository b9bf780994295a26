"""Tables of prices."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Amount, Base, Id, Metadata, Rank, Timestamps, check, index, live_unique


class PriceSet(Base, Timestamps):
    """All prices of one sellable thing."""

    __tablename__ = "price_set"

    id: Mapped[Id]


class PriceList(Base, Timestamps):
    """A list of sale or override prices, with a period."""

    __tablename__ = "price_list"
    __table_args__ = (
        index("price_list", "status"),
        CheckConstraint("status IN ('active','draft')", name="status"),
        CheckConstraint("type IN ('sale','override')", name="type"),
    )

    id: Mapped[Id]
    title: Mapped[str]
    description: Mapped[str]
    type: Mapped[str] = mapped_column(server_default=text("'sale'"))
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    rules_count: Mapped[Rank]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class PriceListRule(Base, Timestamps):
    """A condition on a price list: the attribute must have one of the values."""

    __tablename__ = "price_list_rule"
    __table_args__ = (
        live_unique("price_list_rule", "price_list_id", "attribute"),
        index("price_list_rule", "price_list_id"),
        # For finding lists by the values of a reader's context.
        Index("ix_price_list_rule_value", "value", postgresql_using="gin"),
    )

    id: Mapped[Id]
    attribute: Mapped[str] = mapped_column(server_default=text("''"))
    value: Mapped[Any | None] = mapped_column(JSONB)
    price_list_id: Mapped[str] = mapped_column(ForeignKey("price_list.id"))


class Price(Base, Timestamps):
    """An amount in a currency; with bounds, it applies only to quantities within them."""

    __tablename__ = "price"
    __table_args__ = (
        # The currency for calculated prices, the list for a variant's own: a set that is in
        # hundreds of lists has hundreds of prices.
        index("price", "price_set_id", "currency_code", "price_list_id"),
        # No two live prices are equal: it would be random which of them is charged.
        Index(
            "uq_price_same",
            *("price_set_id", "currency_code", "price_list_id"),
            *("min_quantity", "max_quantity", "rules_key"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND price_set_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        # Only for prices of lists: the planner would take "IS NULL" on it for selective.
        Index(
            "ix_price_price_list_id_id",
            "price_list_id",
            "id",
            postgresql_where=text("price_list_id IS NOT NULL"),
        ),
        check("amount >= 0", name="amount_not_negative", message="An amount must not be negative"),
        check(
            "min_quantity <= max_quantity",
            name="quantity_bounds",
            message="min_quantity must not be greater than max_quantity",
        ),
    )

    id: Mapped[Id]
    title: Mapped[str | None]
    amount: Mapped[Amount]
    currency_code: Mapped[str] = mapped_column(Text, ForeignKey("currency.code"))
    min_quantity: Mapped[Amount | None] = mapped_column(Numeric)
    max_quantity: Mapped[Amount | None] = mapped_column(Numeric)
    rules_count: Mapped[Rank]
    # `modules/pricing/prices.py: rules_key` of the price's rules.
    rules_key: Mapped[str] = mapped_column(server_default=text("''"))
    price_set_id: Mapped[str] = mapped_column(ForeignKey("price_set.id"))
    price_list_id: Mapped[str | None] = mapped_column(ForeignKey("price_list.id"))


class PriceRule(Base, Timestamps):
    """A condition on a price."""

    __tablename__ = "price_rule"
    __table_args__ = (
        live_unique("price_rule", "price_id", "attribute", "operator"),
        index("price_rule", "price_id"),
    )

    id: Mapped[Id]
    attribute: Mapped[str] = mapped_column(server_default=text("''"))
    operator: Mapped[str] = mapped_column(server_default=text("'eq'"))
    value: Mapped[str]
    priority: Mapped[Rank]
    price_id: Mapped[str] = mapped_column(ForeignKey("price.id"))


class PricePreference(Base, Timestamps):
    """Whether amounts include tax, by region or by currency."""

    __tablename__ = "price_preference"
    __table_args__ = (live_unique("price_preference", "attribute", "value"),)

    id: Mapped[Id]
    attribute: Mapped[str]
    value: Mapped[str | None]
    is_tax_inclusive: Mapped[bool] = mapped_column(server_default=text("false"))
