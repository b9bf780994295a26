"""The context of a price: who asks, where and for which quantity, as SQL over context parameters.

docs/reference/prices.md documents each parameter.
"""

NAMES = (
    "currency_code",
    "region_id",
    "country_code",
    "province",
    "customer_id",
    "cart_id",
    "quantity",
    "context",
)

CURRENCY = """coalesce(lower({context[currency_code]}), (
    SELECT r.currency_code FROM region r
    WHERE r.id = {context[region_id]} AND r.deleted_at IS NULL))"""

QUANTITY = "coalesce({context[quantity]}::numeric, 1)"

# Set when a storefront asks; not one of the documented parameters.
STOREFRONT = "{context[storefront]}"

# Each attribute of the context with each of its values. A customer brings all of its groups.
_GIVEN = """
    SELECT given.* FROM (VALUES
      ('region_id', (SELECT r.id FROM region r
        WHERE r.id = {context[region_id]} AND r.deleted_at IS NULL)),
      ('country_code', lower({context[country_code]})),
      ('province', lower({context[province]})),
      ('customer_id', {context[customer_id]}),
      ('cart_id', {context[cart_id]})) given(attribute, value)
    WHERE given.value IS NOT NULL
    UNION ALL
    SELECT 'customer.groups.id', g.id FROM customer_group_customer member
    CROSS JOIN LATERAL (
      SELECT * FROM customer_group t WHERE t.id = member.customer_group_id OFFSET 0) g
    WHERE member.customer_id = {context[customer_id]} AND g.deleted_at IS NULL
    UNION ALL
    SELECT named.key, free.value FROM jsonb_each({context[context]}::jsonb) named,
      jsonb_array_elements_text(named.value) free
    WHERE {context[context]} IS NOT NULL"""

# The same as one object, `{attribute: [values]}`.
ATTRIBUTES = f"""(SELECT jsonb_object_agg(named.attribute, named.held) FROM (
    SELECT given.attribute, jsonb_agg(given.value) AS held FROM ({_GIVEN}) given
    GROUP BY given.attribute) named)"""

# Whether `brought.held`, the context's values of a rule's attribute, meets the rule: one of them
# equals the rule's value or, if both are numbers, satisfies the operator.
_NUMBER = r"'^-?\d{{1,40}}(\.\d{{1,40}})?$'"
RULE_MET = f"""((rule.operator = 'eq' AND coalesce(brought.held ? rule.value, false))
      OR CASE WHEN rule.value ~ {_NUMBER} THEN EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(brought.held) given
        WHERE CASE WHEN given ~ {_NUMBER} THEN CASE rule.operator
          WHEN 'eq' THEN given::numeric = rule.value::numeric
          WHEN 'gt' THEN given::numeric > rule.value::numeric
          WHEN 'gte' THEN given::numeric >= rule.value::numeric
          WHEN 'lt' THEN given::numeric < rule.value::numeric
          WHEN 'lte' THEN given::numeric <= rule.value::numeric END END) ELSE false END)"""

_HOLDS = """{list}.status = 'active' AND {list}.deleted_at IS NULL
    AND coalesce({list}.starts_at <= now(), true) AND coalesce({list}.ends_at >= now(), true)"""

# The price lists that apply now in this context, `{type: {id: number of rules}}`: those without
# rules, and those whose rules are all met. They are found by index from the context's few values,
# so lists for other customers and regions cost nothing, and once per statement, however many prices
# it calculates.
LISTS = f"""(SELECT jsonb_object_agg(kinds.type, kinds.held) FROM (
    SELECT list.type, jsonb_object_agg(list.id, list.rules_count) AS held
    FROM (
      SELECT l.id, l.type, l.rules_count FROM price_list l
      WHERE l.rules_count = 0 AND {_HOLDS.format(list="l")}
      UNION ALL
      SELECT l.id, l.type, l.rules_count FROM (
        SELECT rule.price_list_id, count(DISTINCT rule.attribute) AS met FROM ({_GIVEN}) given
        CROSS JOIN LATERAL (
          SELECT * FROM price_list_rule r WHERE r.value ? given.value OFFSET 0) rule
        WHERE rule.attribute = given.attribute AND rule.deleted_at IS NULL
        GROUP BY rule.price_list_id) bound
      CROSS JOIN LATERAL (
        SELECT * FROM price_list t WHERE t.id = bound.price_list_id OFFSET 0) l
      WHERE l.rules_count = bound.met AND {_HOLDS.format(list="l")}) list
    GROUP BY list.type) kinds)"""
