"""What can be read of orders.

An order is read at its current version; `order_version` is the same order at any of its versions.
Items and shipping methods combine what never changes (`order_line_item`) with the data of their
version.
"""

from collections.abc import Mapping

from sqlalchemy import FromClause

from merx.core.schema import grams_of
from merx.modules.order import change_models, models, return_graph, tables
from merx.modules.order.search_texts import ADDRESS_TEXTS, ORDER_TEXTS
from merx.modules.totals.columns import raw
from merx.modules.totals.totals import ROW_TOTALS, WHOLE_TOTALS
from merx.query.conditions import Compare
from merx.query.graph import Entity, Field, Kind, Relation, columns, many, one, table_name
from merx.query.json_schemas import EXACT, NUMBER, mapping_of, object_of, or_null

_QUANTITIES = tuple(f"{name}_quantity" for name in tables.MOVED)
_SUMMARY = or_null(
    object_of(
        {
            name: schema
            for total in tables.SUMMARY
            for name, schema in ((total, NUMBER), (f"raw_{total}", EXACT))
        },
        about="The money of the order: what it comes to, what was paid, what is due.",
    )
)
# From which to which version a row is part of its order.
_VERSIONS = object_of(
    {"version": object_of({"from": {"type": "integer"}, "to": {"type": "integer"}})}
)


def _numbers(*names: str) -> dict[str, Field]:
    return {name: Field(f"{{row}}.{name}", Kind.NUMBER) for name in names}


def _money(*names: str) -> dict[str, Field]:
    """Amounts with all digits, as text."""
    return {**_numbers(*names), **raw(*names)}


def _summary(version: str) -> Field:
    """The order's summary of money as one JSON object."""
    parts = ", ".join(
        f"'{name}', s.{name}, 'raw_{name}',"
        f" json_build_object('value', s.{name}::text, 'precision', 20)"
        for name in tables.SUMMARY
    )
    return Field(
        f"(SELECT json_build_object({parts}) FROM order_summary s"
        f" WHERE s.order_id = {{row}}.id AND s.version = {{row}}.{version})",
        Kind.JSON,
        whole=True,
        schema=_SUMMARY,
    )


def _whole_totals() -> dict[str, Field]:
    """The totals of an order: returned only when named."""
    gift = {
        name: Field("0::numeric", Kind.NUMBER, starred=False)
        for name in ("gift_card_total", "gift_card_tax_total")
    }
    totals = {name: Field(f"{{row}}.{name}", Kind.NUMBER, starred=False) for name in WHOLE_TOTALS}
    return {**totals, **gift, **raw(*WHOLE_TOTALS, starred=False)}


def _of_version(entity: str, version: str, *brings: str) -> Relation:
    where = f"{{child}}.order_id = {{parent}}.id AND {{child}}.version = {{parent}}.{version}"
    return Relation(entity, where, brings=brings)


_PARTS = ("tax_lines.*", "adjustments.*", "detail.*")


def _relations(version: str) -> Mapping[str, Relation]:
    """The relations of an order; `version` is the column with the version they are read at."""
    return {
        "items": _of_version("order_line", version, *_PARTS),
        "shipping_methods": _of_version("order_shipping_method", version, *_PARTS),
        "credit_lines": _of_version("order_credit_line", version),
        "transactions": many("order_transaction", "order_id"),
        "shipping_address": one("order_address", "shipping_address_id", sparse=True),
        "billing_address": one("order_address", "billing_address_id", sparse=True),
        "order_changes": many("order_change", "order_id"),
    }


def _order_fields(version: str) -> dict[str, Field]:
    plain = columns(models.Order.__table__, hidden=WHOLE_TOTALS)
    return {
        **plain,
        "summary": _summary(version),
        **_whole_totals(),
    }


ORDER = Entity(
    "order",
    table_name(models.Order.__table__),
    _order_fields("version"),
    _relations("version"),
    always=("id",),
    search=(
        *ORDER_TEXTS,
        *(f"shipping_address.{name}" for name in ADDRESS_TEXTS),
        *(f"billing_address.{name}" for name in ADDRESS_TEXTS),
    ),
    grams=grams_of("order", *ORDER_TEXTS, row="{row}"),
    counted=Compare(("is_draft_order",), "=", False),
)

ORDER_VERSION = Entity(
    "order_version",
    tables.ORDER_VERSIONS,
    {**_order_fields("at_version"), "at_version": Field("{row}.at_version", Kind.NUMBER, False)},
    _relations("at_version"),
    always=("id",),
)

LINE = Entity(
    "order_line",
    tables.LINES,
    {
        **columns(models.OrderLineItem.__table__, hidden=("unit_price", "compare_at_unit_price")),
        "metadata": Field("{row}.metadata", Kind.JSON),
        "line_item_metadata": Field(
            "{row}.line_item_metadata", Kind.JSON, schema=or_null(mapping_of(True))
        ),
        **_money("compare_at_unit_price", "unit_price", "quantity"),
        **_money(*ROW_TOTALS, *tables.ITEM_TOTALS),
        **{name: Field(f"{{row}}.{name}", starred=False) for name in ("order_id", "detail_id")},
        "version": Field("{row}.version", Kind.NUMBER, starred=False),
    },
    {
        "detail": one("order_item", "detail_id"),
        "tax_lines": Relation(
            "order_line_item_tax_line",
            "{child}.item_id = {parent}.id AND {child}.version = {parent}.version",
        ),
        "adjustments": Relation(
            "order_line_item_adjustment",
            "{child}.item_id = {parent}.id AND {child}.version = {parent}.version",
        ),
        "order": one("order", "order_id"),
    },
)

