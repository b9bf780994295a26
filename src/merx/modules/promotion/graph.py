"""What can be read of promotions and campaigns."""

from merx.modules.promotion import models
from merx.query.graph import Entity, Field, Kind, Relation, columns, many, one, table_name


def _raw(column: str) -> Field:
    return Field(
        f'CASE WHEN {{row}}."{column}" IS NOT NULL THEN'
        f" json_build_object('value', {{row}}.\"{column}\"::text, 'precision', 20) END",
        Kind.JSON,
    )


def _rules_of(parent: str, kind: str) -> Relation:
    own = f"{{child}}.kind = '{kind}'"
    return many("promotion_rule", "promotion_id", near=parent, own=own, order="{child}.id")


CAMPAIGN = Entity(
    "campaign",
    table_name(models.Campaign.__table__),
    columns(models.Campaign.__table__),
    {
        "budget": one("campaign_budget", "id", far="campaign_id"),
        "promotions": many("promotion", "campaign_id"),
    },
    always=("id",),
    search=("name", "description"),
)

BUDGET = Entity(
    "campaign_budget",
    table_name(models.CampaignBudget.__table__),
    {
        **columns(models.CampaignBudget.__table__, hidden=("currency",)),
        "raw_limit": _raw("limit"),
        "raw_used": _raw("used"),
    },
    {
        "campaign": one("campaign", "campaign_id", with_key=True, stub=True),
        "usages": many("campaign_budget_usage", "budget_id"),
    },
    always=("id",),
)

USAGE = Entity(
    "campaign_budget_usage",
    table_name(models.CampaignBudgetUsage.__table__),
    {**columns(models.CampaignBudgetUsage.__table__), "raw_used": _raw("used")},
    {
        "budget": one("campaign_budget", "budget_id", with_key=True, stub=True),
    },
    always=("id",),
)

PROMOTION = Entity(
    "promotion",
    table_name(models.Promotion.__table__),
    columns(models.Promotion.__table__),
    {
        "campaign": one("campaign", "campaign_id", with_key=True),
        "application_method": one("application_method", "id", far="promotion_id"),
        "rules": _rules_of("id", "rules"),
    },
    always=("id",),
    search=("code",),
)

METHOD = Entity(
    "application_method",
    table_name(models.ApplicationMethod.__table__),
    {
        **columns(models.ApplicationMethod.__table__, hidden=("currency",)),
        "raw_value": _raw("value"),
    },
    {
        "promotion": one("promotion", "promotion_id", with_key=True, stub=True),
        "target_rules": _rules_of("promotion_id", "target_rules"),
        "buy_rules": _rules_of("promotion_id", "buy_rules"),
    },
    always=("id",),
)

RULE = Entity(
    "promotion_rule",
    table_name(models.PromotionRule.__table__),
    columns(models.PromotionRule.__table__, hidden=("promotion_id", "kind")),
    {
        "values": many("promotion_rule_value", "promotion_rule_id", order="{child}.id"),
        "promotions": Relation(
            "promotion", "{child}.id = {parent}.promotion_id AND {parent}.kind = 'rules'"
        ),
        "method_target_rules": Relation(
            "application_method",
            "{child}.promotion_id = {parent}.promotion_id AND {parent}.kind = 'target_rules'",
        ),
        "method_buy_rules": Relation(
            "application_method",
            "{child}.promotion_id = {parent}.promotion_id AND {parent}.kind = 'buy_rules'",
        ),
    },
    always=("id",),
)

RULE_VALUE = Entity(
    "promotion_rule_value",
    table_name(models.PromotionRuleValue.__table__),
    columns(models.PromotionRuleValue.__table__),
    {
        "promotion_rule": one("promotion_rule", "promotion_rule_id", with_key=True, stub=True),
    },
)

ENTITIES = (CAMPAIGN, BUDGET, USAGE, PROMOTION, METHOD, RULE, RULE_VALUE)
