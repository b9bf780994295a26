"""Tables of payments: what is due, the attempts to pay it, what was captured and refunded.

Constraints ensure that no payment is captured beyond its authorization or refunded beyond its
captures; an amount requested from a provider counts before the answer.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, text
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
    index,
    live_unique,
)

_NONE_YET = text("0")
_EMPTY = text("'{}'")


def _one_of(column: str, *values: str) -> CheckConstraint:
    named = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({named})", name=column)


class PaymentProvider(Base, Timestamps):
    __tablename__ = "payment_provider"

    id: Mapped[Id]
    is_enabled: Mapped[FlagOn]


class PaymentCollection(Base, Timestamps):
    """The amount due for a cart or an order, and how much of it is paid."""

    __tablename__ = "payment_collection"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint(
            "coalesce(captured_amount, 0) <= coalesce(authorized_amount, 0)", name="captured"
        ),
        CheckConstraint(
            "coalesce(refunded_amount, 0) <= coalesce(captured_amount, 0)", name="refunded"
        ),
        _one_of(
            "status",
            "not_paid",
            "awaiting",
            "authorized",
            "partially_authorized",
            "partially_captured",
            "canceled",
            "failed",
            "completed",
        ),
    )

    id: Mapped[Id]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    amount: Mapped[Amount]
    authorized_amount: Mapped[Amount | None] = mapped_column(Numeric)
    captured_amount: Mapped[Amount | None] = mapped_column(Numeric)
    refunded_amount: Mapped[Amount | None] = mapped_column(Numeric)
    completed_at: Mapped[Time | None]
    status: Mapped[str] = mapped_column(server_default=text("'not_paid'"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class PaymentCollectionPaymentProvider(Base):
    """Restricts a collection to certain payment providers."""

    __tablename__ = "payment_collection_payment_providers"
    __table_args__ = (index("payment_collection_payment_providers", "payment_provider_id"),)

    payment_collection_id: Mapped[str] = mapped_column(
        ForeignKey("payment_collection.id"), primary_key=True
    )
    payment_provider_id: Mapped[str] = mapped_column(
        ForeignKey("payment_provider.id"), primary_key=True
    )


class PaymentSession(Base, Timestamps):
    """An attempt to pay a collection with one provider; `data` belongs to the provider."""

    __tablename__ = "payment_session"
    __table_args__ = (
        index("payment_session", "payment_collection_id"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        _one_of(
            "status", "pending", "requires_more", "authorized", "captured", "canceled", "error"
        ),
    )

    id: Mapped[Id]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    amount: Mapped[Amount]
    provider_id: Mapped[str] = mapped_column(ForeignKey("payment_provider.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_EMPTY)
    context: Mapped[dict[str, Any] | None]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    authorized_at: Mapped[Time | None]
    payment_collection_id: Mapped[str] = mapped_column(ForeignKey("payment_collection.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata", server_default=_EMPTY)


class Payment(Base, Timestamps):
    """An amount authorized by a provider.

    `capturing_amount` and `refunding_amount` have been requested from the provider and not answered
    yet.
    """

    __tablename__ = "payment"
    __table_args__ = (
        live_unique("payment", "payment_session_id"),
        index("payment", "payment_collection_id"),
        CheckConstraint("captured_amount >= 0 AND capturing_amount >= 0", name="captured_sign"),
        CheckConstraint("refunded_amount >= 0 AND refunding_amount >= 0", name="refunded_sign"),
        CheckConstraint("captured_amount + capturing_amount <= amount", name="captured"),
        CheckConstraint("refunded_amount + refunding_amount <= captured_amount", name="refunded"),
        CheckConstraint(
            "(canceled_at IS NULL AND NOT is_canceling) OR captured_amount + capturing_amount = 0",
            name="canceled",
        ),
    )

    id: Mapped[Id]
    amount: Mapped[Amount]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    provider_id: Mapped[str] = mapped_column(ForeignKey("payment_provider.id"))
    data: Mapped[dict[str, Any] | None]
    captured_at: Mapped[Time | None]
    canceled_at: Mapped[Time | None]
    payment_collection_id: Mapped[str] = mapped_column(ForeignKey("payment_collection.id"))
    payment_session_id: Mapped[str] = mapped_column(ForeignKey("payment_session.id"))
    metadata_: Mapped[Metadata] = mapped_column("metadata")
    captured_amount: Mapped[Amount] = mapped_column(Numeric, server_default=_NONE_YET)
    capturing_amount: Mapped[Amount] = mapped_column(Numeric, server_default=_NONE_YET)
    refunded_amount: Mapped[Amount] = mapped_column(Numeric, server_default=_NONE_YET)
    refunding_amount: Mapped[Amount] = mapped_column(Numeric, server_default=_NONE_YET)
    is_canceling: Mapped[Flag]


class Capture(Base, Timestamps):
    """Money captured."""

    __tablename__ = "capture"
    __table_args__ = (
        index("capture", "payment_id"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[Id]
    amount: Mapped[Amount]
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"))
    created_by: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class RefundReason(Base, Timestamps):
    __tablename__ = "refund_reason"
    __table_args__ = (index("refund_reason", "code"),)

    id: Mapped[Id]
    label: Mapped[str]
    code: Mapped[str]
    description: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class Refund(Base, Timestamps):
    """Money refunded."""

    __tablename__ = "refund"
    __table_args__ = (
        index("refund", "payment_id"),
        index("refund", "refund_reason_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: Mapped[Id]
    amount: Mapped[Amount]
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"))
    refund_reason_id: Mapped[str | None] = mapped_column(ForeignKey("refund_reason.id"))
    note: Mapped[str | None]
    created_by: Mapped[str | None]
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class PaymentRequest(Base):
    """A request to a provider, written before it is sent and completed with the answer.

    `requested` and `unknown` ones are open: they are sent again, with the same idempotency key,
    until the provider says whether it did them.
    """

    __tablename__ = "payment_request"
    __table_args__ = (
        Index(
            "ix_payment_request_open",
            "asked_at",
            postgresql_where=text("state IN ('requested', 'unknown')"),
        ),
        # At most one open request of a kind per session, so nothing is requested under two keys.
        Index(
            "uq_payment_request_open_session",
            "payment_session_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('requested', 'unknown') AND payment_id IS NULL"),
        ),
        index("payment_request", "payment_session_id"),
        index("payment_request", "payment_id"),
        _one_of("state", "requested", "done", "failed", "unknown"),
        # No request is an "update": a session whose amount changes is replaced.
        _one_of("kind", "initiate", "update", "authorize", "capture", "refund", "cancel", "delete"),
        CheckConstraint("(state IN ('done', 'failed')) = (answered_at IS NOT NULL)", name="answer"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'requested'"))
    provider_id: Mapped[str] = mapped_column(ForeignKey("payment_provider.id"))
    payment_session_id: Mapped[str | None] = mapped_column(ForeignKey("payment_session.id"))
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payment.id"))
    amount: Mapped[Amount]
    currency_code: Mapped[str] = mapped_column(ForeignKey("currency.code"))
    refund_reason_id: Mapped[str | None] = mapped_column(ForeignKey("refund_reason.id"))
    note: Mapped[str | None]
    created_by: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    error: Mapped[str | None]
    requested_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    asked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    answered_at: Mapped[datetime | None]


class AccountHolder(Base, Timestamps):
    """A customer's account at a payment provider."""

    __tablename__ = "account_holder"
    __table_args__ = (live_unique("account_holder", "provider_id", "external_id"),)

    id: Mapped[Id]
    provider_id: Mapped[str] = mapped_column(ForeignKey("payment_provider.id"))
    external_id: Mapped[str]
    email: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=_EMPTY)
    metadata_: Mapped[Metadata] = mapped_column("metadata")


