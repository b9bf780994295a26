"""Resources of promotions, campaigns and rules: the contract's default fields and filters."""

from merx.web.filters import Nested, text, texts, times, words
from merx.web.resource import Resource

_TIMES = {name: times(name) for name in ("created_at", "updated_at", "deleted_at")}

PROMOTION = Resource(
    "promotion",
    "promotion",
    "promotions",
    "id, code, is_automatic, is_tax_inclusive, type, limit, used, status, created_at, updated_at,"
    " deleted_at, metadata, *campaign, *campaign.budget, *application_method,"
    " *application_method.buy_rules, application_method.buy_rules.values.value,"
    " *application_method.target_rules, application_method.target_rules.values.value,"
    " rules.id, rules.attribute, rules.operator, rules.values.value",
    {
        "code": words("code"),
        "id": words("id"),
        "campaign_id": texts("campaign_id"),
        "application_method": Nested(
            "application_method", {"currency_code": texts("currency_code")}
        ),
        **_TIMES,
    },
    limit=50,
    missing="Promotion with id or code: {id} was not found",
)

CAMPAIGN = Resource(
    "campaign",
    "campaign",
    "campaigns",
    "id, name, description, currency, campaign_identifier, *budget, starts_at, ends_at,"
    " created_at, updated_at, deleted_at",
    {
        "campaign_identifier": text("campaign_identifier"),
        "budget": Nested("budget", {"currency_code": text("currency_code")}),
    },
    limit=50,
    missing="Campaign with id: {id} was not found",
)

RULE = Resource(
    "promotion_rule",
    "rule",
    "rules",
    "id, description, attribute, operator, values.value",
    limit=50,
    object="promotion-rule",
    context=("promotion_type", "application_method_type", "application_method_target_type"),
)
