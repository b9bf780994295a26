"""The routers below /admin/promotions and /admin/campaigns."""

from merx.api.admin.promotions import campaigns, evaluation, promotions, rule_options, rules

# /promotions/rule-attribute-options/rules before /promotions/{id}/{rule_type}, which would match it
# too.
ROUTERS = (
    evaluation.router,
    rules.router,
    rule_options.router,
    promotions.router,
    campaigns.router,
)
