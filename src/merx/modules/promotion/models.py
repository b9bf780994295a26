"""Tables of promotions, their rules, and their campaigns."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.schema import Amount, Base, Flag, Id, Metadata, Rank, Timestamps, index, live_unique

# Currency codes are answered as they were sent; in lower case they must be a currency's.
Currency = Annotated[
    str | None,
    mapped_column(
        Text, Computed("lower(currency_code)", persisted=True), ForeignKey("currency.code")
    ),
]


class Campaign(Base, Timestamps):
    """A period and a budget shared by several promotions."""

    __tablename__ = "promotion_campaign"
    __table_args__ = (live_unique("promotion_campaign", "campaign_identifier"),)

    id: Mapped[Id]
    name: Mapped[str]
    description: Mapped[str | None]
    campaign_identifier: Mapped[str]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class CampaignBudget(Base, Timestamps):
    """How much the promotions of a campaign may give away, or how often they may be used.

    `attribute` names what the limit is counted by (`customer_id`); then `campaign_budget_usage`
    counts, and `used` does not.
    """

    __tablename__ = "promotion_campaign_budget"
    __table_args__ = (
        live_unique("promotion_campaign_budget", "campaign_id"),
        CheckConstraint(
            "type IN ('spend','usage','use_by_attribute','spend_by_attribute')", name="type"
        ),
        CheckConstraint("used >= 0", name="used_not_negative"),
    )

    id: Mapped[Id]
    type: Mapped[str]
    currency_code: Mapped[str | None]
    currency: Mapped[Currency]
    limit: Mapped[Amount | None]
    used: Mapped[Decimal] = mapped_column(Numeric, server_default=text("0"))
    attribute: Mapped[str | None]
    campaign_id: Mapped[str] = mapped_column(ForeignKey("promotion_campaign.id"))


class CampaignBudgetUsage(Base, Timestamps):
    """The use of a budget by one customer, or by one other value of its attribute."""

    __tablename__ = "promotion_campaign_budget_usage"
    __table_args__ = (
        # Not restricted to live rows: usage is counted by INSERT … ON CONFLICT.
        Index("uq_promotion_budget_usage_value", "budget_id", "attribute_value", unique=True),
        CheckConstraint("used >= 0", name="used_not_negative"),
    )

    id: Mapped[Id]
    attribute_value: Mapped[str]
    used: Mapped[Decimal] = mapped_column(Numeric, server_default=text("0"))
    budget_id: Mapped[str] = mapped_column(ForeignKey("promotion_campaign_budget.id"))


class Promotion(Base, Timestamps):
    """A discount, given for its code or, if automatic, to every cart that meets its rules."""

    __tablename__ = "promotion"
    __table_args__ = (
        live_unique("promotion", "code"),
        index("promotion", "campaign_id"),
        Index(
            "ix_promotion_automatic",
            "id",
            postgresql_where=text("is_automatic AND status = 'active' AND deleted_at IS NULL"),
        ),
        CheckConstraint("type IN ('standard','buyget')", name="type"),
        CheckConstraint("status IN ('draft','active','inactive')", name="status"),
        CheckConstraint("used >= 0", name="used_not_negative"),
    )

    id: Mapped[Id]
    code: Mapped[str]
    is_automatic: Mapped[Flag]
    is_tax_inclusive: Mapped[Flag]
    limit: Mapped[int | None]
    used: Mapped[Rank]
    type: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'draft'"))
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("promotion_campaign.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class ApplicationMethod(Base, Timestamps):
    """What a promotion takes off: an amount or a percentage, of items or of shipping."""

    __tablename__ = "promotion_application_method"
    __table_args__ = (
        live_unique("promotion_application_method", "promotion_id"),
        CheckConstraint("type IN ('fixed','percentage')", name="type"),
        CheckConstraint("target_type IN ('order','shipping_methods','items')", name="target_type"),
        CheckConstraint("allocation IN ('each','across','once')", name="allocation"),
    )

    id: Mapped[Id]
    value: Mapped[Amount | None]
    currency_code: Mapped[str | None]
    currency: Mapped[Currency]
    max_quantity: Mapped[int | None]
    apply_to_quantity: Mapped[int | None]
    buy_rules_min_quantity: Mapped[int | None]
    type: Mapped[str]
    target_type: Mapped[str]
    allocation: Mapped[str | None]
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"))


class PromotionRule(Base, Timestamps):
    """A condition on the cart (`rules`), or on what is discounted or must be bought."""

    __tablename__ = "promotion_rule"
    __table_args__ = (
        index("promotion_rule", "promotion_id", "kind"),
        CheckConstraint("kind IN ('rules','target_rules','buy_rules')", name="kind"),
        CheckConstraint("operator IN ('gte','lte','gt','lt','eq','ne','in')", name="operator"),
    )

    id: Mapped[Id]
    description: Mapped[str | None]
    attribute: Mapped[str]
    operator: Mapped[str]
    kind: Mapped[str]
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"))


class PromotionRuleValue(Base, Timestamps):
    """One of the values that a rule compares with."""

    __tablename__ = "promotion_rule_value"
    __table_args__ = (index("promotion_rule_value", "promotion_rule_id"),)

    id: Mapped[Id]
    value: Mapped[str]
    promotion_rule_id: Mapped[str] = mapped_column(ForeignKey("promotion_rule.id"))


class PromotionUse(Base):
    """What an order used of a promotion, so that a cancellation gives back exactly that.

    `uses` was counted in the promotion's `used`, `budget_used` in the budget of `budget_id`, under
    `attribute_value` if that budget counts by an attribute.
    """

    __tablename__ = "promotion_use"
    __table_args__ = (index("promotion_use", "promotion_id"),)

    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), primary_key=True)
    promotion_id: Mapped[str] = mapped_column(ForeignKey("promotion.id"), primary_key=True)
    uses: Mapped[Rank]
    budget_id: Mapped[str | None] = mapped_column(ForeignKey("promotion_campaign_budget.id"))
    budget_used: Mapped[Decimal] = mapped_column(Numeric, server_default=text("0"))
    attribute_value: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    released_at: Mapped[datetime | None]
