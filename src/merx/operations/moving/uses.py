"""What moved orders used of promotions and budgets: a cancellation gives exactly that back."""

from merx.operations.moving.source import Connection

# The other shop's promotions and budgets have the true counts. They are divided among the orders as
# far as they reach, latest orders first: earlier ones may predate the limit.
_NOTE_USES = """
WITH less AS (
  SELECT i.order_id, a.promotion_id, a.amount
  FROM "order" o JOIN order_item i ON i.order_id = o.id AND i.version = o.version
  JOIN order_line_item_adjustment a ON a.item_id = i.item_id AND a.version = o.version
  WHERE a.deleted_at IS NULL AND i.deleted_at IS NULL
  UNION ALL
  SELECT s.order_id, a.promotion_id, a.amount
  FROM "order" o JOIN order_shipping s ON s.order_id = o.id AND s.version = o.version
  JOIN order_shipping_method_adjustment a
    ON a.shipping_method_id = s.shipping_method_id AND a.version = o.version
  WHERE a.deleted_at IS NULL AND s.deleted_at IS NULL
), uses AS (
  SELECT p.order_id, p.promotion_id, o.created_at, m."limit" IS NOT NULL AS is_limited,
    m.used AS promotion_used, b.id AS budget_id, b.used AS of_budget,
    b.type LIKE '%_by_attribute' AS by_attribute,
    CASE WHEN b.type LIKE 'spend%' THEN coalesce(sum(less.amount), 0) ELSE 1 END AS amount,
    CASE WHEN b.type LIKE '%_by_attribute' THEN
      CASE b.attribute WHEN 'customer_id' THEN o.customer_id
        WHEN 'customer_email' THEN o.email END END AS value
  FROM order_promotion p
  JOIN "order" o ON o.id = p.order_id AND o.status NOT IN ('canceled', 'draft')
  JOIN promotion m ON m.id = p.promotion_id
  LEFT JOIN promotion_campaign c ON c.id = m.campaign_id AND c.deleted_at IS NULL
  LEFT JOIN promotion_campaign_budget b ON b.campaign_id = c.id AND b.deleted_at IS NULL
  LEFT JOIN less ON less.order_id = p.order_id AND less.promotion_id = p.promotion_id
  WHERE o.deleted_at IS NULL
  GROUP BY p.order_id, p.promotion_id, o.id, m.id, b.id
), counted AS (
  SELECT u.*, g.used AS of_value,
    count(*) FILTER (WHERE u.is_limited) OVER of_promotion AS uses_so_far,
    sum(u.amount) OVER in_budget AS so_far, sum(u.amount) OVER in_value AS of_value_so_far
  FROM uses u LEFT JOIN promotion_campaign_budget_usage g
    ON g.budget_id = u.budget_id AND g.attribute_value = u.value AND g.deleted_at IS NULL
  WINDOW of_promotion AS (PARTITION BY u.promotion_id ORDER BY u.created_at DESC, u.order_id),
    in_budget AS (PARTITION BY u.budget_id ORDER BY u.created_at DESC, u.order_id, u.promotion_id),
    in_value AS (PARTITION BY u.budget_id, u.value
      ORDER BY u.created_at DESC, u.order_id, u.promotion_id)
), held AS (
  SELECT *, is_limited AND uses_so_far <= promotion_used AS is_use,
    budget_id IS NOT NULL AND so_far <= of_budget
      AND (NOT by_attribute OR coalesce(of_value_so_far <= of_value, false)) AS is_budget_use
  FROM counted
)
INSERT INTO promotion_use (order_id, promotion_id, uses, budget_id, budget_used, attribute_value,
  created_at)
SELECT order_id, promotion_id, is_use::integer, CASE WHEN is_budget_use THEN budget_id END,
  CASE WHEN is_budget_use THEN amount ELSE 0 END, CASE WHEN is_budget_use THEN value END, created_at
FROM held"""


async def note_uses(target: Connection) -> int:
    """Write what each order used, from the discounts on its lines and shipping methods."""
    return int((await target.execute(_NOTE_USES)).rpartition(" ")[2])
