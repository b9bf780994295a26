"""What can be read of returns, claims and exchanges."""

from merx.modules.order import return_models as models
from merx.modules.order import tables
from merx.modules.order.models import OrderShippingMethod, OrderShippingMethodTaxLine
from merx.modules.totals.columns import raw
from merx.query.graph import Entity, Kind, Relation, columns, many, one, table_name
from merx.query.graph import Field as ReadField


def _quiet(*names: str) -> dict[str, ReadField]:
    """Keys that are left out where they are null, as on the reference."""
    return {name: ReadField(f"{{row}}.{name}", sparse=True) for name in names}


# A shipping method belongs to a return, claim or exchange at the order's current version.
def _methods(key: str) -> Relation:
    return Relation(
        "order_part_method",
        f"{{child}}.{key} = {{parent}}.id AND {{child}}.version = (SELECT o.version"
        ' FROM "order" o WHERE o.id = {child}.order_id)',
        brings=("detail.*", "adjustments.*"),
    )


# The item's data at the order's current version.
def _detail(*, sparse: bool = False) -> Relation:
    return Relation(
        "order_item",
        "{child}.item_id = {parent}.item_id AND {child}.version = (SELECT o.version"
        ' FROM "order" o WHERE o.id = {child}.order_id)',
        many=False,
        sparse=sparse,
    )


def _transactions(key: str) -> Relation:
    return many("order_transaction", key)


_PARTS = ("detail.*", "item.id")

# Without totals: as on the reference, those are shown with the order's own.
PART_METHOD = Entity(
    "order_part_method",
    tables.SHIPPING_METHODS,
    {
        **columns(OrderShippingMethod.__table__),
        **raw("amount"),
        "order_id": ReadField("{row}.order_id"),
        "detail_id": ReadField("{row}.detail_id", starred=False),
        "version": ReadField("{row}.version", Kind.NUMBER, starred=False),
    },
    {
        "detail": one("order_shipping", "detail_id"),
        "tax_lines": many("order_part_method_tax_line", "shipping_method_id"),
        "adjustments": Relation(
            "order_shipping_method_adjustment",
            "{child}.shipping_method_id = {parent}.id AND {child}.version = {parent}.version",
        ),
    },
)
PART_METHOD_TAX_LINE = Entity(
    "order_part_method_tax_line",
    table_name(OrderShippingMethodTaxLine.__table__),
    {**columns(OrderShippingMethodTaxLine.__table__), **raw("rate")},
)

RETURN = Entity(
    "return",
    table_name(models.Return.__table__),
    {
        **columns(models.Return.__table__, hidden=("exchange_id", "claim_id")),
        **raw("refund_amount"),
        **_quiet("exchange_id", "claim_id"),
    },
    {
        "order": one("order", "order_id", with_key=True),
        "items": many("return_item", "return_id", brings=_PARTS),
        "shipping_methods": _methods("return_id"),
        "transactions": _transactions("return_id"),
        "exchange": one("order_exchange", "exchange_id"),
        "claim": one("order_claim", "claim_id"),
    },
    always=("id",),
)

RETURN_ITEM = Entity(
    "return_item",
    table_name(models.ReturnItem.__table__),
    {
        **columns(models.ReturnItem.__table__),
        **raw("quantity", "received_quantity", "damaged_quantity"),
    },
    {
        "return": one("return", "return_id"),
        "item": one("order_line_item", "item_id"),
        "detail": _detail(),
    },
    always=("id",),
)

CLAIM = Entity(
    "order_claim",
    table_name(models.OrderClaim.__table__),
    {
        **columns(models.OrderClaim.__table__, hidden=("return_id",)),
        **raw("refund_amount"),
        **_quiet("return_id"),
    },
    {
        "order": one("order", "order_id"),
        "return": one("return", "return_id", with_key=True),
        "claim_items": Relation(
            "order_claim_item",
            "{child}.claim_id = {parent}.id AND NOT {child}.is_additional_item",
            brings=_PARTS,
        ),
        "additional_items": Relation(
            "order_claim_item",
            "{child}.claim_id = {parent}.id AND {child}.is_additional_item",
            brings=_PARTS,
        ),
        "shipping_methods": _methods("claim_id"),
        "transactions": _transactions("claim_id"),
    },
    always=("id",),
)

CLAIM_ITEM = Entity(
    "order_claim_item",
    table_name(models.OrderClaimItem.__table__),
    {**columns(models.OrderClaimItem.__table__), **raw("quantity")},
    {
        "claim": one("order_claim", "claim_id"),
        "item": one("order_line_item", "item_id"),
        "detail": _detail(sparse=True),
        "images": many("order_claim_item_image", "claim_item_id"),
    },
    always=("id",),
)

CLAIM_IMAGE = Entity(
    "order_claim_item_image",
    table_name(models.OrderClaimItemImage.__table__),
    columns(models.OrderClaimItemImage.__table__),
    always=("id",),
)

EXCHANGE = Entity(
    "order_exchange",
    table_name(models.OrderExchange.__table__),
    {
        **columns(models.OrderExchange.__table__, hidden=("return_id",)),
        **raw("difference_due"),
        **_quiet("return_id"),
    },
    {
        "order": one("order", "order_id"),
        "return": one("return", "return_id", with_key=True),
        "additional_items": many("order_exchange_item", "exchange_id", brings=_PARTS),
        "shipping_methods": _methods("exchange_id"),
        "transactions": _transactions("exchange_id"),
    },
    always=("id",),
)

EXCHANGE_ITEM = Entity(
    "order_exchange_item",
    table_name(models.OrderExchangeItem.__table__),
    {**columns(models.OrderExchangeItem.__table__), **raw("quantity")},
    {
        "exchange": one("order_exchange", "exchange_id"),
        "item": one("order_line_item", "item_id"),
        "detail": _detail(sparse=True),
    },
    always=("id",),
)

ENTITIES = (
    RETURN,
    RETURN_ITEM,
    CLAIM,
    CLAIM_ITEM,
    CLAIM_IMAGE,
    EXCHANGE,
    EXCHANGE_ITEM,
    PART_METHOD,
    PART_METHOD_TAX_LINE,
)