class CustomerAccountHolder(Base):
    """The account holder belongs to the customer."""

    __tablename__ = "customer_account_holder"
    __table_args__ = (index("customer_account_holder", "account_holder_id"),)

    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    account_holder_id: Mapped[str] = mapped_column(
        ForeignKey("account_holder.id"), primary_key=True
    )
    id: Mapped[str]


class CartPaymentCollection(Base):
    """The collection is the amount due for the cart; each has at most one."""

    __tablename__ = "cart_payment_collection"
    __table_args__ = (
        Index(
            "uq_cart_payment_collection_payment_collection_id",
            "payment_collection_id",
            unique=True,
        ),
    )

    cart_id: Mapped[Id] = mapped_column(ForeignKey("cart.id"))
    payment_collection_id: Mapped[str] = mapped_column(ForeignKey("payment_collection.id"))
    id: Mapped[str]


class OrderPaymentCollection(Base):
    """The collection is the amount due for the order, or part of it."""

    __tablename__ = "order_payment_collection"
    __table_args__ = (
        Index(
            "uq_order_payment_collection_payment_collection_id",
            "payment_collection_id",
            unique=True,
        ),
    )

    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), primary_key=True)
    payment_collection_id: Mapped[str] = mapped_column(
        ForeignKey("payment_collection.id"), primary_key=True
    )
    id: Mapped[str]
