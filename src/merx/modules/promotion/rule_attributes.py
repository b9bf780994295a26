"""The attributes of rules that the dashboard offers; rules may name other paths as well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from merx.core.shapes import Json

_IN = {"id": "in", "value": "in", "label": "In"}
_EQUALS = {"id": "eq", "value": "eq", "label": "Equals"}
_NOT_IN = {"id": "ne", "value": "ne", "label": "Not In"}
OPERATOR_LABELS = {one["value"]: one["label"] for one in (_IN, _EQUALS, _NOT_IN)}


@dataclass(frozen=True, slots=True)
class RuleAttribute:
    """An attribute: its name (`id`), the path used in rules (`value`), and the source of its
    values.

    Values are rows of `entity`, shown by the field `shown` and identified by the field `key`. A
    `disguised` attribute is a column of the promotion's method that the dashboard shows as a rule.
    """

    id: str
    value: str
    label: str
    entity: str = ""
    shown: str = ""
    key: str = "id"
    disguised: bool = False

    def option(self, *, required: bool) -> Json:
        """The attribute as the dashboard reads it."""
        option: dict[str, Any] = {
            "id": self.id,
            "value": self.value,
            "label": self.label,
            "required": required,
        }
        if not self.disguised:
            operators = [_IN, _EQUALS, _NOT_IN]
            return {**option, "field_type": "multiselect", "operators": operators}
        kind = (
            {"field_type": "select", "hydrate": True} if self.entity else {"field_type": "number"}
        )
        return {**option, **kind, "disguised": True, "operators": [_EQUALS]}


CURRENCY = RuleAttribute(
    "currency_code", "currency_code", "Currency Code", "currency", "name", "code", disguised=True
)
MINIMUM = RuleAttribute(
    "buy_rules_min_quantity",
    "buy_rules_min_quantity",
    "Minimum quantity of items",
    disguised=True,
)
APPLIED_TO = RuleAttribute(
    "apply_to_quantity",
    "apply_to_quantity",
    "Quantity of items promotion will apply to",
    disguised=True,
)
_OF_CARTS = (
    RuleAttribute(
        "customer_group", "customer.groups.id", "Customer Group", "customer_group", "name"
    ),
    RuleAttribute("region", "region.id", "Region", "region", "name"),
    RuleAttribute(
        "country", "shipping_address.country_code", "Country", "country", "display_name", "iso_2"
    ),
    RuleAttribute("sales_channel", "sales_channel_id", "Sales Channel", "sales_channel", "name"),
)
_OF_LINES = (
    RuleAttribute("product", "items.product.id", "Product", "product", "title"),
    RuleAttribute(
        "product_category",
        "items.product.categories.id",
        "Product Category",
        "product_category",
        "name",
    ),
    RuleAttribute(
        "product_collection",
        "items.product.collection_id",
        "Product Collection",
        "product_collection",
        "title",
    ),
    RuleAttribute("product_type", "items.product.type_id", "Product Type", "product_type", "value"),
    RuleAttribute("product_tag", "items.product.tags.id", "Product Tag", "product_tag", "value"),
)
_OF_METHODS = (
    RuleAttribute(
        "shipping_option_type",
        "shipping_methods.shipping_option.shipping_option_type_id",
        "Shipping Option Type",
        "shipping_option_type",
        "label",
    ),
)
# The kinds of rules, by their names in paths.
RULE_KINDS: Mapping[str, str] = {
    "rules": "rules",
    "target-rules": "target_rules",
    "buy-rules": "buy_rules",
}


def attributes(kind: str, *, promotion_type: str, target_type: str) -> tuple[RuleAttribute, ...]:
    """The attributes for rules of the kind, the disguised ones last."""
    if kind == "rules":
        return (*_OF_CARTS, CURRENCY)
    of_targets = _OF_METHODS if target_type == "shipping_methods" else _OF_LINES
    if promotion_type != "buyget":
        return of_targets
    return (*of_targets, MINIMUM if kind == "buy_rules" else APPLIED_TO)


def is_required(attribute: RuleAttribute, method_type: str) -> bool:
    """Whether a promotion needs it: a fixed amount needs a currency."""
    if attribute is CURRENCY:
        return method_type == "fixed"
    return attribute.disguised
