"""What can be read of prices."""

from dataclasses import replace

from merx.modules.pricing import models
from merx.modules.pricing.preferences import PRICE_PREFERENCE
from merx.modules.pricing.price_schemas import LIST_RULES, PRICE_RULES
from merx.query.graph import Entity, Field, Kind, columns, many, one, table_name

_PRICE_FIELDS = columns(models.Price.__table__, hidden=("rules_key",))
_RULES = Field(
    "CASE WHEN {row}.rules_count = 0 THEN '{{}}'::json ELSE (SELECT"
    " coalesce(json_object_agg(q.attribute, q.value ORDER BY q.id), '{{}}')"
    " FROM price_rule q WHERE q.price_id = {row}.id AND q.deleted_at IS NULL) END",
    Kind.JSON,
    schema=PRICE_RULES,
)
_RAW_AMOUNT = Field(
    "json_build_object('value', {row}.amount::text, 'precision', 20)", Kind.JSON, starred=False
)
# Bounds that are not set are NULL.
_RAW_BOUNDS = {
    f"raw_{name}": Field(
        f"CASE WHEN {{row}}.{name} IS NOT NULL THEN"
        f" json_build_object('value', {{row}}.{name}::text, 'precision', 20) END",
        Kind.JSON,
        starred=False,
    )
    for name in ("min_quantity", "max_quantity")
}

PRICE_SET = Entity(
    "price_set",
    table_name(models.PriceSet.__table__),
    columns(models.PriceSet.__table__),
    {"prices": many("price", "price_set_id")},
    always=("id",),
)

PRICE = Entity(
    "price",
    table_name(models.Price.__table__),
    {**_PRICE_FIELDS, "rules": _RULES, "raw_amount": _RAW_AMOUNT, **_RAW_BOUNDS},
    {
        "price_rules": many("price_rule", "price_id"),
        "price_list": one("price_list", "price_list_id", with_key=True),
        "price_set": one("price_set", "price_set_id", with_key=True),
    },
    always=("id",),
)

# A price of a shipping option: its rules are listed below it, not merged by attribute.
OPTION_PRICE = Entity(
    "shipping_option_price",
    PRICE.table,
    {
        **_PRICE_FIELDS,
        **{
            name: replace(value, starred=True)
            for name, value in {"raw_amount": _RAW_AMOUNT, **_RAW_BOUNDS}.items()
        },
    },
    {**PRICE.relations, "price_list": replace(PRICE.relations["price_list"], stub=True)},
    always=("id",),
)

# A variant's own prices in the flat form of the product routes; other fields only when asked for.
_FLAT = ("id", "amount", "currency_code", "min_quantity", "max_quantity")
VARIANT_PRICE = Entity(
    "variant_price",
    PRICE.table,
    {
        **{name: _PRICE_FIELDS[name] for name in _FLAT},
        "variant_id": Field("{via}.id"),
        "created_at": _PRICE_FIELDS["created_at"],
        "updated_at": _PRICE_FIELDS["updated_at"],
        "rules": _RULES,
        **{
            name: Field(_PRICE_FIELDS[name].sql, _PRICE_FIELDS[name].kind, starred=False)
            for name in ("title", "price_set_id", "price_list_id", "rules_count", "deleted_at")
        },
        "raw_amount": _RAW_AMOUNT,
    },
    always=("id", "variant_id", "rules"),
)

PRICE_RULE = Entity(
    "price_rule", table_name(models.PriceRule.__table__), columns(models.PriceRule.__table__)
)

# `{attribute: [values]}`, which the reference shows for `price_list_rules`.
_LIST_RULES = Field(
    "(SELECT coalesce(json_object_agg(q.attribute, q.value ORDER BY q.id), '{{}}')"
    " FROM price_list_rule q WHERE q.price_list_id = {row}.id AND q.deleted_at IS NULL)",
    Kind.JSON,
    starred=False,
    whole=True,
    schema=LIST_RULES,
)

PRICE_LIST = Entity(
    "price_list",
    table_name(models.PriceList.__table__),
    {**columns(models.PriceList.__table__), "rules": _LIST_RULES},
    {"prices": many("listed_price", "price_list_id")},
    always=("id",),
    search=("title", "description"),
    aliases={"price_list_rules": "rules"},
)

# A price of a list in the flat form of the price list routes.
LISTED_PRICE = Entity(
    "listed_price",
    PRICE.table,
    {
        **_PRICE_FIELDS,
        **{
            name: replace(value, starred=True)
            for name, value in {"raw_amount": _RAW_AMOUNT, **_RAW_BOUNDS}.items()
        },
        "rules": replace(_RULES, starred=False, whole=True),
    },
    always=("id",),
    aliases={"price_rules": "rules", "price_set": "variant_id"},
)

# A variant's own price as a storefront sees it, in the form of a list's price, as on the reference.
STORE_PRICE = Entity(
    "store_price",
    PRICE.table,
    {
        **{name: value for name, value in LISTED_PRICE.fields.items() if name != "rules"},
        "price_list": Field("NULL::json", Kind.JSON, schema={"type": "null"}),
    },
    always=("id",),
)

ENTITIES = (
    PRICE_PREFERENCE,
    PRICE_SET,
    PRICE,
    OPTION_PRICE,
    VARIANT_PRICE,
    PRICE_RULE,
    PRICE_LIST,
    LISTED_PRICE,
    STORE_PRICE,
)
