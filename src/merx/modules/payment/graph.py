"""What can be read of payments."""

from merx.modules.payment import models
from merx.query.graph import Entity, Field, Kind, Through, columns, many, one, table_name, through

COLLECTION_PROVIDERS = Through(
    models.PaymentCollectionPaymentProvider.__table__,
    "payment_collection_id",
    "payment_provider_id",
)

# The status of a payment follows from its captures and refunds.
_OWN = (
    "captured_amount",
    "capturing_amount",
    "refunded_amount",
    "refunding_amount",
    "is_canceling",
)


def _raw(name: str) -> Field:
    return Field(
        f"CASE WHEN {{row}}.{name} IS NOT NULL THEN"
        f" json_build_object('value', {{row}}.{name}::text, 'precision', 20) END",
        Kind.JSON,
    )


PROVIDER = Entity(
    "payment_provider",
    table_name(models.PaymentProvider.__table__),
    columns(models.PaymentProvider.__table__),
    {
        "payment_collections": through("payment_collection", COLLECTION_PROVIDERS.back),
    },
)

COLLECTION = Entity(
    "payment_collection",
    table_name(models.PaymentCollection.__table__),
    {
        **columns(models.PaymentCollection.__table__),
        **{
            f"raw_{name}": _raw(name)
            for name in ("amount", "authorized_amount", "captured_amount", "refunded_amount")
        },
    },
    {
        "payment_providers": through("payment_provider", COLLECTION_PROVIDERS),
        "payment_sessions": many("payment_session", "payment_collection_id"),
        "payments": many("payment", "payment_collection_id"),
    },
    always=("id",),
)

SESSION = Entity(
    "payment_session",
    table_name(models.PaymentSession.__table__),
    {**columns(models.PaymentSession.__table__), "raw_amount": _raw("amount")},
    {
        "payment_collection": one(
            "payment_collection",
            "payment_collection_id",
            with_key=True,
            stub=True,
            echoes="payment_collection",
        ),
        "payment": one("payment", "id", far="payment_session_id", stub=True, echoes="payments"),
    },
    always=("id",),
)

PAYMENT = Entity(
    "payment",
    table_name(models.Payment.__table__),
    {**columns(models.Payment.__table__, hidden=_OWN), "raw_amount": _raw("amount")},
    {
        "payment_collection": one("payment_collection", "payment_collection_id", with_key=True),
        "payment_session": one(
            "payment_session",
            "payment_session_id",
            with_key=True,
            stub=True,
            echoes="payment_sessions",
        ),
        "captures": many("capture", "payment_id"),
        "refunds": many("refund", "payment_id"),
    },
    always=("id",),
)

CAPTURE = Entity(
    "capture",
    table_name(models.Capture.__table__),
    {**columns(models.Capture.__table__), "raw_amount": _raw("amount")},
    {
        "payment": one("payment", "payment_id", with_key=True),
    },
    always=("id",),
)

REFUND = Entity(
    "refund",
    table_name(models.Refund.__table__),
    {**columns(models.Refund.__table__), "raw_amount": _raw("amount")},
    {
        "payment": one("payment", "payment_id", with_key=True),
        "refund_reason": one("refund_reason", "refund_reason_id", with_key=True, stub=True),
    },
    always=("id",),
)

REFUND_REASON = Entity(
    "refund_reason",
    table_name(models.RefundReason.__table__),
    columns(models.RefundReason.__table__),
    {"refunds": many("refund", "refund_reason_id")},
    always=("id",),
    search=("label", "code", "description"),
)

ACCOUNT_HOLDER = Entity(
    "account_holder",
    table_name(models.AccountHolder.__table__),
    columns(models.AccountHolder.__table__),
    always=("id",),
)

ENTITIES = (
    PROVIDER,
    COLLECTION,
    SESSION,
    PAYMENT,
    CAPTURE,
    REFUND,
    REFUND_REASON,
    ACCOUNT_HOLDER,
)
