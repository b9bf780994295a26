"""What can be read of payments."""

from merx.modules.payment import models
from merx.query.graph import Entity, Field, Join, Kind, Relation, columns, table_name

# How far a payment has come is read from its captures and refunds.
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
        "payment_collections": Relation(
            "payment_collection",
            via=Join(
                "payment_collection_payment_providers",
                "payment_provider_id",
                "payment_collection_id",
            ),
        ),
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
        "payment_providers": Relation(
            "payment_provider",
            via=Join(
                "payment_collection_payment_providers",
                "payment_collection_id",
                "payment_provider_id",
            ),
        ),
        "payment_sessions": Relation(
            "payment_session", "{child}.payment_collection_id = {parent}.id"
        ),
        "payments": Relation("payment", "{child}.payment_collection_id = {parent}.id"),
    },
    always=("id",),
)

SESSION = Entity(
    "payment_session",
    table_name(models.PaymentSession.__table__),
    {**columns(models.PaymentSession.__table__), "raw_amount": _raw("amount")},
    {
        "payment_collection": Relation(
            "payment_collection",
            "{child}.id = {parent}.payment_collection_id",
            many=False,
            shows=("payment_collection_id",),
        ),
        "payment": Relation(
            "payment", "{child}.payment_session_id = {parent}.id", many=False, stub=True
        ),
    },
    always=("id",),
)

PAYMENT = Entity(
    "payment",
    table_name(models.Payment.__table__),
    {**columns(models.Payment.__table__, hidden=_OWN), "raw_amount": _raw("amount")},
    {
        "payment_collection": Relation(
            "payment_collection",
            "{child}.id = {parent}.payment_collection_id",
            many=False,
            shows=("payment_collection_id",),
        ),
        "payment_session": Relation(
            "payment_session",
            "{child}.id = {parent}.payment_session_id",
            many=False,
            shows=("payment_session_id",),
        ),
        "captures": Relation("capture", "{child}.payment_id = {parent}.id"),
        "refunds": Relation("refund", "{child}.payment_id = {parent}.id"),
    },
    always=("id",),
    search=("id",),
)

CAPTURE = Entity(
    "capture",
    table_name(models.Capture.__table__),
    {**columns(models.Capture.__table__), "raw_amount": _raw("amount")},
    {
        "payment": Relation(
            "payment", "{child}.id = {parent}.payment_id", many=False, shows=("payment_id",)
        ),
    },
    always=("id",),
)

REFUND = Entity(
    "refund",
    table_name(models.Refund.__table__),
    {**columns(models.Refund.__table__), "raw_amount": _raw("amount")},
    {
        "payment": Relation(
            "payment", "{child}.id = {parent}.payment_id", many=False, shows=("payment_id",)
        ),
        "refund_reason": Relation(
            "refund_reason",
            "{child}.id = {parent}.refund_reason_id",
            many=False,
            shows=("refund_reason_id",),
        ),
    },
    always=("id",),
)

REFUND_REASON = Entity(
    "refund_reason",
    table_name(models.RefundReason.__table__),
    columns(models.RefundReason.__table__),
    {"refunds": Relation("refund", "{child}.refund_reason_id = {parent}.id")},
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
