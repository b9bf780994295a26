"""How Medusa's tables differ from those here, by module.

A column with the same name is copied; a column that exists only there (mostly `raw_…`, the digits
of an amount) is skipped. For tables without `deleted_at` here, deleted rows are skipped. Everything
else is declared below, in SQL over the staged row `s` and the other staged tables in `moving`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Difference:
    """How a table is filled.

    `source`: its name there, if different. `replaces`: rows that a new shop starts with are removed
    first; `corrects`: they stay and take the values of the other shop. `first`: which of several
    rows with the same unique values is kept.
    """

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    source: str | None = None
    replaces: bool = False
    corrects: bool = False
    first: str = ""


def _twin(table: str, column: str, same: str) -> str:
    """Whether an older live row has the same e-mail, ignoring case."""
    return f"""s.deleted_at IS NULL AND EXISTS (SELECT FROM moving."{table}" o
      WHERE lower(o.{column}) = lower(s.{column}) AND o.deleted_at IS NULL
        AND o.id < s.id {same})"""


_PRODUCT = {
    "product_variant": Difference(
        {
            "price_set_id": """(SELECT max(l.price_set_id) FROM moving.product_variant_price_set l
              WHERE l.variant_id = s.id AND l.deleted_at IS NULL)""",
            "option_key": """(SELECT string_agg(o.option_value_id, ',' ORDER BY
                o.option_value_id COLLATE "C") FROM moving.product_variant_option o
              WHERE o.variant_id = s.id)""",
        }
    ),
}

# As computed by `modules/pricing/prices.py: rules_key`.
_PRICING = {
    "price": Difference(
        {
            "rules_key": r"""coalesce((SELECT encode(sha256(convert_to(string_agg(
                concat_ws(E'\x1f', r.attribute, coalesce(r.operator, 'eq'), r.value), E'\x1e'
                ORDER BY concat_ws(E'\x1f', r.attribute, coalesce(r.operator, 'eq'), r.value)
                  COLLATE "C"), 'UTF8')), 'hex')
              FROM moving.price_rule r WHERE r.price_id = s.id AND r.deleted_at IS NULL), '')""",
        },
        # Of equal prices the last wins.
        first="created_at DESC, id DESC",
    ),
    "price_preference": Difference(replaces=True),
}

_STOCK = {
    "inventory_level": Difference(
        {"shortfall_quantity": "greatest(s.reserved_quantity - s.stocked_quantity, 0)"}
    ),
}

_PEOPLE = {
    "customer": Difference(
        {"has_twin": _twin("customer", "email", "AND o.has_account = s.has_account")}
    ),
    "user": Difference({"has_twin": _twin("user", "email", "")}),
    "invite": Difference({"has_twin": _twin("invite", "email", "")}),
    "provider_identity": Difference(
        {
            "has_twin": "s.provider = 'emailpass' AND "
            + _twin("provider_identity", "entity_id", "AND o.provider = s.provider")
        }
    ),
    # Secret keys are stored there as hashes of another kind (`modules/api_key/service.py: _adopt`).
    "api_key": Difference(
        {
            "token": "CASE WHEN s.type = 'secret' THEN 'scrypt:' || s.salt || ':' || s.token"
            " ELSE s.token END"
        },
        replaces=True,
    ),
}

_SHOP = {
    "country": Difference(source="region_country", corrects=True),
    **{
        name: Difference(corrects=True)
        for name in (
            "currency",
            "fulfillment_provider",
            "notification_provider",
            "payment_provider",
            "tax_provider",
        )
    },
    "store": Difference(replaces=True),
    "store_currency": Difference(replaces=True),
    "store_locale": Difference(replaces=True),
    "sales_channel": Difference(replaces=True),
    "publishable_api_key_sales_channel": Difference(replaces=True),
    "locale": Difference(replaces=True),
    "refund_reason": Difference(replaces=True),
    "translation_settings": Difference(replaces=True),
}

_DELIVERY = {
    "shipping_option": Difference(
        {
            "price_set_id": """(SELECT max(l.price_set_id) FROM moving.shipping_option_price_set l
              WHERE l.shipping_option_id = s.id AND l.deleted_at IS NULL)"""
        }
    ),
}

_RULE_OF = """SELECT '{kind}' AS kind, {owner} AS promotion_id FROM moving.{table} j {join}
  WHERE j.promotion_rule_id = s.id"""
_METHOD = "JOIN moving.promotion_application_method m ON m.id = j.application_method_id"
_RULE_OWNERS = " UNION ALL ".join(
    (
        _RULE_OF.format(
            kind="rules", owner="j.promotion_id", table="promotion_promotion_rule", join=""
        ),
        _RULE_OF.format(
            kind="target_rules",
            owner="m.promotion_id",
            table="application_method_target_rules",
            join=_METHOD,
        ),
        _RULE_OF.format(
            kind="buy_rules",
            owner="m.promotion_id",
            table="application_method_buy_rules",
            join=_METHOD,
        ),
    )
)
_PROMOTION = {
    "promotion_rule": Difference(
        {
            "kind": f"(SELECT kind FROM ({_RULE_OWNERS}) owners LIMIT 1)",
            "promotion_id": f"(SELECT promotion_id FROM ({_RULE_OWNERS}) owners LIMIT 1)",
        }
    ),
}


def _paid(table: str) -> str:
    return f"""coalesce((SELECT sum(p.amount) FROM moving.{table} p
      WHERE p.payment_id = s.id AND p.deleted_at IS NULL), 0)"""


_PAYMENT = {
    "payment": Difference(
        {"captured_amount": _paid("capture"), "refunded_amount": _paid("refund")}
    ),
}


def _money(name: str) -> str:
    return (
        f"coalesce((s.totals->'raw_{name}'->>'value')::numeric, (s.totals->>'{name}')::numeric, 0)"
    )


_SUMMARY = (
    "paid_total",
    "refunded_total",
    "accounting_total",
    "credit_line_total",
    "transaction_total",
    "pending_difference",
    "current_order_total",
    "original_order_total",
)
_SELLING = {
    "cart_credit_line": Difference(source="credit_line"),
    "order_summary": Difference(
        {
            **{name: _money(name) for name in _SUMMARY},
            "return_requested_total": f"{_money('accounting_total')}"
            f" - {_money('transaction_total')} - {_money('pending_difference')}",
        }
    ),
}

DIFFERENCES: Mapping[str, Difference] = {
    **_PRODUCT,
    **_PRICING,
    **_STOCK,
    **_PEOPLE,
    **_SHOP,
    **_DELIVERY,
    **_PROMOTION,
    **_PAYMENT,
    **_SELLING,
}

# Columns that the SQL above looks rows up by.
LOOKED_UP = (
    ("product_variant_price_set", "variant_id"),
    ("product_variant_option", "variant_id"),
    ("price_rule", "price_id"),
    ("customer", "lower(email)"),
    ("user", "lower(email)"),
    ("invite", "lower(email)"),
    ("provider_identity", "lower(entity_id)"),
    ("shipping_option_price_set", "shipping_option_id"),
    ("promotion_promotion_rule", "promotion_rule_id"),
    ("application_method_target_rules", "promotion_rule_id"),
    ("application_method_buy_rules", "promotion_rule_id"),
    ("promotion_application_method", "id"),
    ("capture", "payment_id"),
    ("refund", "payment_id"),
)

# Tables there that are read for other tables here.
HELPERS = (
    "application_method_buy_rules",
    "application_method_target_rules",
    "product_variant_price_set",
    "promotion_promotion_rule",
    "shipping_option_price_set",
)

# What is not copied, and why; with `{count}`, reported if there are such rows.
LEFT: Mapping[str, str] = {
    "auth_mfa_factor": "second factors are encrypted with the other shop's key: set them up again",
    "auth_mfa_recovery_code": "second factors are set up anew, their recovery codes too",
    "auth_password_reset_token": "password reset links become invalid: request new ones",
    "auth_verification": "open verifications become invalid: request new ones",
    "invite_rbac_role": "Merx has no roles of users",
    "user_rbac_role": "Merx has no roles of users",
    "property_label": "Merx has no labels of properties",
    "user_preference": "Merx keeps no preferences of the dashboard",
    "view_configuration": "Merx keeps no views of the dashboard",
}

# Internals of the other server, not data of the shop.
WORKINGS = frozenset(
    {
        "link_module_migrations",
        "mikro_orm_migrations",
        "script_migrations",
        "search_index",
        "search_index_sync",
        "search_index_version",
        "search_postgres_index",
        "workflow_execution",
    }
)