ITEM = Entity(
    "order_item",
    table_name(models.OrderItem.__table__),
    {
        **columns(models.OrderItem.__table__, hidden=(*ROW_TOTALS, *tables.ITEM_TOTALS)),
        **raw("unit_price", "compare_at_unit_price", "quantity", *_QUANTITIES),
    },
    {"item": one("order_line_item", "item_id")},
)

LINE_ITEM = Entity(
    "order_line_item",
    table_name(models.OrderLineItem.__table__),
    {
        **columns(models.OrderLineItem.__table__),
        **raw("unit_price", "compare_at_unit_price"),
    },
)

# The versions that an item belongs to, beside its latest row up to then.
HISTORY = Entity(
    "order_item_history",
    tables.HISTORIES,
    {
        **columns(models.OrderItem.__table__, hidden=(*ROW_TOTALS, *tables.ITEM_TOTALS)),
        **raw("unit_price", "compare_at_unit_price", "quantity", *_QUANTITIES),
        "history": Field("{row}.history", Kind.JSON, whole=True, schema=_VERSIONS),
    },
    {"item": one("order_line_item", "item_id")},
    predicates={
        "is_current_of": "({row}.order_id = ANY({values}) AND {row}.version ="
        ' (SELECT o.version FROM "order" o WHERE o.id = {row}.order_id))'
    },
)


def _tax_lines(name: str, rows: str, table: FromClause) -> Entity:
    return Entity(
        name,
        rows,
        {
            **columns(table),
            **raw("rate"),
            **_money("total", "subtotal"),
            "version": Field("{row}.version", Kind.NUMBER, starred=False),
        },
    )


def _adjustments(name: str, table: FromClause) -> Entity:
    return Entity(name, table_name(table), {**columns(table), **raw("amount", "subtotal", "total")})


SHIPPING_METHOD = Entity(
    "order_shipping_method",
    tables.SHIPPING_METHODS,
    {
        **columns(models.OrderShippingMethod.__table__),
        **raw("amount"),
        "order_id": Field("{row}.order_id"),
        **_money(*ROW_TOTALS),
        **{
            name: Field(f"{{row}}.{name}", starred=False)
            for name in ("detail_id", "return_id", "exchange_id", "claim_id")
        },
        "version": Field("{row}.version", Kind.NUMBER, starred=False),
    },
    {
        "detail": one("order_shipping", "detail_id"),
        "tax_lines": Relation(
            "order_shipping_method_tax_line",
            "{child}.shipping_method_id = {parent}.id AND {child}.version = {parent}.version",
        ),
        "adjustments": Relation(
            "order_shipping_method_adjustment",
            "{child}.shipping_method_id = {parent}.id AND {child}.version = {parent}.version",
        ),
    },
)

SHIPPING = Entity(
    "order_shipping",
    table_name(models.OrderShipping.__table__),
    columns(models.OrderShipping.__table__, hidden=ROW_TOTALS),
)

CREDIT_LINE = Entity(
    "order_credit_line",
    table_name(models.OrderCreditLine.__table__),
    {
        **columns(models.OrderCreditLine.__table__),
        **raw("amount"),
        **{name: Field("{row}.amount", Kind.NUMBER) for name in ("subtotal", "total")},
        **{f"raw_{name}": raw("amount")["raw_amount"] for name in ("subtotal", "total")},
    },
)

TRANSACTION = Entity(
    "order_transaction",
    table_name(models.OrderTransaction.__table__),
    {**columns(models.OrderTransaction.__table__), **raw("amount")},
    {
        "order": one("order", "order_id"),
        "return": one("return", "return_id", stub=True),
        "exchange": one("order_exchange", "exchange_id", stub=True),
        "claim": one("order_claim", "claim_id", stub=True),
    },
)

ADDRESS = Entity(
    "order_address",
    table_name(models.OrderAddress.__table__),
    columns(models.OrderAddress.__table__),
    grams=grams_of("order_address", *ADDRESS_TEXTS, row="{row}"),
)

CHANGE = Entity(
    "order_change",
    table_name(change_models.OrderChange.__table__),
    columns(change_models.OrderChange.__table__),
    {
        "actions": many("order_change_action", "order_change_id", order="{child}.ordering"),
        "order": one("order", "order_id"),
    },
    always=("id",),
)

CHANGE_ACTION = Entity(
    "order_change_action",
    table_name(change_models.OrderChangeAction.__table__),
    {**columns(change_models.OrderChangeAction.__table__), **raw("amount")},
    {
        "order_change": one("order_change", "order_change_id"),
    },
)

ENTITIES = (
    ORDER,
    ORDER_VERSION,
    LINE,
    LINE_ITEM,
    ITEM,
    HISTORY,
    _tax_lines(
        "order_line_item_tax_line", tables.LINE_TAXES, models.OrderLineItemTaxLine.__table__
    ),
    _adjustments("order_line_item_adjustment", models.OrderLineItemAdjustment.__table__),
    SHIPPING_METHOD,
    SHIPPING,
    _tax_lines(
        "order_shipping_method_tax_line",
        tables.SHIPPING_TAXES,
        models.OrderShippingMethodTaxLine.__table__,
    ),
    _adjustments(
        "order_shipping_method_adjustment", models.OrderShippingMethodAdjustment.__table__
    ),
    CREDIT_LINE,
    TRANSACTION,
    ADDRESS,
    CHANGE,
    CHANGE_ACTION,
    *return_graph.ENTITIES,
)
